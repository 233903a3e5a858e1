"""Turn a message of the ledger into a letter: which words, which links, from whom, to whom.

Called in the transaction that commits the bytes, with contacts that were fetched just before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import MatchUnknown
from services.notifier.domain.matches import Match
from services.notifier.domain.messages import CAPPED, CHOICE_OF, COALITION, Kind, Message
from services.notifier.domain.schedule import Pace
from services.notifier.domain.story import listed, tell
from services.notifier.mail.addresses import check_recipient
from services.notifier.mail.compose import Letter, Mailbox, mime_id, thread_id
from services.notifier.mail.render import render
from services.notifier.store.wishes import link_for
from shared.web.tokens import SignedLinks

#: Purpose of a link → first part of its path.
PATHS: Mapping[str, str] = {
    "answer": "a",
    "outcome": "o",
    "unsubscribe": "u",
    "invitation": "i",
}
_LINKS_OF: Mapping[Kind, tuple[str, ...]] = {
    Kind.APPROACH: ("answer",),
    Kind.REMINDER: ("answer",),
    Kind.ANSWER_COPY: ("answer",),
    Kind.INTRODUCTION: ("outcome",),
    Kind.FOLLOW_UP: ("outcome",),
    Kind.INVITATION: ("invitation",),
    Kind.CLOSING: (),
}
_WHY: Mapping[str, str] = {
    "proposals": "You get this because you are named as a contact for partnership proposals.",
    "follow_ups": "You get this because you took part in an introduction.",
}


_WHY_NAMED = "You get this because you are named as a contact of your organisation."


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail is from, and where its links lead."""

    coalition_name: str
    coalition_email: str
    sender_email: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What the letter is about; `extra` holds what only one kind needs."""

    match: Match | None
    extra: Mapping[str, Any]


class Letters:
    """Writes letters; knows templates, links and who is named where."""

    def __init__(self, sender: Sender, links: SignedLinks, pace: Pace) -> None:
        self._sender = sender
        self._links = links
        self._pace = pace

    def write(
        self,
        connection: Connection,
        message: Message,
        subject: Subject,
        people: Sequence[Contact],
        now: datetime,
    ) -> Letter:
        """The letter to the first of `people`; an introduction names all of them."""
        recipient = people[0]
        urls = self._urls(connection, message, recipient, now)
        context = {
            "coalition_name": self._sender.coalition_name,
            "coalition_email": self._sender.coalition_email,
            "name": recipient.name,
            "step": message.step,
            "unsubscribe_url": urls.get("unsubscribe_url"),
            "why_you_get_this": _WHY.get(CHOICE_OF.get(message.kind, ""), _WHY_NAMED),
            **self._about(message, subject, people),
            **urls,
        }
        words = render(message.kind.value, context)
        introduces = message.kind is Kind.INTRODUCTION
        parties = [person for person in people if person.member_id != COALITION]
        office = Mailbox(self._sender.coalition_name, self._sender.coalition_email)
        named = [Mailbox(p.name, check_recipient(p.email)) for p in parties]
        return Letter(
            subject=words.subject,
            text=words.text,
            html=words.html,
            sender=Mailbox(self._sender.coalition_name, self._sender.sender_email),
            to=named if introduces else named[:1],
            cc=[office] if introduces else [],
            reply_to=[*named, office] if introduces else [office],
            mime_id=mime_id(message.message_id, self._sender.sender_email),
            date=now,
            references=self._thread(message),
            unsubscribe_url=urls.get("unsubscribe_url"),
        )

    def _about(
        self, message: Message, subject: Subject, people: Sequence[Contact]
    ) -> dict[str, Any]:
        if message.kind is Kind.INVITATION:
            return {"member": subject.extra["member"]}
        match = subject.match
        if match is None:
            raise MatchUnknown(f"message {message.message_id} is about an unknown match")
        if message.kind is Kind.INTRODUCTION:
            return introduced(match, people)
        lapses_at = match.moment("lapses_at")
        until = lapses_at or message.planned_at + timedelta(days=self._pace.answer_days)
        return {
            "story": tell(match, message.member_id),
            "reply_by": day_in_words(until),
            **subject.extra,
        }

    def _thread(self, message: Message) -> list[str]:
        if message.match_id is None:
            return []
        return [thread_id(message.match_id, self._sender.sender_email)]

    def _urls(
        self, connection: Connection, message: Message, recipient: Contact, now: datetime
    ) -> dict[str, str | None]:
        if recipient.member_id == COALITION:
            return {"outcome_url": None}
        purposes = _LINKS_OF[message.kind]
        if message.kind in CAPPED:
            purposes = (*purposes, "unsubscribe")
        urls: dict[str, str | None] = {}
        for purpose in purposes:
            link = link_for(
                connection,
                purpose,
                message_id=message.message_id,
                match_id=message.match_id,
                member_id=message.member_id,
                contact_id=recipient.contact_id,
                attempt=message.attempt,
                now=now,
            )
            claims = {"n": link.nonce, "m": link.match_id, "p": link.member_id}
            token = self._links.make(purpose, claims)
            urls[f"{purpose}_url"] = f"{self._sender.base_url}/{PATHS[purpose]}/{token}"
        return urls


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
