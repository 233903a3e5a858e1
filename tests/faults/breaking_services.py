"""How registry, matcher and notifier are broken."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from services.matcher import reserve
from services.matcher.proposing import standing
from services.matcher.store import known
from services.notifier import introduce
from services.notifier.domain.answers import Answer, current_answers
from services.notifier.domain.contacts import Contact
from services.notifier.domain.messages import COALITION, Message
from services.notifier.gather import Gather
from services.notifier.pages.answer import AnswerPage
from services.notifier.respond import Response, give_answer
from services.notifier.store import ledger
from services.notifier.store.records import load_exchange
from services.registry import keep_contacts
from shared.ids import new_id
from shared.storage import Lease


def mail_lease_ignored(patch: pytest.MonkeyPatch) -> None:
    acquire = Lease.acquire
    patch.setattr(Lease, "acquire", lambda self: self._name == "mail" or acquire(self))


def messages_not_deduplicated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "dedupe_key", lambda *_: new_id())


def get_answers(patch: pytest.MonkeyPatch) -> None:
    show = AnswerPage._show

    def answered(self: AnswerPage, link: Any, *more: Any) -> Any:
        parts = self._parts
        with parts.work() as work:
            yes = Response(answer="yes", contact_id=link.contact_id)
            give_answer(work, parts.vault, parts.pace, link.match_id, link.member_id, yes)
        return show(self, link, *more)

    patch.setattr(AnswerPage, "_show", answered)


class _OneForAll(dict[str, Answer]):
    """Whoever has not answered is taken to have said what the first one said."""

    def __missing__(self, member_id: str) -> Answer:
        return next(iter(self.values()))


def introduce_at_one_yes(patch: pytest.MonkeyPatch) -> None:
    """The registry asks for every yes again, so the claim that it gets has to lie too."""

    def everybody(self: Gather, message: Message, match_id: str) -> list[Contact]:
        with self._database.read() as connection:
            exchange = load_exchange(connection, match_id)
        said = [(member, "", None) for member in (exchange.member_ids if exchange else [])]
        people = self._contacts.contacts_to_introduce(match_id, said)
        if message.member_id == COALITION:
            return [self._coalition, *people]
        return sorted(people, key=lambda person: person.member_id != message.member_id)

    patch.setattr(
        introduce, "current_answers", lambda answers: _OneForAll(current_answers(answers))
    )
    patch.setattr(introduce, "blockers_of_exchange", lambda _, said, *__: [] if said else ["none"])
    patch.setattr(
        introduce,
        "exchanged_members",
        lambda match, _: [party.member_id for party in match.parties],
    )
    patch.setattr(Gather, "_introduced", everybody)


def erased_contact_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keep_contacts, "forget_contacts", lambda *_: None)


def capacity_not_counted(patch: pytest.MonkeyPatch) -> None:
    for module in (reserve, standing):
        patch.setattr(module, "counting", lambda *_, **__: [])


def changes_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """The projection hears of a change, and nobody examines the needs it touches."""
    put = known.put_capabilities

    def only_new(connection: Connection, told: Sequence[known.Told]) -> None:
        put(connection, [(data, id_) for data, id_ in told if data["version"] == 1])

    patch.setattr(known, "put_capabilities", only_new)
