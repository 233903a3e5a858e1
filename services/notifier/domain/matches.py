"""What the notifier knows of a match, read from the whole state that `match.*` events carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: States in which a party that was asked may answer.
OPEN_STATES = frozenset({"approved", "asked", "unreachable", "agreed"})
#: Ends after which whoever was asked gets the one neutral closing email.
CLOSING_STATES = frozenset({"declined", "lapsed", "withdrawn", "superseded", "rejected", "expired"})
#: States in which what came of an introduction can be reported.
FOLLOWED_STATES = frozenset({"introduced", "active", "completed", "ended"})


@dataclass(frozen=True, slots=True)
class Party:
    member_id: str
    name: str
    role: str
    listing_id: str
    necessary: bool
    said_yes_before: bool = False

    @property
    def needs(self) -> bool:
        return self.role == "needs"


@dataclass(frozen=True, slots=True)
class Match:
    """The parts of a match's state that the notifier acts on; `data` is the whole of it."""

    match_id: str
    state: str
    revision: int
    attempt: int
    round: int
    origin: str
    parties: tuple[Party, ...]
    ask_order: str
    on_hold: bool
    data: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def waits_for_change(self) -> bool:
        """On hold because a party suggested a change, and for nothing else."""
        return self.on_hold and self.data["hold"].get("code") == "change_suggested"

    @property
    def need(self) -> Mapping[str, Any]:
        need = self.data.get("need")
        return need if isinstance(need, Mapping) else {}

    @property
    def capabilities(self) -> list[Mapping[str, Any]]:
        return [item for item in self.data.get("capabilities") or [] if isinstance(item, Mapping)]

    @property
    def convenes(self) -> Party:
        """The party that gathers the others and writes first: of a pair the needing one."""
        named = self.party(str(self.data.get("convenes") or ""))
        return named or next((one for one in self.parties if one.needs), self.parties[0])

    def party(self, member_id: str) -> Party | None:
        return next((party for party in self.parties if party.member_id == member_id), None)

    def others(self, member_id: str) -> list[Party]:
        return [party for party in self.parties if party.member_id != member_id]

    def first_asked(self) -> list[Party]:
        """The necessary parties asked at once; the rest wait for the needing side's yes."""
        necessary = [party for party in self.parties if party.necessary]
        if self.ask_order != "needs_first":
            return necessary
        return [party for party in necessary if party.needs] or necessary

    def asked_next(self) -> list[Party]:
        first = {party.member_id for party in self.first_asked()}
        return [p for p in self.parties if p.necessary and p.member_id not in first]

    def moment(self, name: str) -> datetime | None:
        """One of the state's times (`asked_at`, `introduced_at`, …), if it has happened."""
        value = self.data.get(name)
        if isinstance(value, datetime):
            return value
        return datetime.fromisoformat(value) if isinstance(value, str) else None


def match_from(data: Mapping[str, Any]) -> Match:
    """Read a MatchState; what it does not say is taken as nothing, so older events still read."""
    parties = tuple(
        Party(
            member_id=str(party["member_id"]),
            name=str(party.get("name") or party["member_id"]),
            role=str(party.get("role") or "brings"),
            listing_id=str(party.get("listing_id") or ""),
            necessary=bool(party.get("necessary", True)),
            said_yes_before=bool(party.get("said_yes_before")),
        )
        for party in data.get("parties") or []
    )
    return Match(
        match_id=str(data["match_id"]),
        state=str(data["state"]),
        revision=int(data.get("revision") or 0),
        attempt=int(data.get("attempt") or 0),
        round=int(data.get("round") or 1),
        origin=str(data.get("origin") or "convene"),
        parties=parties,
        ask_order=str(data.get("ask_order") or "together"),
        on_hold=bool(data.get("hold")),
        data=data,
    )
