"""What an approval takes: a partner place, units of each capability, a supplier's exposure.

Counted and written under a lock, so that two coordinators cannot spend the same place twice.
"""

from services.matcher.domain import capacity
from services.matcher.domain.capacity import Reservation
from services.matcher.domain.errors import NothingLeft
from services.matcher.domain.matches import Match
from services.matcher.proposing.as_scored import State, capability_of
from services.matcher.proposing.standing import capacity_left_of, places_left_of, published_at
from services.matcher.recheck import Sides, amounts_taken
from services.matcher.store.reservations import counting, lock_listings, put_reservations
from shared.storage import Work


def lock_what_it_takes(work: Work, match: Match) -> None:
    """Call before the rules are asked: until the commit nobody else counts the same things."""
    members = [party.member_id for party in match.parties]
    lock_listings(work.connection, match.need_id, match.capability_ids, members)


def reserve(work: Work, match: Match, sides: Sides, approaches_per_member: int) -> None:
    """Raises `NothingLeft`, which says what of."""
    amounts = amounts_taken(sides)
    reservations = [_place(work, match, sides)]
    reservations += [
        _units(work, match, one, amounts[one["capability_id"]]) for one in sides.capabilities
    ]
    for member_id in match.bringing_member_ids:
        busy = capacity.taken(counting(work.connection, capacity.EXPOSURE, member_id))
        left = approaches_per_member - busy
        reservations.append(_held(work, match, (capacity.EXPOSURE, member_id), 1, left))
    put_reservations(work.connection, reservations)


def _place(work: Work, match: Match, sides: Sides) -> Reservation:
    partners = sides.need["partners"]
    left = places_left_of(work.connection, match.need_id, partners, without=match.match_id)
    return _held(work, match, (capacity.PLACES, match.need_id), 1, left)


def _units(work: Work, match: Match, one: State, wanted: int) -> Reservation:
    """As many units as are wanted, or as are left: a part is better than nothing."""
    id_ = one["capability_id"]
    of_it = capability_of(one).capacity
    left = capacity_left_of(
        work.connection, id_, of_it, published_at(one), work.now, without=match.match_id
    )
    amount = min(wanted, max(left, 1))
    key = (capacity.CAPACITY, id_)
    return _held(work, match, key, amount, left, yearly=capacity.is_yearly(of_it))


def _held(
    work: Work,
    match: Match,
    key: tuple[str, str],
    amount: int,
    left: int,
    *,
    yearly: bool = False,
) -> Reservation:
    if left < amount:
        raise NothingLeft(*key, left)
    return Reservation(match.match_id, *key, amount, capacity.RESERVED, work.now, yearly)
