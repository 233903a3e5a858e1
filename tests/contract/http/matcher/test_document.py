"""The description of the matcher's API: written down and up to date."""

from typing import Any

import pytest
import yaml

from scripts.api_pages import DOCS, openapi_page


@pytest.fixture(scope="module")
def page() -> str:
    return openapi_page("matcher")


@pytest.fixture(scope="module")
def document(page: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(page)
    return loaded


def test_the_page_is_up_to_date(page: str) -> None:
    assert (DOCS / "api-matcher.yaml").read_text() == page, (
        "docs/api-matcher.yaml is old. Write it anew: python -m scripts.api_pages matcher"
    )


def test_it_is_openapi_of_3_1_and_every_operation_says_who_may(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for path, item in document["paths"].items():
        for method in set(item) - {"parameters"}:
            operation = item[method]
            assert operation["x-convene-policy"], (method, path)
            assert "default" in operation["responses"], (method, path)


def test_every_decision_takes_the_revision_it_was_made_on(document: dict[str, Any]) -> None:
    decisions = {
        path: {entry["name"] for entry in item["post"].get("parameters", [])}
        for path, item in document["paths"].items()
        if "post" in item and not path.endswith("/check")
    }
    assert len(decisions) == 10
    for path, named in decisions.items():
        assert {"If-Match", "Idempotency-Key"} <= named, path
