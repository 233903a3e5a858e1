"""The emails themselves: which there are, the words chosen for them, and how each would read."""

from typing import Any

import marshmallow as ma
from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from marshmallow.validate import Length

from services.notifier.domain.matches import Match, match_from
from services.notifier.mail.wording import (
    MOST_CHARACTERS,
    MOST_IN_SIGN_OFF,
    WORDED,
    Wording,
    faults_of,
)
from services.notifier.parts import Parts
from services.notifier.post import sender_of
from services.notifier.preview import About, preview
from services.notifier.store.wordings import Chosen, choose_wording, versions_of, wording_of
from shared.web.openapi import Blueprint, Strict
from shared.web.policy import policy, principal
from shared.web.preconditions import etag, if_match
from shared.web.problems import field_error, problem

_MOST = 5_000


class WordingIn(Strict):
    """Paragraphs are separated by line ends; `{…}` are the places that `names` lists."""

    opening = ma.fields.String(required=True, validate=Length(max=_MOST))
    closing = ma.fields.String(required=True, validate=Length(max=_MOST))
    sign_off = ma.fields.String(required=True, validate=Length(max=_MOST))


class PreviewIn(Strict):
    """All of it may be left out: the words that count now, with sample data."""

    wording = ma.fields.Nested(WordingIn, load_default=None, allow_none=True)
    match = ma.fields.Dict(
        load_default=None,
        allow_none=True,
        metadata={"description": "A match's state as its events carry it."},
    )
    member_id = ma.fields.String(load_default=None, allow_none=True, validate=Length(1, 200))


class PreviewOut(ma.Schema):
    subject = ma.fields.String()
    text = ma.fields.String()
    html = ma.fields.String()


class VersionOut(WordingIn):
    version = ma.fields.Integer()
    actor = ma.fields.String(allow_none=True)
    made_at = ma.fields.AwareDateTime(allow_none=True)


class EmailOut(VersionOut):
    key = ma.fields.String()
    title = ma.fields.String()
    kind = ma.fields.String()
    names = ma.fields.List(ma.fields.String(), metadata={"description": "Places to be filled."})
    most_characters = ma.fields.Integer()
    most_in_sign_off = ma.fields.Integer()
    standard = ma.fields.Nested(WordingIn, metadata={"description": "The words it came with."})
    earlier = ma.fields.List(ma.fields.Nested(VersionOut))


class EmailsOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(EmailOut))


def email_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("emails", __name__, url_prefix="/v1/emails")

    @blueprint.get("")
    @policy("service:matcher")
    @blueprint.response(200, EmailsOut)
    def list_emails() -> Any:
        """Every email that Convene sends, with the words that count now."""
        with parts.database.read() as connection:
            return {"items": [_email(key, wording_of(connection, key)) for key in WORDED]}

    @blueprint.get("/<key>")
    @policy("service:matcher")
    @blueprint.response(200, EmailOut)
    def one_email(key: str) -> Any:
        """One email, its words now and before. The ETag goes into If-Match of a change."""
        _known(key)
        with parts.database.read() as connection:
            chosen = wording_of(connection, key)
            return _shown(key, chosen, versions_of(connection, key))

    @blueprint.put("/<key>")
    @policy("service:matcher")
    @blueprint.arguments(WordingIn)
    @blueprint.response(200, EmailOut)
    def choose(body: dict[str, str], key: str) -> Any:
        """Choose other words (If-Match); letters written from now on have them."""
        _known(key)
        wording = _checked(key, body)
        with parts.work(principal().acting_for) as work:
            before = wording_of(work.connection, key)
            if_match(before.version)
            actor = principal().acting_for
            chosen = choose_wording(work, key, wording, before=before.version, actor=actor)
            earlier = versions_of(work.connection, key)
        return _shown(key, chosen, earlier)

    _add_preview(blueprint, parts)
    return blueprint


def _add_preview(blueprint: Blueprint, parts: Parts) -> None:
    @blueprint.post("/<key>/preview")
    @policy("service:matcher")
    @blueprint.arguments(PreviewIn)
    @blueprint.response(200, PreviewOut)
    def show(body: dict[str, Any], key: str) -> Any:
        """The email as it would read. Nothing is sent, and no contact is fetched."""
        _known(key)
        about = About(_match(body["match"]), body["member_id"])
        with parts.database.read() as connection:
            wording = wording_of(connection, key).wording
        if body["wording"] is not None:
            wording = _checked(key, body["wording"])
        sender, now = sender_of(parts.settings), parts.clock.now()
        return preview(sender, parts.pace, key, wording, about, now)


def _known(key: str) -> None:
    if key not in WORDED:
        known = ", ".join(WORDED)
        problem(404, "email_unknown", f"There is no email '{key[:40]}'. There are: {known}.")


def _checked(key: str, body: dict[str, str]) -> Wording:
    wording = Wording(**{name: text.replace("\r\n", "\n") for name, text in body.items()})
    faults = faults_of(key, wording)
    if faults:
        errors = [field_error(name, None, fault) for name, fault in faults.items()]
        problem(422, "invalid", "The words cannot be sent as they are.", errors)
    return wording


def _match(state: dict[str, Any] | None) -> Match | None:
    if state is None:
        return None
    try:
        match = match_from(state)
    except (KeyError, TypeError, ValueError, AttributeError):
        match = None
    if match is None or not match.parties:
        text = "match: this is not the state of a match. Send it as match events carry it."
        problem(422, "invalid", text, [field_error("match", None, text)])
    return match


def _shown(key: str, chosen: Chosen, earlier: list[Chosen]) -> ResponseReturnValue:
    body = EmailOut().dump({**_email(key, chosen), "earlier": [_version(one) for one in earlier]})
    response: Response = jsonify(body)
    response.headers["ETag"] = etag(chosen.version)
    return response


def _email(key: str, chosen: Chosen) -> dict[str, Any]:
    email = WORDED[key]
    return {
        "key": key,
        "title": email.title,
        "kind": email.kind.value,
        "names": email.names,
        "most_characters": MOST_CHARACTERS,
        "most_in_sign_off": MOST_IN_SIGN_OFF,
        "standard": email.wording,
        "earlier": [],
        **_version(chosen),
    }


def _version(chosen: Chosen) -> dict[str, Any]:
    words = {name: getattr(chosen.wording, name) for name in ("opening", "closing", "sign_off")}
    return {
        **words,
        "version": chosen.version,
        "actor": chosen.actor,
        "made_at": chosen.made_at,
    }
