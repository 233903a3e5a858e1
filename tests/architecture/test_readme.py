"""What the pages for people point to exists: files of the walk, links, commands, make targets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, relative

README = ROOT / "README.md"
PAGES = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md"))]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(<?([^)>\s]+)>?\)")
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
STEPS = (
    "a council publishes a need",
    "use case, one transaction",
    "relay",
    "bus",
    "loop",
    "projection",
    "scoring",
    "proposals",
    "review",
    "approach",
    "answer",
    "agreement",
    "introduction",
    "follow-up",
    "learning",
)


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links to files or headings that are not there."""
    found = []
    for target in LINK.findall(without_code(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (heading and heading not in anchors(path)):
            found.append(target)
    return found


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def targets_of_the_makefile() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def targets_named(text: str) -> set[str]:
    """In code, where `make` begins a line or a span, or follows a setting such as SAMPLE=no."""
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL))
    return set(re.findall(r"(?:^|`|[A-Z]+=\S+ )make ([a-z-]+)", code, re.MULTILINE))


def test_the_walk_has_its_fifteen_steps_in_order() -> None:
    rows = ROW.findall(README.read_text())
    assert [int(number) for number, *_ in rows] == list(range(1, 16))
    assert tuple(step for _, step, *_ in rows) == STEPS


def test_every_path_of_the_walk_exists_and_is_named_as_it_is() -> None:
    for number, _, places, _ in ROW.findall(README.read_text()):
        linked = re.findall(r"\[([^]]+)\]\(([^)]+)\)", places)
        assert linked, f"step {number} names no file"
        for name, path in linked:
            assert (ROOT / path).is_file(), f"step {number}: {path} is not there"
            assert path.endswith(name), f"step {number}: {name} is not {path}"


def test_the_modules_of_the_walk_say_their_step() -> None:
    """Where a module names its steps, the table and the module agree."""
    for number, _, places, _ in ROW.findall(README.read_text()):
        for path in re.findall(r"\]\(([^)]+\.py)\)", places):
            said = re.search(r"\b[Ss]teps? ([\d, and]+) of the walk", (ROOT / path).read_text())
            steps = re.findall(r"\d+", said[1]) if said else [number]
            assert number in steps, f"{path} says step {steps}, the table {number}"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_the_two_commands_are_named() -> None:
    code = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert re.search(r"^make run\b", code[0], re.MULTILINE)
    assert re.search(r"^make test\b", code[0], re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_make_target_named_exists(page: Path) -> None:
    assert targets_named(page.read_text()) <= targets_of_the_makefile()


def test_every_page_below_docs_can_be_reached_from_the_readme() -> None:
    linked = set(LINK.findall(README.read_text()))
    top = {f"docs/{path.name}" for path in (ROOT / "docs").iterdir() if path.suffix == ".md"}
    assert top <= linked


def test_what_is_broken_is_noticed() -> None:
    text = "[a](docs/nowhere.md) [b](README.md#no-such-heading) [c](README.md#two-commands)"
    assert broken_links(README, text) == ["docs/nowhere.md", "README.md#no-such-heading"]
    assert targets_named("`make nothing` and\n```sh\nSAMPLE=no make run # x\nmake test\n```\n") == {
        "nothing",
        "run",
        "test",
    }
    assert "help" in targets_of_the_makefile()
