"""Any email as it would read, with sample or with real data; nothing is planned and nothing is sent.

Its links are for show: no token is made for them. Of a real match no contact is fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notifier.contents import contents_of, worded
from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import NotAParty
from services.notifier.domain.matches import Match, Party
from services.notifier.domain.messages import ABOUT_MEMBER, CAPPED, Kind
from services.notifier.domain.schedule import Pace
from services.notifier.letters import PATHS, Sender, frame
from services.notifier.mail.render import Words, render
from services.notifier.mail.sample import sample_extra, sample_match, sample_people
from services.notifier.mail.wording import WORDED, Wording

NAME = "[name of the contact]"


@dataclass(frozen=True, slots=True)
class About:
    """What is previewed: a match, told to one of its parties; without one the sample is told."""

    match: Match | None = None
    member_id: str | None = None


def preview(
    sender: Sender,
    pace: Pace,
    key: str,
    wording: Wording,
    about: About,
    now: datetime,
    said: Mapping[str, str] | None = None,
) -> Words:
    """The email `key` in the words of `wording`.

    `said` replaces single filled parts (`opening`, …), as when one match has words of its own.
    Raises `NotAParty` for a member that the match does not have.
    """
    kind = WORDED[key].kind
    match = about.match or sample_match()
    party = _told_to(key, match, about.member_id)
    people = sample_people(match) if about.match is None else _unnamed(match)
    people.sort(key=lambda person: person.member_id != party.member_id)
    urls = _urls(sender, kind)
    contents = _contents(kind, match, party, people, now + timedelta(days=pace.answer_days), urls)
    return render(
        kind.value,
        {
            **frame(sender, kind, people[0].name, step=1),
            **worded(wording, sender.coalition_name, contents),
            **contents,
            **urls,
            **(said or {}),
        },
    )


def _contents(
    kind: Kind,
    match: Match,
    party: Party,
    people: list[Contact],
    until: datetime,
    urls: Mapping[str, str | None],
) -> dict[str, Any]:
    extra: dict[str, Any] = _with_links(sample_extra(party.name), urls)
    if kind in ABOUT_MEMBER:
        return extra
    only = {name: extra[name] for name in ("answer_words", "said_by", "how")}
    return {**only, **contents_of(kind, match, party.member_id, people, until)}


def _told_to(key: str, match: Match, member_id: str | None) -> Party:
    """The party named, else the first of the side that the email is written for."""
    if member_id is not None:
        party = match.party(member_id)
        if party is None:
            raise NotAParty(f"member {member_id} is not a party of match {match.match_id}")
        return party
    wants_need = key != "approach_brings"
    return next((one for one in match.parties if one.needs == wants_need), match.parties[0])


def _unnamed(match: Match) -> list[Contact]:
    return [
        Contact("", party.member_id, "[their email address]", NAME, "[their role]")
        for party in match.parties
    ]


def _urls(sender: Sender, kind: Kind) -> dict[str, str | None]:
    urls: dict[str, str | None] = {
        f"{purpose}_url": f"{sender.base_url}/{path}/preview" for purpose, path in PATHS.items()
    }
    return urls if kind in CAPPED else {**urls, "unsubscribe_url": None}


def _with_links(value: Any, urls: Mapping[str, str | None]) -> Any:
    """The sample with its places for links filled."""
    if isinstance(value, Mapping):
        return {name: _with_links(item, urls) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_links(item, urls) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return urls[value.strip("{}")]
    return value
