"""What a message needs from elsewhere before it is written: its people, and what only they know.

Asked at the moment of sending, outside any transaction, and kept no longer than the letter.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.notifier.approach import last_asked
from services.notifier.domain.contacts import Contact
from services.notifier.domain.messages import COALITION, Kind, Message, State
from services.notifier.listing_check import listings_told
from services.notifier.prepare import Halt
from services.notifier.store.ledger import messages_of_match
from services.notifier.store.records import answers_of_match, load_exchange
from shared.storage import Database

Gathered = tuple[list[Contact], dict[str, Any]]


class Contacts(Protocol):
    """Where contacts come from, at the moment of sending and no earlier."""

    def contacts_to_send(
        self, member_id: str, listing_id: str | None, contact_id: str | None
    ) -> list[Contact]: ...

    def contacts_to_introduce(
        self, match_id: str, answers: Sequence[tuple[str, str, str | None]]
    ) -> list[Contact]: ...

    def member(self, member_id: str) -> Mapping[str, Any]: ...

    def listings(self, member_id: str) -> list[Mapping[str, Any]]: ...

    def unconfirmed(self, member_id: str | None = None) -> list[Mapping[str, Any]]: ...


class Gather:
    """Fetches for one message at a time."""

    def __init__(self, database: Database, contacts: Contacts, coalition: Contact) -> None:
        self._database = database
        self._contacts = contacts
        self._coalition = coalition

    def fetch(self, message: Message) -> Gathered | Halt:
        """The people, the recipient first, and what only this kind says; or why it is not sent."""
        if message.kind is Kind.INTRODUCTION and message.match_id is not None:
            return self._introduced(message, message.match_id), {}
        extra: dict[str, Any] = {}
        if message.kind is Kind.LISTING_CHECK:
            listings = self._contacts.listings(message.member_id)
            unconfirmed = self._contacts.unconfirmed(message.member_id)
            if not unconfirmed:
                return Halt(State.CANCELLED)
            extra = listings_told(listings, unconfirmed)
        people = self._contacts.contacts_to_send(
            message.member_id, message.listing_id, self._whom(message)
        )
        if message.kind in {Kind.INVITATION, Kind.LISTING_CHECK} and people:
            held = self._contacts.member(message.member_id)
            extra["member"] = str(held.get("name") or "Your organisation")
        return people, extra

    def _whom(self, message: Message) -> str | None:
        """A reminder goes to whoever was asked last, who may be a colleague named on the page."""
        if message.kind is not Kind.REMINDER or message.match_id is None:
            return message.contact_id
        with self._database.read() as connection:
            approaches = messages_of_match(connection, message.match_id, [Kind.APPROACH])
        asked = last_asked(approaches, message.member_id)
        return asked.contact_id if asked else None

    def _introduced(self, message: Message, match_id: str) -> list[Contact]:
        """Everyone named in an introduction, the recipient first; nobody, if one is missing."""
        with self._database.read() as connection:
            exchange = load_exchange(connection, match_id)
            answers = answers_of_match(connection, match_id)
        if exchange is None or exchange.state not in {"exchanged", "sent"}:
            return []
        yes = [
            (answer.member_id, answer.listing_id, answer.contact_id)
            for answer in answers
            if answer.exchanged_at is not None
        ]
        people = self._contacts.contacts_to_introduce(match_id, yes)
        if {person.member_id for person in people} != set(exchange.member_ids):
            return []
        if message.member_id == COALITION:
            return [self._coalition, *people]
        return sorted(people, key=lambda person: person.member_id != message.member_id)
