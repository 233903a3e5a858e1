"""The registry's description is true of what is answered."""

from typing import Any

import jsonschema
import pytest

from tests.contract.http.pages import document_of
from tests.contract.http.registry.callers import Api


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return document_of("registry")


NO_VERSION = frozenset({("delete", "/v1/own-contact")})
"""An erasure: it is wanted whatever the version, and done twice it is done once."""


def test_every_change_takes_the_version_it_was_made_on(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in {"put", "delete"} & set(item):
            if (method, path) in NO_VERSION:
                continue
            named = {entry["name"] for entry in item[method].get("parameters", [])}
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
