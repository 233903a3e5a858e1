"""One request for each operation: a path with an object that is there or not, and a body that fits.

Where an object would be spoilt for the requests after it, the version is out of date on purpose:
being told so is being let in.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, Rule

from shared.web.requests import Accepted
from tests.contract.http.authorisation.coalition import PASSWORD, Coalition
from tests.contract.http.authorisation.expected import Operation

ABSENT = "not-there"
_GROUND = {"basis": "consent", "date": "2026-01-01", "source": "form"}
_MEMBER = {"name": "New", "sector": "charity"}
_CONTACT = {"email": "new@essex.example", "ground": _GROUND}
_STEPS = {"step": "pause", "plural": "needs", "what": "arrived"}
_LISTING = {"kind": "need", "listing": {"title": "A hall", "member": "essex", "goals": [1]}}
_WORDS = {"opening": "Hello.", "closing": "", "sign_off": "Yours"}
_PURPOSE_OF_PAGE = {"yours": "listings", "own-link": "answer", "unsubscribe": "unsubscribe"}
_OF_LETTER = {"a": "answer", "o": "outcome", "u": "unsubscribe", "i": "invitation"}
_OF_LETTER |= {"q": "question", "l": "listings"}

_PARKED = {
    f"{service} POST /v1/parked/<record_id>/{move}": {"reason": "tried again"}
    for service in ("registry", "notifier")
    for move in ("release", "discard")
}
BODIES: Mapping[str, Any] = {
    **_PARKED,
    "registry POST /v1/members": _MEMBER,
    "registry PUT /v1/members/<string:member_id>": _MEMBER,
    "registry PUT /v1/members/<string:member_id>/conflicts": {"conflicts": []},
    "registry POST /v1/members/<string:member_id>/contacts": _CONTACT,
    "registry PUT /v1/contacts/<string:contact_id>": _CONTACT,
    "registry POST /v1/contacts/lookup": {"purpose": "send", "member_id": "essex"},
    "registry PUT /v1/own-contact": {"email": "jane@essex.example"},
    "registry POST /v1/own-contact/choices": {"choices": []},
    "registry POST /v1/needs": {"member": "essex", "title": "New"},
    "registry PUT /v1/needs/<string:listing_id>": {"title": "New"},
    "registry POST /v1/needs/<string:listing_id>/close": {"code": "met"},
    "registry POST /v1/capabilities": {"member": "essex", "title": "New"},
    "registry PUT /v1/capabilities/<string:listing_id>": {"title": "New"},
    "registry POST /v1/capabilities/<string:listing_id>/close": {"code": "met"},
    "registry POST /v1/partnerships": {
        "text": "Reading",
        "members": ["essex", "bbc"],
        "since": "2022-12-01",
    },
    "registry POST /v1/imports/<string:import_id>/start": {},
    "matcher POST /v1/matches/<match_id>/reject": {"reason_code": "other"},
    "matcher POST /v1/matches/<match_id>/hold": {"code": "other"},
    "matcher POST /v1/matches/<match_id>/withdraw": {"reason_code": "other"},
    "matcher POST /v1/matches/<match_id>/end": {"reason_code": "other"},
    "matcher POST /v1/previews": _LISTING,
    "notifier POST /v1/matches/<match_id>/answers": {
        "member_id": "essex",
        "answer": "yes",
        "said_by": "Jane",
        "how": "telephone",
    },
    "notifier POST /v1/matches/<match_id>/questions": {
        "member_id": "essex",
        "member": "Essex",
        "listing_id": None,
        "about": "Early reading",
        "text": "When?",
    },
    "notifier PUT /v1/matches/<match_id>/wordings/<member_id>": {"subject": "", "opening": ""},
    "notifier POST /v1/complaints/<complaint_id>/close": {"outcome": "upheld", "said": "Sorry."},
    "notifier PUT /v1/emails/<key>": _WORDS,
    "notifier POST /v1/emails/<key>/preview": {},
    "notifier POST /v1/previews": {"match": {}},
    "notifier POST /v1/subjects/erase": {"contact_id": "gone", "addresses": []},
    "notifier POST /v1/subjects/export": {"contact_id": "gone", "addresses": []},
}
FORMS: Mapping[str, Mapping[str, str]] = {
    "matcher POST /sign-in": {"email": "clerk@coalition.example", "password": PASSWORD},
}
NOT_MADE = frozenset(
    {
        "matcher GET /imports/<import_id>/faulty.xlsx",
        "notifier GET /question/<nonce>",
    }
)
"""Operations on what this coalition has none of: only its absence is tried."""
QUERIES = {
    "matcher GET /v1/refusals": {"need": "reading"},
    "matcher GET /v1/near-misses": {"need": "reading"},
}
LAST = (
    "registry DELETE /v1/own-contact",
    "notifier POST /u/<token>",
    "matcher POST /sign-in",
    "matcher POST /sign-out",
    "matcher POST /sign-out-everywhere",
)
"""What takes away with what others are tried."""
SAY_THE_SAME = frozenset(
    {
        "notifier POST /l/<token>",  # whether or not a link was good, nobody learns here
        # A coordinator may write about a match that the notifier hears of at its approval.
        "notifier POST /v1/matches/<match_id>/questions",
        "notifier PUT /v1/matches/<match_id>/wordings/<member_id>",
        "notifier GET /v1/matches/<match_id>/written",
    }
)
"""Operations that answer of what is not there as of what is."""


def path_of(coalition: Coalition, operation: Operation, *, there: bool) -> str:
    """The address of an object of Essex's, or of one that does not exist."""
    rule = operation.rule
    values = {
        name: value_of(coalition, operation, name) if there else _absent(rule, name)
        for name in rule._converters
    }
    adapter = coalition.apps[operation.service].url_map.bind("localhost")
    return adapter.build(rule.endpoint, values, method=operation.method)


def has_object(operation: Operation) -> bool:
    """Whether the path names something that may not be there."""
    names = operation.rule._converters
    return any(_absent(operation.rule, name) == ABSENT for name in names)


def send(
    client: FlaskClient, operation: Operation, path: str, headers: Mapping[str, str]
) -> tuple[int, str]:
    """The status, and where the caller is sent on to."""
    given: dict[str, Any] = {"headers": dict(headers), "query_string": QUERIES.get(operation.name)}
    if operation.method in ("PUT", "DELETE"):
        given["headers"]["If-Match"] = '"999"'
    if operation.method != "GET":
        given |= _content(client.application, operation)
    response = client.open(path, method=operation.method, **given)
    found = (response.status_code, response.headers.get("Location", ""))
    response.close()
    return found


def _content(app: Flask, operation: Operation) -> dict[str, Any]:
    """A body of a kind that the operation takes: types are looked at before policies are."""
    view = app.view_functions[operation.rule.endpoint]
    method = getattr(getattr(view, "view_class", None), operation.method.lower(), view)
    kinds = getattr(method, "convene_accepts", getattr(view, "convene_accepts", Accepted()))
    if kinds.media_types and "application/json" not in kinds.media_types:
        data = {"file": (BytesIO(b"x"), "x.csv")} if "multipart" in kinds.media_types[0] else b"x"
        return {"data": data, "content_type": kinds.media_types[0]}
    if operation.is_api:
        return {"json": BODIES.get(operation.name, {})}
    return {"data": FORMS.get(operation.name, {})}


def value_of(coalition: Coalition, operation: Operation, name: str) -> str:
    rule = operation.rule
    if isinstance(rule._converters[name], AnyConverter):
        return _step(rule, name)
    if operation.service == "notifier" and name in ("nonce", "token"):
        page = rule.rule.split("/")[1]
        purpose = _OF_LETTER.get(page) or _PURPOSE_OF_PAGE.get(page, page)
        return coalition.links[purpose][name == "token"]
    if name == "filename":
        return _file_of(coalition.apps[operation.service], rule.endpoint)
    if name == "listing_id":
        return "hall" if rule.rule.startswith("/v1/capabilities") else "reading"
    fixed = {"member_id": "essex", "contact_id": "c-essex", "need_id": "reading"}
    fixed |= {"capability_id": "first-words", "code": "E07000076", "of_list": "verdict"}
    fixed |= {"key": "question", "coordinator_id": coalition.ids["clerk"], "kind": "need"}
    fixed |= {"purpose": "answer", "table": "months", **coalition.ids}
    if name == "name":
        fixed["name"] = "activity" if "reports" in rule.rule else "proposals"
    return fixed.get(name, ABSENT)


def _absent(rule: Rule, name: str) -> str:
    return _step(rule, name) if isinstance(rule._converters[name], AnyConverter) else ABSENT


def _step(rule: Rule, name: str) -> str:
    items = sorted(rule._converters[name].items)  # type: ignore[attr-defined]
    return _STEPS[name] if _STEPS.get(name) in items else str(items[0])


def _file_of(app: Flask, endpoint: str) -> str:
    blueprint = app.blueprints[endpoint.partition(".")[0]]
    folder = blueprint.static_folder
    assert folder is not None
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".css", ".js"))
    return found[0].relative_to(folder).as_posix()
