"""What a letter says: the values its template is filled with, for real mail and for previews alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifier.domain.contacts import Contact
from services.notifier.domain.matches import Match
from services.notifier.domain.messages import Kind
from services.notifier.domain.story import Story, listed, tell
from services.notifier.mail.wording import Wording, filled


def contents_of(
    kind: Kind, match: Match, member_id: str, people: Sequence[Contact], until: datetime
) -> dict[str, Any]:
    """Of an email about a match to one of its parties; `until` is the day we wait for an answer."""
    if kind is Kind.INTRODUCTION:
        return introduced(match, people)
    return {"story": tell(match, member_id), "reply_by": day_in_words(until)}


def key_of(kind: Kind, contents: Mapping[str, Any]) -> str:
    """Which chosen words the email has: an approach has others for each side."""
    if kind is not Kind.APPROACH:
        return kind.value
    return "approach_needs" if contents["story"].needing else "approach_brings"


def worded(wording: Wording, coalition_name: str, contents: Mapping[str, Any]) -> dict[str, str]:
    """The chosen words with their places filled."""
    names = {"coalition": coalition_name, **_names(contents)}
    return {
        "opening": filled(wording.opening, names),
        "closing": filled(wording.closing, names),
        "sign_off": filled(wording.sign_off, names),
    }


def _names(contents: Mapping[str, Any]) -> dict[str, str]:
    story = contents.get("story")
    if isinstance(story, Story):
        return {
            "member": story.member,
            "others": story.others,
            "need": story.need_title,
            "needing": story.needing_member,
        }
    return {
        place: str(contents[name])
        for place, name in (("member", "member"), ("need", "need_title"))
        if name in contents
    }


def day_in_words(moment: datetime) -> str:
    """`Monday 14 December 2026`."""
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def introduced(match: Match, people: Sequence[Contact]) -> dict[str, Any]:
    """Who is who, in the order of the match; the party that convenes writes first."""
    by_member = {person.member_id: person for person in people}
    capability_of = {str(c.get("member_id")): str(c.get("title") or "") for c in match.capabilities}
    shown: list[dict[str, str]] = []
    first = 0
    for party in match.parties:
        person = by_member.get(party.member_id)
        if person is None:
            continue
        if party == match.convenes:  # by itself and not by its name, which another may have too
            first = len(shown)
        brings = capability_of.get(party.member_id)
        about = "has the need" if party.needs else f"can bring “{brings}”" if brings else ""
        shown.append(
            {
                "member": party.name,
                "name": person.name,
                "role": person.role,
                "email": person.email,
                "about": about[:1].upper() + about[1:],
            }
        )
    names = [str(person["name"] or person["member"]) for person in shown]
    return {
        "people": shown,
        "names": listed(names),
        "members": listed([str(person["member"]) for person in shown]),
        "first": shown[first],
        "need_title": str(match.need.get("title") or "a shared interest"),
    }
