"""Nobody's time to answer runs out because of a quiet period."""

from datetime import datetime

from services.matcher.domain.matches import Match
from services.matcher.domain.quiet import LONDON, lengthened, nations_of
from services.matcher.store.quiet import count_until, counted_until, periods_since
from shared.storage import Work


def later_for_quiet(work: Work, match: Match) -> datetime | None:
    """When a match that would lapse now lapses instead; None when no quiet time was missed."""
    since = counted_until(work.connection, match.match_id) or match.asked_at
    if match.lapses_at is None or since is None:
        return None
    nations = nations_of(match.need.get("places") or ())
    first_day = since.astimezone(LONDON).date()
    periods = [
        period for period in periods_since(work.connection, first_day) if period.holds_for(nations)
    ]
    later, until = lengthened(since, match.lapses_at, periods)
    if later == match.lapses_at:
        return None
    count_until(work.connection, match.match_id, until)
    return later
