"""What the worker plans by the calendar, whatever happens: summaries, and whether listings are true."""

from collections.abc import Callable
from datetime import datetime

from services.notifier.digest import plan_digests
from services.notifier.directory import DirectoryRefused
from services.notifier.introduce import SOURCE
from services.notifier.listing_check import Unconfirmed, by_member, check_member
from services.notifier.settings import NotifierSettings
from shared.clock import Clock
from shared.messaging.tasks import Periodic
from shared.observability.logging import get_logger
from shared.storage import Busy, Database, Lease, StorageUnavailable, unit_of_work
from shared.web.failures import ServiceUnavailable

HOUR_SECONDS = 3_600.0
_log = get_logger()


def digests(database: Database, clock: Clock) -> Periodic:
    """Once an hour, in one worker at a time; a week begins on Monday, in London."""

    def plan() -> bool:
        with unit_of_work(database, source=SOURCE, clock=clock) as work:
            return plan_digests(work) > 0

    return _in_one_worker("digests", HOUR_SECONDS, database, plan, clock)


def listing_checks(
    database: Database, directory: Unconfirmed, settings: NotifierSettings, clock: Clock
) -> Periodic:
    """Once an hour, in one worker at a time; without the registry it waits for the next time."""

    def plan() -> bool:
        for member_id, listings in by_member(directory.unconfirmed()).items():
            with unit_of_work(database, source=SOURCE, clock=clock) as work:
                check_member(
                    work,
                    member_id,
                    listings,
                    apart_days=settings.listing_check_days,
                    remind_days=settings.listing_reminder_days,
                )
        return False

    return _in_one_worker("listing checks", HOUR_SECONDS, database, plan, clock)


def _in_one_worker(
    name: str, every_seconds: float, database: Database, plan: Callable[[], bool], clock: Clock
) -> Periodic:
    lease = Lease(database, name)

    def run(_now: datetime) -> bool:
        try:
            return plan() if lease.acquire() else False
        except (Busy, StorageUnavailable, ServiceUnavailable, DirectoryRefused) as error:
            _log.warning("round_waits", round=name, kind=type(error).__name__)
            return False

    return Periodic(name, every_seconds, run, clock, close=lease.release)
