"""What the matcher refuses, named by what the caller has to know; standard library only."""

from dataclasses import dataclass
from datetime import datetime


class NotAllowed(Exception):
    """Something the domain does not allow; `code` is stable, the message is for a person."""

    code = "refused"


class MoveRefused(NotAllowed):
    """The state machine has no such move from here."""

    code = "move_refused"

    def __init__(self, *, state: str, move: str, by: str, last: str) -> None:
        super().__init__(
            f"A match that is {state} cannot take the move '{move}' by {by}; {last}. "
            "Look at the match again and choose one of the moves it offers."
        )
        self.state, self.move, self.by, self.last = state, move, by, last


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict that came first: who (an opaque id), what and when."""

    coordinator_id: str
    decision: str
    at: datetime


class AlreadyDecided(NotAllowed):
    """Another coordinator was quicker."""

    code = "already_decided"

    def __init__(self, first: Decision) -> None:
        super().__init__(
            f"This match was already {first.decision} by {first.coordinator_id} at "
            f"{first.at.isoformat(timespec='seconds')}. Nothing was changed; look at it again."
        )
        self.first = first


class StaleRevision(NotAllowed):
    """Somebody changed the match since it was read."""

    code = "stale_revision"

    def __init__(self, match_id: str, given: int, current: int) -> None:
        super().__init__(
            f"Match {match_id} is at revision {current}, you read revision {given}. "
            "Read it again, then decide."
        )
        self.given, self.current = given, current


class RuleBroken(NotAllowed):
    """A hard rule refuses the pair now."""

    code = "rule_broken"

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"A rule refuses this match now: {text}")
        self.rule, self.text = rule, text


class NothingLeft(NotAllowed):
    """Capacity, partner places or exposure are spent."""

    code = "nothing_left"

    def __init__(self, kind: str, key: str, left: int) -> None:
        super().__init__(
            f"No {kind} is left for {key} (left: {left}). Wait until another match ends, "
            "or ask the member to raise it."
        )
        self.kind, self.key, self.left = kind, key, left


class UnknownMatch(NotAllowed):
    """There is no such match."""

    code = "unknown_match"

    def __init__(self, match_id: str) -> None:
        super().__init__(f"There is no match {match_id}. Look it up in the list of matches.")


class UnknownReason(NotAllowed):
    """The reason code is not in the list."""

    code = "unknown_reason"

    def __init__(self, of_list: str, code: str, known: list[str]) -> None:
        super().__init__(
            f"'{code}' is not a reason of the list '{of_list}'. Use one of: {', '.join(known)}."
        )


class DateNeeded(NotAllowed):
    """The reason needs a date."""

    code = "date_needed"

    def __init__(self, code: str) -> None:
        super().__init__(f"The reason '{code}' needs a date in the future: until when?")


class NoNewRound(NotAllowed):
    """A new round may not open now."""

    code = "no_new_round"

    def __init__(self, why: str) -> None:
        super().__init__(f"A new round cannot be opened: {why}")


class GraceOver(NotAllowed):
    """The grace period is over."""

    code = "grace_over"

    def __init__(self, since: datetime) -> None:
        super().__init__(
            "The approval took effect at "
            f"{since.isoformat(timespec='seconds')} and cannot be undone. Withdraw the match instead."
        )


class UnknownModel(NotAllowed):
    """Nobody learned a model of this version."""

    code = "unknown_model"

    def __init__(self, version: str) -> None:
        super().__init__(
            f"There is no model {version[:80]}. Take a version from the list of models."
        )


class ModelNotOffered(NotAllowed):
    """It has been decided, or was never good enough to be offered."""

    code = "model_not_offered"

    def __init__(self, version: str, status: str) -> None:
        super().__init__(
            f"The model {version} is {status}; only one that is offered can be decided."
        )


class ReasonMissing(NotAllowed):
    """A decision about a model is kept with its reason."""

    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__("Give the reason: whoever asks later why scores changed will read it.")
