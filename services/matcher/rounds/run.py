"""Assignment rounds are asked for, put to use, and run by one worker at a time under a lease."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from services.matcher.domain.assignment import (
    FAILED,
    LIVE,
    RUNNING,
    WAITING,
    AssignmentRound,
    RoundKind,
    RoundParameters,
    RoundRefused,
)
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.review import Deps
from services.matcher.rounds.assigning import RoundRun, settings_parameters
from services.matcher.scoring.choosing.linear import NoAnswer
from services.matcher.scoring.learning.scorer import FEATURES
from services.matcher.settings import MatcherSettings
from services.matcher.store.assignments import (
    add_round,
    first_proposed_at,
    last_live_asked_at,
    load_round,
    next_waiting,
    parameters_in_use,
    update_round,
)
from shared.clock import Clock
from shared.ids import new_id
from shared.messaging.failures import is_transient
from shared.observability.logging import get_logger
from shared.storage import Busy, Conflict, Database, Lease, StorageUnavailable, Work, unit_of_work
from shared.storage.errors import StorageError

REPORT_STEP = 0.02
_log = get_logger()


def ask_for_round(
    work: Work,
    settings: MatcherSettings,
    kind: RoundKind,
    *,
    parameters: RoundParameters | None = None,
    reason: str = "",
) -> AssignmentRound:
    """Put a round on the list of those to be run; without parameters, by the ones in use.

    Raises
    ------
    RoundRefused
        A parameter is out of range, a feature is not known, or another one waits already.

    """
    waits = next_waiting(work.connection)
    if waits is not None:
        raise RoundRefused(f"round {waits.round_id} is {waits.status}; wait until it is done.")
    in_use = parameters_in_use(work.connection, settings_parameters(settings))
    asked = parameters or in_use
    unknown = sorted(set(asked.weights) - set(FEATURES))
    if unknown:
        raise RoundRefused(f"'{unknown[0]}' is not a feature. Use: {', '.join(FEATURES)}.")
    if kind == LIVE and asked.weights:
        raise RoundRefused(
            "a live round scores by the model in use; other weights are for what-if."
        )
    made = AssignmentRound(new_id(), kind, WAITING, asked, reason.strip(), work.actor, work.now)
    add_round(work.connection, made)
    work.audit("round.ask", made.round_id, {"kind": kind, "parameters": asked.stored()})
    return made


def promote_round(
    work: Work, settings: MatcherSettings, round_id: str, *, reason: str
) -> AssignmentRound:
    """Make a what-if run's caps and floor the ones in use, and ask for a live round by them.

    Raises
    ------
    RoundRefused
        It is not a finished what-if run, scored with other weights, or no reason is given.

    """
    found = load_round(work.connection, round_id)
    found.check_promotable()
    if not reason.strip():
        raise RoundRefused("say why: the reason is kept beside the round.")
    update_round(
        work.connection,
        round_id,
        promoted_at=work.now,
        promoted_by=work.actor,
        promoted_reason=reason.strip(),
    )
    work.audit("round.promote", round_id, {"parameters": found.parameters.stored()})
    return ask_for_round(work, settings, LIVE, parameters=found.parameters, reason=reason)


class Rounds:
    """`run(now)` is the function of a `Periodic` task: True while there may be more to do."""

    def __init__(self, database: Database, deps: Deps, clock: Clock) -> None:
        self._database = database
        self._deps = deps
        self._clock = clock
        self._lease = Lease(database, "rounds")
        self._models = ModelsInUse(database, deps.model)

    def run(self, now: datetime) -> bool:
        """Run the round that waits, or the one that is due by the clock."""
        try:
            if not self._lease.acquire():
                return False
            found = self._next(now)
            return found is not None and self._run(found)
        except (Busy, Conflict, StorageUnavailable, RoundRefused) as error:
            # Refused where somebody asked for a round at the same moment: theirs is run next.
            _log.warning("rounds_wait", kind=type(error).__name__)
            return False

    @property
    def has_lease(self) -> bool:
        """Whether it is this process that runs rounds."""
        return self._lease.acquire()

    def close(self) -> None:
        self._lease.release()

    def _next(self, now: datetime) -> AssignmentRound | None:
        with self._database.read() as connection:
            waiting = next_waiting(connection)
            since = last_live_asked_at(connection) or first_proposed_at(connection)
        days = self._deps.settings.round_days
        if waiting is not None or not days or since is None or now < since + timedelta(days=days):
            return waiting
        with unit_of_work(self._database, source="/matcher", clock=self._clock) as work:
            return ask_for_round(work, self._deps.settings, LIVE)

    def _run(self, found: AssignmentRound) -> bool:
        deps = self._deps
        with self._database.write() as connection:
            update_round(connection, found.round_id, status=RUNNING, started_at=self._clock.now())
        run = RoundRun(self._database, self._models.now(), deps.settings, self._clock)
        try:
            run.carry_out(replace(found, status=RUNNING), self._reporting(found.round_id))
        except NoAnswer as error:
            self._fail(found, str(error))
        except Exception as error:
            if isinstance(error, StorageError) or is_transient(error):
                raise
            # Left as it is, it would be run again for ever, and no other round ever.
            _log.exception("round_broke", round_id=found.round_id)
            self._fail(
                found, f"an error in Convene ended it ({type(error).__name__}); see the log."
            )
        else:
            _log.info("round_done", round_id=found.round_id, kind=found.kind)
        return True

    def _fail(self, found: AssignmentRound, why: str) -> None:
        _log.error("round_failed", round_id=found.round_id, why=why)
        moment = self._clock.now()
        with self._database.write() as connection:
            update_round(connection, found.round_id, status=FAILED, phase=why, finished_at=moment)

    def _reporting(self, round_id: str) -> Callable[[str, float], None]:
        """Writes progress in transactions of its own, and not at every step."""
        told = -1.0

        def report(phase: str, progress: float) -> None:
            nonlocal told
            if progress - told >= REPORT_STEP:
                told = progress
                with self._database.write() as connection:
                    update_round(connection, round_id, phase=phase, progress=progress)

        return report
