"""docs/api-*.yaml: every service's API as it is, and every operation with its callers and refusals."""

from typing import Any

import pytest

from scripts.api_pages import DOCS
from shared.settings.common import SERVICES
from tests.contract.http.pages import document_of, page_of

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_is_up_to_date(service: str) -> None:
    assert (DOCS / f"api-{service}.yaml").read_text() == page_of(service), "run `make docs`"


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_openapi_of_3_1_and_every_operation_says_who_may(service: str) -> None:
    document = document_of(service)
    assert document["openapi"] == "3.1.0"
    assert document["paths"]
    for path, method, operation in operations(document):
        assert operation["x-convene-policy"], (method, path)
        assert "default" in operation["responses"], (method, path)


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_leads_somewhere(service: str) -> None:
    document = document_of(service)
    found = references(document)
    assert found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place, reference


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS & set(item)
    ]


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for entry in node for found in references(entry)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own | {found for entry in node.values() for found in references(entry)}
