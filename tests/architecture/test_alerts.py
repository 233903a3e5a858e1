"""Every alert rests on metrics that are set, and has a section that says what to do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.architecture.tree import ROOT

RULES = ROOT / "docs" / "alerts.yml"
OPERATIONS = ROOT / "docs" / "operations.md"
_DECLARED = re.compile(r'^(\w+) = (Gauge|Counter|Histogram)\(\s*"(convene_\w+)"', re.MULTILINE)
_USED = re.compile(r"\bconvene_\w+")
_SERIES = {"Gauge": ("",), "Counter": ("_total",), "Histogram": ("_bucket", "_count", "_sum")}


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def sources() -> Iterator[str]:
    for folder in ("services", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            yield path.read_text(encoding="utf-8")


def series_that_are_set() -> set[str]:
    """Names as Prometheus sees them, of the metrics that some code sets and not only declares."""
    texts = list(sources())
    found = set()
    for text in texts:
        for variable, kind, name in _DECLARED.findall(text):
            used = re.compile(rf"(?<!\w){variable}\.(labels|inc|set|observe)\(")
            if any(used.search(one) for one in texts):
                plain = name.removesuffix("_total")
                found |= {f"{plain if kind == 'Counter' else name}{end}" for end in _SERIES[kind]}
    return found


def test_every_metric_of_an_alert_is_set_somewhere() -> None:
    known = series_that_are_set()
    for rule in alerts():
        used = set(_USED.findall(rule["expr"]))
        assert used or rule["expr"].startswith("up{"), rule["alert"]
        assert used <= known, f"{rule['alert']} rests on {sorted(used - known)}, which nothing sets"


def test_a_metric_that_is_declared_and_never_set_would_be_found() -> None:
    declared = {name for text in sources() for _, _, name in _DECLARED.findall(text)}
    known = series_that_are_set()
    assert "convene_outbox_depth" in known
    assert "convene_no_such_metric" not in known
    assert len(known) > len(declared) / 2, "the search no longer finds where metrics are set"


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_has_a_section_that_says_what_it_means_and_what_to_do(
    rule: dict[str, Any],
) -> None:
    page = OPERATIONS.read_text(encoding="utf-8")
    _, heading, rest = page.partition(f"\n### {rule['alert']}\n")
    assert heading, f"docs/operations.md has no section ### {rule['alert']}"
    section = rest.partition("\n#")[0]
    assert "Means:" in section, rule["alert"]
    assert "Do:" in section, rule["alert"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]


def test_every_section_is_of_an_alert_that_there_is() -> None:
    told = set(
        re.findall(r"^### (Convene\w+)$", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert told == {rule["alert"] for rule in alerts()}
