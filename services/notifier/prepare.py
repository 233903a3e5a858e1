"""The transaction before a message leaves: may it go, to whom, and in which bytes.

Suppression, mail choices, quiet hours and the daily cap are checked here, under the lock of the
match; then the bytes are committed. What is committed is what is sent, now and in a retry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notifier.digest import Digest, digest_of
from services.notifier.domain.answers import Answer, current_answers
from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import QuestionUnknown
from services.notifier.domain.matches import FOLLOWED_STATES, Match
from services.notifier.domain.messages import AT_ONCE, CAPPED, CHOICE_OF, Kind, Message, State
from services.notifier.domain.schedule import QuietHours, cap_frees_at, quiet_hours, wakes_at
from services.notifier.letters import Letters, Subject
from services.notifier.mail.addresses import address_hash, check_recipient, return_token
from services.notifier.mail.compose import compose, mime_id
from services.notifier.mail.signing import Sign, unsigned
from services.notifier.store.ledger import move, sealed_parts, sent_lately
from services.notifier.store.records import (
    answers_of_match,
    load_exchange,
    load_match,
    passes_of_party,
    personal_of_answer,
)
from services.notifier.store.vault import Vault
from services.notifier.store.wishes import preference_of, suppressed, unsubscribed_choices
from services.notifier.store.written import find_question, written_for
from shared.storage import Work

_ANSWER_WORDS: Mapping[str, str] = {"yes": "Yes", "no": "No", "not_now": "Not now"}


@dataclass(frozen=True, slots=True)
class Halt:
    """Do not send: move the message to `state`, due at `due_at` if it is to wait."""

    state: State
    code: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Ready:
    """Committed bytes with the recipient they go to."""

    recipient: str
    token: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Press:
    """What is needed to make bytes of a message."""

    letters: Letters
    vault: Vault
    hash_key: bytes
    token_key: bytes
    sender_email: str
    cap_per_day: int
    sign: Sign = unsigned


def still_wanted(work: Work, message: Message) -> Halt | None:
    """Whether what the message was planned for still holds; asked before any contact is fetched."""
    if message.kind is Kind.DIGEST and _digest(work, message).empty:
        return Halt(State.CANCELLED)
    if message.match_id is None:
        return None
    stored = load_match(work.connection, message.match_id, lock=True)
    if stored is None:  # a question may be asked before the match is approved, and so told
        return None if message.kind is Kind.QUESTION else Halt(State.CANCELLED)
    if stored.held_at is not None:
        return Halt(State.PLANNED, due_at=message.due_at)
    answers = answers_of_match(work.connection, message.match_id)
    answer = current_answers(answers).get(message.member_id)
    if _is_wanted(work, message, stored.match, answer):
        return None
    return Halt(State.CANCELLED)


def _is_wanted(work: Work, message: Message, match: Match, answer: Answer | None) -> bool:
    match message.kind:
        case Kind.APPROACH:
            return match.is_open and match.attempt == message.attempt and answer is None
        case Kind.REMINDER:
            return match.state == "asked" and match.attempt == message.attempt and answer is None
        case Kind.FOLLOW_UP:
            return match.state in FOLLOWED_STATES - {"completed", "ended"}
        case Kind.INTRODUCTION:
            exchange = load_exchange(work.connection, match.match_id)
            return exchange is not None and exchange.state in {"exchanged", "sent"}
        case _:
            return True


def choose_contact(work: Work, message: Message, contacts: Sequence[Contact]) -> Contact | Halt:
    """The first contact that may be mailed, or why none may."""
    choice = CHOICE_OF.get(message.kind)
    if message.kind not in {Kind.INVITATION, Kind.FRESH_LINK}:  # who asks for a link may have it
        contacts = [contact for contact in contacts if contact.ground_ok]
    if not contacts:
        return Halt(State.FAILED, "no_contact")
    if message.contact_id is None and message.match_id is not None:
        passed = passes_of_party(work.connection, message.match_id, message.member_id)
        away = {row.from_contact_id for row in passed}
        contacts = [c for c in contacts if c.contact_id not in away] or contacts
    for contact in contacts:
        unwanted = unsubscribed_choices(work.connection, contact.contact_id)
        if contact.wants(choice) and (choice is None or choice not in unwanted):
            return contact
    return Halt(State.SUPPRESSED, "suppressed")


def make_ready(
    work: Work,
    press: Press,
    message: Message,
    contacts: Sequence[Contact],
    extra: Mapping[str, Any],
) -> Ready | Halt:
    """Decide and, if it may go, commit the bytes: the message is then `rendered`.

    `contacts[0]` is the recipient. Raises what is wrong with the words or the address.
    """
    recipient = contacts[0]
    digest = address_hash(press.hash_key, recipient.email)
    halt = _not_now(work, press, message, recipient, digest)
    if halt is not None:
        return halt
    ready = _kept_bytes(work, press, message, digest)
    token = return_token(press.token_key, message.message_id)
    if ready is None:
        match = load_match(work.connection, message.match_id) if message.match_id else None
        subject = Subject(match.match if match else None, extra)
        letter = press.letters.write(work.connection, message, subject, contacts, work.now)
        raw = press.sign(compose(letter))
        ready = Ready(check_recipient(recipient.email), token, raw)
    owner = recipient.contact_id or "coalition"
    seal = press.vault.seal
    kept = move(
        work.connection,
        message,
        State.RENDERED,
        contact_id=recipient.contact_id or None,
        recipient_hash=digest,
        return_token=token,
        mime_id=mime_id(message.message_id, press.sender_email),
        vault_subject=owner,
        sealed_recipient=seal(work.connection, owner, ready.recipient.encode(), work.now),
        sealed_bytes=seal(work.connection, owner, ready.raw, work.now),
    )
    return ready if kept else Halt(State.CANCELLED)


def extra_for(work: Work, vault: Vault, message: Message) -> dict[str, Any]:
    """What only one kind of letter says: a summary, an answer in its copy, what a coordinator wrote."""
    if message.kind is Kind.DIGEST:
        return {"digest": _digest(work, message)}
    if message.match_id is None:
        return {}
    match message.kind:
        case Kind.ANSWER_COPY:
            return _recorded_answer(work, vault, message, message.match_id)
        case Kind.APPROACH:
            who = message.member_id
            written = written_for(work.connection, vault, message.match_id, [who])
            return dict(written[who].words.said)
        case Kind.QUESTION:
            return _question(work, vault, message)
        case _:
            return {}


def _question(work: Work, vault: Vault, message: Message) -> dict[str, Any]:
    question = find_question(work.connection, vault, message_id=message.message_id)
    if question is None or not question.text:
        raise QuestionUnknown("the words of this question are not kept here any more")
    return {"member": question.member, "about": question.about, "question": question.text}


def _recorded_answer(work: Work, vault: Vault, message: Message, match_id: str) -> dict[str, Any]:
    answers = answers_of_match(work.connection, match_id)
    recorded = [a for a in answers if a.member_id == message.member_id]
    if not recorded:
        return {"answer_words": "", "said_by": "", "how": ""}
    last = recorded[-1]
    who = personal_of_answer(work.connection, vault, last.answer_id).who or {}
    return {
        "answer_words": _ANSWER_WORDS[last.answer],
        "said_by": who.get("name", ""),
        "how": who.get("how", ""),
    }


def _not_now(
    work: Work, press: Press, message: Message, recipient: Contact, digest: str
) -> Halt | None:
    choice = CHOICE_OF.get(message.kind)
    if suppressed(work.connection, digest, choice) is not None:
        return Halt(State.SUPPRESSED, "suppressed")
    if message.kind in AT_ONCE:
        return None
    wake = wakes_at(work.now, _quiet_hours(work, recipient))
    if wake is not None:
        return Halt(State.PLANNED, due_at=wake)
    if message.kind not in CAPPED:
        return None
    since = work.now - timedelta(days=1)
    sent = sent_lately(work.connection, message.member_id, since, CAPPED)
    free = cap_frees_at(sent, press.cap_per_day, work.now)
    return Halt(State.PLANNED, due_at=free) if free is not None else None


def _quiet_hours(work: Work, recipient: Contact) -> QuietHours | None:
    """What the person chose on our page counts before what the registry was told."""
    chosen = preference_of(work.connection, recipient.contact_id)
    if chosen.quiet_from is None or chosen.quiet_until is None:
        return quiet_hours(recipient.choices)
    wish = {"from": chosen.quiet_from, "until": chosen.quiet_until}
    return quiet_hours({"quiet_hours": wish})


def _digest(work: Work, message: Message) -> Digest:
    return digest_of(work.connection, message.member_id, message.step, work.now)


def _kept_bytes(work: Work, press: Press, message: Message, digest: str) -> Ready | None:
    """The bytes of an earlier try, if they were for the same address: a retry is byte-identical."""
    row = sealed_parts(work.connection, message.message_id)
    if row.recipient_hash != digest or row.return_token is None:
        return None
    raw = press.vault.open(work.connection, row.vault_subject, row.sealed_bytes)
    recipient = press.vault.open(work.connection, row.vault_subject, row.sealed_recipient)
    if raw is None or recipient is None:
        return None
    return Ready(recipient.decode(), row.return_token, raw)
