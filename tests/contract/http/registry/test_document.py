"""The API's description: written down, up to date, and true of what is answered."""

from typing import Any

import jsonschema
import pytest
import yaml

from scripts.api_pages import DOCS, openapi_page
from tests.contract.http.registry.callers import Api


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(openapi_page("registry"))
    return loaded


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "api-registry.yaml").read_text() == openapi_page("registry"), (
        "docs/api-registry.yaml is old. Write it anew: python -m scripts.api_pages registry"
    )


def test_it_is_openapi_of_3_1_and_every_operation_says_who_may(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for path, item in document["paths"].items():
        for method in set(item) - {"parameters"}:
            operation = item[method]
            assert operation["x-convene-policy"], (method, path)
            assert "default" in operation["responses"], (method, path)
            named = {entry["name"] for entry in operation.get("parameters", [])}
            if method in ("put", "delete"):
                assert {"If-Match", "Idempotency-Key"} <= named, (method, path)


def test_answers_keep_to_the_description(document: dict[str, Any], api: Api) -> None:
    api.a_member(identifiers={"gss": "E10000012"})
    contact = api.a_contact()
    need = api.a_need(contact=contact["id"], by="2027-01-01", units={"amount": 3, "unit": "x"})
    caller = api.coordinator
    capability = {"member": "essex", "title": "A hall", "available": {"from": "2027-01-01"}}
    assert caller.post("/v1/capabilities", capability).status_code == 201
    shown = {
        "/v1/members/{member_id}": "/v1/members/essex",
        "/v1/members": "/v1/members",
        "/v1/members/{member_id}/contacts": "/v1/members/essex/contacts",
        "/v1/members/{member_id}/conflicts": "/v1/members/essex/conflicts",
        "/v1/contacts/{contact_id}": f"/v1/contacts/{contact['id']}",
        "/v1/needs": "/v1/needs",
        "/v1/needs/{listing_id}": f"/v1/needs/{need['id']}",
        "/v1/capabilities": "/v1/capabilities",
    }
    for template, path in shown.items():
        answer = document["paths"][template]["get"]["responses"]["200"]
        schema = answer["content"]["application/json"]["schema"]
        whole = {**_nullable(schema), "components": _nullable(document["components"])}
        jsonschema.validate(caller.get(path).json, whole)


def _nullable(node: Any) -> Any:
    """Inputs leave out what is null, outputs say null: read `default: null` as allowing it."""
    if isinstance(node, list):
        return [_nullable(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    read = {name: _nullable(value) for name, value in node.items()}
    if "default" in read and read["default"] is None and "anyOf" not in read:
        read = {"anyOf": [{k: v for k, v in read.items() if k != "default"}, {"type": "null"}]}
    return read
