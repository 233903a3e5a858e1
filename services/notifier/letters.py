"""Turn a message of the ledger into a letter: which words, which links, from whom, to whom.

Called in the transaction that commits the bytes, with contacts that were fetched just before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from services.notifier.contents import contents_of, key_of, worded
from services.notifier.digest import digest_told
from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import MatchUnknown
from services.notifier.domain.matches import Match
from services.notifier.domain.messages import (
    ABOUT_MEMBER,
    CAPPED,
    CHOICE_OF,
    COALITION,
    Kind,
    Message,
)
from services.notifier.domain.schedule import Pace
from services.notifier.mail.addresses import check_recipient
from services.notifier.mail.compose import Letter, Mailbox, mime_id, thread_id
from services.notifier.mail.render import render
from services.notifier.store.wishes import link_for
from services.notifier.store.wordings import wording_of
from shared.web.tokens import SignedLinks

#: Purpose of a link → first part of its path.
PATHS: Mapping[str, str] = {
    "answer": "a",
    "outcome": "o",
    "unsubscribe": "u",
    "invitation": "i",
    "question": "q",
    "listings": "l",
}
LINKS_OF: Mapping[Kind, tuple[str, ...]] = {
    Kind.APPROACH: ("answer",),
    Kind.REMINDER: ("answer",),
    Kind.ANSWER_COPY: ("answer",),
    Kind.INTRODUCTION: ("outcome",),
    Kind.FOLLOW_UP: ("outcome",),
    Kind.INVITATION: ("invitation",),
    Kind.FRESH_LINK: ("listings",),
    Kind.CLOSING: (),
    Kind.LISTING_CHECK: ("listings",),
    Kind.DIGEST: (),
    Kind.QUESTION: ("question",),
}
_WHY: Mapping[str, str] = {
    "proposals": "You get this because you are named as a contact for partnership proposals.",
    "follow_ups": "You get this because you took part in an introduction.",
    "digest": "You get this because you asked for a summary.",
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


def frame(sender: Sender, kind: Kind, name: str, step: int) -> dict[str, Any]:
    """What every letter has around its words."""
    return {
        "coalition_name": sender.coalition_name,
        "coalition_email": sender.coalition_email,
        "name": name,
        "step": step,
        "why_you_get_this": _WHY.get(CHOICE_OF.get(kind, ""), _WHY_NAMED),
    }


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
        about = self._about(message, subject, people)
        if message.kind is Kind.DIGEST:
            link_to = partial(self._url, connection, message, recipient, now)
            about = digest_told(subject.extra["digest"], link_to)
        wording = wording_of(connection, key_of(message.kind, about))
        context = {
            **frame(self._sender, message.kind, recipient.name, message.step),
            "unsubscribe_url": urls.get("unsubscribe_url"),
            **worded(wording.wording, self._sender.coalition_name, about),
            **about,
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
        if message.kind is Kind.FRESH_LINK:
            return {"link_days": self._pace.link_days}
        if message.kind in ABOUT_MEMBER:
            return dict(subject.extra)
        match = subject.match
        if match is None:
            raise MatchUnknown(f"message {message.message_id} is about an unknown match")
        until = match.moment("lapses_at")
        until = until or message.planned_at + timedelta(days=self._pace.answer_days)
        said = contents_of(message.kind, match, message.member_id, people, until)
        return {**said, **subject.extra}

    def _thread(self, message: Message) -> list[str]:
        if message.match_id is None:
            return []
        return [thread_id(message.match_id, self._sender.sender_email)]

    def _urls(
        self, connection: Connection, message: Message, recipient: Contact, now: datetime
    ) -> dict[str, str | None]:
        if recipient.member_id == COALITION:
            return {"outcome_url": None}
        purposes = LINKS_OF[message.kind]
        if message.kind in CAPPED:
            purposes = (*purposes, "unsubscribe")
        return {
            f"{purpose}_url": self._url(
                connection, message, recipient, now, purpose, message.match_id, message.attempt
            )
            for purpose in purposes
        }

    def _url(
        self,
        connection: Connection,
        message: Message,
        recipient: Contact,
        now: datetime,
        purpose: str,
        match_id: str | None,
        attempt: int,
    ) -> str:
        link = link_for(
            connection,
            purpose,
            message_id=message.message_id,
            match_id=match_id,
            member_id=message.member_id,
            contact_id=recipient.contact_id,
            attempt=attempt,
            now=now,
        )
        claims = {"n": link.nonce, "m": link.match_id, "p": link.member_id}
        token = self._links.make(purpose, claims)
        return f"{self._sender.base_url}/{PATHS[purpose]}/{token}"
