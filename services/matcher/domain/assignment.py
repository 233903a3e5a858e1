"""Assignment rounds: what may be asked of one, what came of it, and what holds afterwards."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.matcher.domain.errors import NotAllowed

RoundKind = Literal["live", "what_if"]
RoundStatus = Literal["waiting", "running", "done", "failed"]
LIVE: RoundKind = "live"
WHAT_IF: RoundKind = "what_if"
WAITING: RoundStatus = "waiting"
RUNNING: RoundStatus = "running"
DONE: RoundStatus = "done"
FAILED: RoundStatus = "failed"
DISTRICT, REGION = "district", "region"
LEVELS = (DISTRICT, REGION)
MOST_WEIGHT = 100
"""Log-odds beyond it say nothing more, and far beyond are no numbers any longer."""
LIMITS: Mapping[str, tuple[float, float]] = {
    "per_need": (1, 50),
    "per_member": (1, 10_000),
    "per_place": (1, 50),
    "give_up": (0, 0.5),
    "floor": (0, 1),
}
"""Least and most of each number of `RoundParameters`."""
CHOSEN_FIRST = 1.0
"""Added to the rank of what a round chose: scores are at most 1, so nothing outranks it."""


class RoundRefused(NotAllowed):
    """The round cannot be run or promoted like this."""

    code = "round_refused"


@dataclass(frozen=True, slots=True)
class RoundParameters:
    """What a round keeps to.

    Parameters
    ----------
    per_need, per_member : most open proposals of a need and of a supplier.
    per_place : most open proposals for each place that a capability has left; not every one is agreed.
    give_up : share of the expected matches that may be given up to spread proposals evenly.
    floor : share of a place's needs (of those with any candidate) that get a proposal at least.
    level : what counts as a place, `district` or `region`.
    weights : log-odds by feature that replace the model's own; for what-if runs only.

    """

    per_need: int
    per_member: int
    per_place: int = 1
    give_up: float = 0.0
    floor: float = 0.0
    level: str = DISTRICT
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise RoundRefused(
                    f"{name} is {value}, outside {least} to {most}. Choose a number in between."
                )
        if self.level not in LEVELS:
            raise RoundRefused(f"level is '{self.level}'. Use one of: {', '.join(LEVELS)}.")
        for name, weight in self.weights.items():
            if not -MOST_WEIGHT <= weight <= MOST_WEIGHT:
                raise RoundRefused(
                    f"the weight of {name} is {weight}, outside -{MOST_WEIGHT} to {MOST_WEIGHT}. "
                    "Choose a number in between."
                )

    def stored(self) -> dict[str, Any]:
        return asdict(self) | {"weights": dict(self.weights)}


@dataclass(frozen=True, slots=True)
class InForce:
    """What proposing keeps to between rounds; `round_id` None: no round has been run."""

    round_id: str | None
    per_need: int
    per_member: int
    per_place: int = 1


@dataclass(frozen=True, slots=True)
class AssignmentRound:
    """One run, live or what-if, from when it was asked for to what came of it."""

    round_id: str
    kind: RoundKind
    status: RoundStatus
    parameters: RoundParameters
    reason: str
    by: str | None
    asked_at: datetime
    in_force: bool = False
    model_version: str = ""
    phase: str = ""
    progress: float = 0.0
    figures: Mapping[str, Any] = field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    promoted_at: datetime | None = None
    promoted_by: str | None = None
    promoted_reason: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status in (DONE, FAILED)

    def check_promotable(self) -> None:
        """Raises `RoundRefused`, which says why not."""
        if self.kind != WHAT_IF or self.status != DONE:
            raise RoundRefused("only a finished what-if run can be put to use.")
        if self.promoted_at is not None:
            raise RoundRefused("it was put to use before; run it again to compare afresh.")
        if self.parameters.weights:
            raise RoundRefused(
                "it scored with other weights. Weights come into use as a model that was measured "
                "and accepted; run it without them to put its caps and floor to use."
            )
