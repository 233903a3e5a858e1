"""Partnerships made elsewhere: they enter as introduced or active, take a partner place and units
like any other, keep their pair apart, and are reported apart from Convene's own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from services.matcher.domain import capacity
from services.matcher.domain.capacity import Reservation
from services.matcher.domain.matches import Ending, Match, Party
from services.matcher.domain.rounds import Versions, match_id_for
from services.matcher.domain.states import RUNNING, By, LastMove, State
from services.matcher.moves import close_match, make_move, note, open_match, touch_capabilities
from services.matcher.proposing.as_scored import State as Listing
from services.matcher.proposing.as_scored import capability_of
from services.matcher.proposing.drafts import capability_text, need_text
from services.matcher.proposing.tags import tag_match
from services.matcher.store import known
from services.matcher.store.matches import find_match, matches_where, open_matches_of_need
from services.matcher.store.reservations import put_reservations
from services.matcher.store.tables import matches
from shared.contracts.envelope import Event
from shared.contracts.listings import FRAMEWORK
from shared.storage import Work


def partnership_recorded(work: Work, event: Event) -> None:
    """Record it once; told again as active, an introduced one becomes active."""
    data = event.data or {}
    partnership_id = data["partnership_id"]
    standing = matches_where(work.connection, matches.c.partnership_id == partnership_id)
    if standing:
        _told_again(work, standing[0], data)
        return
    need = known.need_state(work.connection, data["need_id"]) if data["need_id"] else None
    match = _match(work, data, need)
    if find_match(work.connection, match.match_id) is not None or _runs_already(work, match):
        return
    open_match(work, match, "recorded", By.RULE)
    members = [known.member_state(work.connection, one) for one in data["member_ids"]]
    tag_match(work.connection, match, [one["sector"] for one in members if one], need)
    _spend(work, match)
    if match.need_id:
        known.mark_to_examine(work.connection, [match.need_id])
    touch_capabilities(work, match.capability_ids)


def _runs_already(work: Work, match: Match) -> bool:
    """What Convene has open for the same pair gives way; a partnership of its own that is running
    is the same one, told twice.
    """
    running = False
    suppliers = set(match.bringing_member_ids)
    for other in open_matches_of_need(work.connection, match.need_id) if match.need_id else []:
        if not suppliers & set(other.bringing_member_ids):
            continue
        if other.state in RUNNING:
            note(work, other.match_id, "recorded_elsewhere", By.RULE)
            running = running or other.capability_set == match.capability_set
            continue
        ending = Ending("already_partners", By.RULE.value)
        move = "supersede" if other.state is State.PROPOSED else "withdraw"
        close_match(work, other, move, By.RULE, ending, superseded_by=match.match_id)
    return running


def _told_again(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    if data["state"] == "active" and match.state is State.INTRODUCED:
        make_move(work, match, "start", By.COORDINATOR)
    else:
        note(work, match.match_id, "recorded_again", By.RULE, details={"state": data["state"]})


def _match(work: Work, data: Mapping[str, Any], need: Listing | None) -> Match:
    needing_id = need["member_id"] if need else data["member_ids"][0]
    suppliers = [one for one in data["member_ids"] if one != needing_id]
    supplied = {one: _likeliest(work, one, need) for one in suppliers}
    found = [listing for listing in supplied.values() if listing is not None]
    capability_ids = tuple(sorted(one["capability_id"] for one in found))
    match_id = match_id_for("elsewhere", [data["partnership_id"]], 1)
    since = datetime.combine(datetime.fromisoformat(data["since"]), time(), UTC)
    return Match(
        match_id=match_id,
        need_id=data["need_id"] or "",
        capability_ids=capability_ids,
        round=1,
        state=State(data["state"]),
        origin="elsewhere",
        opened_by="elsewhere",
        partnership_id=data["partnership_id"],
        proposed_at=since,
        introduced_at=since,
        parties=_parties(work, data, needing_id, supplied),
        versions=Versions(
            need["material_version"] if need else 0,
            {one["capability_id"]: one["material_version"] for one in found},
        ),
        need=_text(work, data, need, needing_id),
        capabilities=tuple(capability_text(one) for one in found),
        framework=need["framework"] if need else FRAMEWORK,
        correlation_id=match_id,
        last=LastMove("record", By.RULE.value, None, work.now),
    )


def _likeliest(work: Work, member_id: str, need: Listing | None) -> Listing | None:
    """The capability it is most likely about, so that it counts in its capacity: the only one,
    else the one that shares most goals with the need; none where nothing is shared.
    """
    listings = known.capabilities_of(work.connection, member_id)
    if len(listings) == 1:
        return listings[0]
    goals = set(need["goals"]) if need else set()
    shared = [(len(goals & set(one["goals"])), one) for one in listings]
    best = max((count for count, _ in shared), default=0)
    return next((one for count, one in shared if count == best), None) if best else None


def _parties(
    work: Work, data: Mapping[str, Any], needing_id: str, supplied: Mapping[str, Listing | None]
) -> tuple[Party, ...]:
    needing = Party(
        member_id=needing_id,
        name=_name(work, needing_id),
        role="needs",
        listing_kind="need",
        listing_id=data["need_id"] or "",
    )
    others = (
        Party(
            member_id=member_id,
            name=_name(work, member_id),
            role="brings",
            listing_kind="capability",
            listing_id=listing["capability_id"] if listing else "",
        )
        for member_id, listing in supplied.items()
    )
    return (needing, *others)


def _text(
    work: Work, data: Mapping[str, Any], need: Listing | None, needing_id: str
) -> dict[str, Any]:
    if need is not None:
        member = known.member_state(work.connection, needing_id)
        return need_text(need, member or {"places": []})
    title = str(data["text"] or data["need_id"]).strip().splitlines()[0][:200]
    return {"title": title or "partnership", "goals": list(data["goals"])}


def _name(work: Work, member_id: str) -> str:
    state = known.member_state(work.connection, member_id)
    return str(state["name"]) if state else member_id


def _spend(work: Work, match: Match) -> None:
    """Counted even beyond what is left: it exists, whatever the figures say."""
    spent = []
    if match.need_id:
        spent.append((capacity.PLACES, match.need_id, False))
    for capability_id in match.capability_ids:
        state = known.capability_state(work.connection, capability_id)
        yearly = state is not None and capacity.is_yearly(capability_of(state).capacity)
        spent.append((capacity.CAPACITY, capability_id, yearly))
    put_reservations(
        work.connection,
        [
            Reservation(
                match.match_id, kind, key, 1, capacity.SPENT, match.introduced_at or work.now, year
            )
            for kind, key, year in spent
        ],
    )
