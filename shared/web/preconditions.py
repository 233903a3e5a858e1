"""Changing only what one has seen: ETag on reads, If-Match on writes."""

from __future__ import annotations

from flask import request
from werkzeug.http import parse_etags

from shared.web.problems import problem


def etag(version: int) -> str:
    """The strong entity tag of a version, quoted as the header wants it."""
    return f'"{version}"'


def if_match(version: int) -> None:
    """Refuses a write that does not name the present version: 428 unnamed, 412 another."""
    given = request.headers.get("If-Match")
    if given is None:
        problem(
            428,
            "precondition_required",
            "This change needs If-Match, so that nobody's work is overwritten unseen. Load the "
            "object, and send its ETag as If-Match.",
        )
    tags = parse_etags(given)
    if not tags.star_tag and not tags.contains(str(version)):
        problem(
            412,
            "changed_meanwhile",
            f"If-Match is {given[:100]}, but the present version is {etag(version)}. Load it "
            "again, repeat your change on it and send the new ETag.",
            headers={"ETag": etag(version)},
        )


def if_none_match(version: int) -> bool:
    """Whether the client already has this version, so that 304 is the answer."""
    given = request.headers.get("If-None-Match")
    if given is None:
        return False
    tags = parse_etags(given)
    return tags.star_tag or tags.contains_weak(str(version))
