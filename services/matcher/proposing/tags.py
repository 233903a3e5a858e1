"""What a match can be found by: goals, places, sectors, whom its need is for, its locality."""

from collections.abc import Iterable

from sqlalchemy import Connection

from services.matcher.domain.matches import Match
from services.matcher.proposing.as_scored import State
from services.matcher.store.lists import put_tags
from shared.reference.place import PlaceError
from shared.reference.places import Places

GOAL, PLACE, WITHIN, SECTOR, LOCALITY = "goal", "place", "within", "sector", "locality"
FIRST_GOAL = "first_goal"
"""Under which a match counts, once, in reports."""
STAGE = "stage"


def tag_match(
    connection: Connection, match: Match, sectors: Iterable[str], need: State | None
) -> None:
    """Written once, when the match is made: it is found by what it was made for."""
    tags = {(GOAL, str(goal)) for goal in match.need.get("goals", ())}
    tags |= {(FIRST_GOAL, str(goal)) for goal in list(match.need.get("goals", ()))[:1]}
    places = [str(code) for code in match.need.get("places", ())]
    tags |= {(PLACE, code) for code in places}
    tags |= {(WITHIN, parent) for code in places for parent in parents_of(code)}
    tags |= {(SECTOR, sector) for sector in sectors}
    tags |= {(STAGE, one) for one in (need["beneficiaries"] if need else ())}
    locality = need["locality"]["text"] if need else ""
    if locality:
        tags.add((LOCALITY, locality[:200]))
    put_tags(connection, match.match_id, tags)


def parents_of(code: str) -> Iterable[str]:
    try:
        return Places.load().get(code).parents
    except PlaceError:
        return ()
