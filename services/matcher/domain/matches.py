"""A match: one need with one capability or a consortium, its parties, and where it stands.

Values do not change: a move makes the next revision of the match, which the store writes only if
nobody was quicker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from services.matcher.domain.rounds import Versions, capability_set
from services.matcher.domain.states import By, LastMove, State, target_of

Answer = Literal["yes", "no", "not_now"]
NEEDS_FIRST, TOGETHER = "needs_first", "together"


@dataclass(frozen=True, slots=True)
class Party:
    """A member in a match. `reach` says what became of our email to it: sent, failed or not yet
    known; a party that answered needs none.
    """

    member_id: str
    name: str
    role: Literal["needs", "brings"]
    listing_kind: Literal["need", "capability"]
    listing_id: str
    necessary: bool = True
    answer: Answer | None = None
    answered_at: datetime | None = None
    reason_code: str | None = None
    recorded_by: str | None = None
    text_hash: str | None = None
    reach: Literal["sent", "failed"] | None = None
    reach_code: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    code: str
    since: datetime
    until: datetime | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    code: str
    by: str
    cooling_off_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Match:
    match_id: str
    need_id: str
    capability_ids: tuple[str, ...]
    round: int
    state: State
    proposed_at: datetime
    parties: tuple[Party, ...]
    versions: Versions
    need: Mapping[str, Any]
    """The need's text and facts as scored; likewise `capabilities`."""
    capabilities: tuple[Mapping[str, Any], ...] = ()
    previous_match_id: str | None = None
    opened_by: str = "first"
    origin: str = "convene"
    revision: int = 1
    attempt: int = 0
    score: float = 0.0
    strength: str = "possible"
    features: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Mapping[str, Any], ...] = ()
    model_version: str = ""
    rules_version: str = ""
    framework: str = ""
    warnings: tuple[str, ...] = ()
    ask_order: str = TOGETHER
    correlation_id: str = ""
    partnership_id: str | None = None
    consortium: Mapping[str, Any] | None = None
    """Of several capabilities: which member `convenes`; by capability what each `covers` and its
    `pairs` as scored; `kept`: members who had said yes before a role was opened again.
    """
    expires_at: datetime | None = None
    viewed_at: datetime | None = None
    approved_at: datetime | None = None
    effective_at: datetime | None = None
    """When the approval takes effect; until then it can be undone and nothing was announced."""
    asked_at: datetime | None = None
    lapses_at: datetime | None = None
    agree_at: datetime | None = None
    """When the last yes takes effect."""
    agreed_at: datetime | None = None
    introduced_at: datetime | None = None
    closed_at: datetime | None = None
    hold: Hold | None = None
    ending: Ending | None = None
    superseded_by: str | None = None
    last: LastMove | None = None
    inputs: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    """What it was scored from; only there while it is made, then kept apart for `replay`."""

    @property
    def capability_set(self) -> str:
        return capability_set(self.capability_ids)

    @property
    def announced(self) -> bool:
        """Whether this approval was announced: from then on it cannot be undone."""
        return self.state is State.APPROVED and self.effective_at is None and self.attempt > 0

    @property
    def convenes(self) -> str | None:
        """The member that gathers the parties of a consortium."""
        return self.consortium["convenes"] if self.consortium else None

    def covers(self, party: "Party") -> list[str]:
        """The wanted kinds of help that a party of a consortium is there for."""
        return list(self.consortium["covers"].get(party.listing_id, ())) if self.consortium else []

    def said_yes_before(self, party: "Party") -> bool:
        return party.member_id in self.consortium["kept"] if self.consortium else False

    def features_of(self, party: "Party") -> Mapping[str, float]:
        """What the score of this party's part was made of: in a consortium its own pair's."""
        pair = self.consortium["pairs"].get(party.listing_id) if self.consortium else None
        return pair["features"] if pair else self.features

    def party(self, member_id: str, listing_id: str | None = None) -> Party | None:
        for party in self.parties:
            if party.member_id == member_id and listing_id in (None, party.listing_id):
                return party
        return None

    @property
    def needing_member_id(self) -> str:
        return next(party.member_id for party in self.parties if party.role == "needs")

    @property
    def bringing_member_ids(self) -> tuple[str, ...]:
        return tuple(sorted({p.member_id for p in self.parties if p.role == "brings"}))


def moved(
    match: Match, move: str, by: By, now: datetime, *, actor_id: str | None = None, **changes: Any
) -> Match:
    """The next revision of the match after this move.

    Raises
    ------
    MoveRefused
        The state machine does not allow it.

    """
    target = target_of(match.state, move, by, match.last)
    return replace(
        match,
        state=target,
        revision=match.revision + 1,
        last=LastMove(move, by.value, actor_id, now),
        **changes,
    )


def with_party(match: Match, party: Party) -> Match:
    """The match with this party in the place of the one of the same member and listing."""
    return replace(
        match,
        parties=tuple(
            party if (p.member_id, p.listing_id) == (party.member_id, party.listing_id) else p
            for p in match.parties
        ),
    )


def to_be_asked(match: Match) -> tuple[Party, ...]:
    """The parties whose turn it is: with `needs_first` the others wait for the first yes."""
    necessary = tuple(p for p in match.parties if p.necessary)
    needing = tuple(p for p in necessary if p.role == "needs")
    if match.ask_order == NEEDS_FIRST and any(p.answer != "yes" for p in needing):
        return needing
    return necessary


def all_reached(match: Match) -> bool:
    return all(p.reach == "sent" or p.answer is not None for p in to_be_asked(match))


def all_said_yes(match: Match) -> bool:
    return all(p.answer == "yes" for p in match.parties if p.necessary)


def clocks_after_hold(match: Match, now: datetime) -> dict[str, datetime | None]:
    """The deadlines moved on by as long as the match was held: a hold stops the clocks."""
    if match.hold is None:
        return {}
    held = max(now - match.hold.since, timedelta())
    names = ("expires_at", "effective_at", "lapses_at", "agree_at")
    return {name: value + held for name in names if (value := getattr(match, name)) is not None}
