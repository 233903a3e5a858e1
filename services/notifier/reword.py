"""Step 9 of the walk: a coordinator may say an approach in their own words, until it has left.

The words are kept here and nowhere else; the mail task takes them when it writes the email.
"""

from services.notifier.approach import last_asked
from services.notifier.domain.errors import AlreadySent, Closed, NotAParty, WordingChanged
from services.notifier.domain.messages import Kind, Message, State
from services.notifier.mail.own_words import USUAL, OwnWords
from services.notifier.store.ledger import forget_bytes, messages_of_match
from services.notifier.store.records import load_match
from services.notifier.store.vault import Vault
from services.notifier.store.written import Written, save_words, written_for
from shared.storage import Work

#: The email does not exist yet, or was certainly not delivered: it is written anew.
_STILL_TO_WRITE = frozenset(
    {State.PLANNED, State.CLAIMED, State.FAILED, State.SUPPRESSED, State.CANCELLED}
)


def save_wording(
    work: Work, vault: Vault, match_id: str, member_id: str, words: OwnWords, seen_version: int
) -> Written:
    """Keep the words for this party; the usual ones (both empty) may be gone back to.

    Raises `AlreadySent`, `WordingChanged`, `NotAParty`, `Closed`.
    """
    approaches = _unsent(work, match_id, member_id)
    before = written_for(work.connection, vault, match_id, [member_id])[member_id]
    if before.version == seen_version and before.words == words and before.version:
        return before
    fresh = Written(member_id, words, seen_version + 1, work.actor, work.now)
    if before.version != seen_version or not save_words(
        work.connection, vault, match_id, fresh, work.now
    ):
        raise WordingChanged(
            "another coordinator changed the wording since you opened it; look at it again"
        )
    forget_bytes(work.connection, [message.message_id for message in approaches])
    said = {"member_id": member_id, "usual": words == USUAL}
    work.audit("wording.edited", match_id, said)
    return fresh


def may_edit(approaches: list[Message], member_id: str) -> bool:
    """Whether the approach of this party is still to be written."""
    mine = [message for message in approaches if message.member_id == member_id]
    return last_asked(mine, member_id) is None and all(
        message.state in _STILL_TO_WRITE for message in mine
    )


def _unsent(work: Work, match_id: str, member_id: str) -> list[Message]:
    """The party's approaches that may still be written; the lock keeps the mail task away.

    A match that is not approved yet is not known here; then there is nothing to check.
    """
    stored = load_match(work.connection, match_id, lock=True)
    if stored is None:
        return []
    party = stored.match.party(member_id)
    if party is None:
        raise NotAParty(f"member {member_id} is not a party of match {match_id}")
    approaches = messages_of_match(work.connection, match_id, [Kind.APPROACH])
    if not may_edit(approaches, member_id):
        raise AlreadySent(
            f"the email to {party.name} has been sent or is being sent, so its wording can no "
            "longer change; ask the member a question instead"
        )
    if not stored.match.is_open:
        raise Closed(f"match {match_id} is {stored.match.state}: nothing is asked any more")
    return [message for message in approaches if message.member_id == member_id]
