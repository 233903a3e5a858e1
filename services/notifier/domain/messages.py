"""The life of one message: from intent to accepted, with every way it can end in between.

One row is one email to one person. A message is planned in the transaction of its cause and
moves on in the mail task; what an SMTP server answers is a state here, never a failed event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.notifier.domain.errors import InvalidMove


class Kind(StrEnum):
    APPROACH = "approach"
    REMINDER = "reminder"
    INTRODUCTION = "introduction"
    CLOSING = "closing"
    FOLLOW_UP = "follow_up"
    ANSWER_COPY = "answer_copy"
    INVITATION = "invitation"
    DIGEST = "digest"
    LISTING_CHECK = "listing_check"
    QUESTION = "question"
    FRESH_LINK = "fresh_link"


class State(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    RENDERED = "rendered"
    DOT_WRITTEN = "dot_written"
    ACCEPTED = "accepted"
    RETRY_LATER = "retry_later"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    AMBIGUOUS = "ambiguous"
    HELD = "held"


MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.PLANNED: frozenset({State.CLAIMED, State.CANCELLED}),
        State.CLAIMED: frozenset(
            {
                State.RENDERED,
                State.PLANNED,
                State.RETRY_LATER,
                State.FAILED,
                State.SUPPRESSED,
                State.CANCELLED,
            }
        ),
        State.RENDERED: frozenset(
            {State.DOT_WRITTEN, State.RETRY_LATER, State.FAILED, State.CANCELLED}
        ),
        State.DOT_WRITTEN: frozenset(
            {State.ACCEPTED, State.RETRY_LATER, State.FAILED, State.AMBIGUOUS, State.HELD}
        ),
        State.RETRY_LATER: frozenset({State.CLAIMED, State.CANCELLED, State.FAILED}),
        State.AMBIGUOUS: frozenset({State.CLAIMED, State.HELD, State.CANCELLED}),
        State.HELD: frozenset({State.RETRY_LATER, State.ACCEPTED, State.CANCELLED, State.FAILED}),
        # A bounce arrives after the server had accepted.
        State.ACCEPTED: frozenset({State.FAILED}),
        # A coordinator has mended the cause and asks for another try.
        State.FAILED: frozenset({State.RETRY_LATER}),
        State.SUPPRESSED: frozenset({State.RETRY_LATER}),
        State.CANCELLED: frozenset(),
    }
)

#: Waiting for their time; the mail task picks these up.
WAITING = frozenset({State.PLANNED, State.RETRY_LATER, State.AMBIGUOUS})
#: Not yet at the final dot; a match that ends cancels these.
CANCELLABLE = frozenset(
    {State.PLANNED, State.CLAIMED, State.RENDERED, State.RETRY_LATER, State.AMBIGUOUS, State.HELD}
)
#: Codes of `message.failed`.
FAILURE_CODES = frozenset(
    {"no_contact", "undeliverable", "suppressed", "refused", "held_ambiguous"}
)

#: The mail choice of a contact that must allow a kind; the others are owed to whoever took part.
CHOICE_OF: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.APPROACH: "proposals",
        Kind.REMINDER: "proposals",
        Kind.FOLLOW_UP: "follow_ups",
        Kind.DIGEST: "digest",
        Kind.QUESTION: "proposals",
        Kind.LISTING_CHECK: "proposals",
    }
)
#: Told without a match: about a member alone, or about one listing of it.
ABOUT_MEMBER = frozenset(
    {Kind.INVITATION, Kind.DIGEST, Kind.LISTING_CHECK, Kind.QUESTION, Kind.FRESH_LINK}
)
#: Kinds that count to the daily cap of a member.
CAPPED = frozenset({*CHOICE_OF, Kind.INVITATION})
#: Kinds the recipient has just asked for: they neither wait for the morning nor count to the cap.
AT_ONCE = frozenset({Kind.INTRODUCTION, Kind.ANSWER_COPY, Kind.FRESH_LINK})

#: Stands in `member_id` of the copy of an introduction that goes to the coalition's mailbox.
COALITION = "coalition"


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the ledger, without its bytes."""

    message_id: str
    kind: Kind
    match_id: str | None
    member_id: str
    listing_id: str | None
    contact_id: str | None
    attempt: int
    step: int
    due_at: datetime
    state: State
    tries: int
    ambiguous_count: int
    claim: str | None
    mime_id: str | None
    correlation_id: str | None
    planned_at: datetime
    code: str | None = None
    stage: str | None = None
    smtp_code: int | None = None
    finished_at: datetime | None = None

    @property
    def may_have_arrived(self) -> bool:
        """Accepted, or possibly so: whoever may have read it must be told when it ends."""
        doubtful = self.ambiguous_count > 0 and self.state is not State.FAILED
        return self.state in {State.ACCEPTED, State.DOT_WRITTEN} or doubtful


def check_move(message_id: str, state: State, to: State) -> None:
    """Raise `InvalidMove` when the ledger does not allow `state` → `to`."""
    if to not in MOVES[state]:
        raise InvalidMove(f"message {message_id}", state.value, to.value)


def dedupe_key(
    kind: Kind,
    match_id: str | None,
    member_id: str,
    contact_id: str | None,
    attempt: int,
    step: int,
) -> str:
    """What makes a message the same message: a redelivered cause plans nothing twice."""
    parts = (kind.value, match_id or "", member_id, contact_id or "", str(attempt), str(step))
    return "|".join(parts)
