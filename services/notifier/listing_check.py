"""Still true? One email to a member with all its listings, when some were not confirmed for long.

The registry says which those are. Each listing is asked about once after each confirmation, and
reminded of once; then the registry's and the matcher's rules of freshness do the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, select

from services.notifier.domain.messages import WAITING, Kind, Message, State
from services.notifier.store.ledger import Plan, plan_message
from services.notifier.store.of_member import written_to_member
from services.notifier.store.tables import listing_checks
from shared.storage import Work, upsert

_MOST_SHOWN = 20
Listing = Mapping[str, Any]


class Unconfirmed(Protocol):
    """Where unconfirmed listings are known."""

    def unconfirmed(self, member_id: str | None = None) -> list[Listing]: ...


def by_member(listings: Sequence[Listing]) -> dict[str, list[Listing]]:
    found: dict[str, list[Listing]] = {}
    for listing in listings:
        found.setdefault(str(listing["member"]), []).append(listing)
    return found


def check_member(
    work: Work, member_id: str, listings: Sequence[Listing], *, apart_days: int, remind_days: int
) -> bool:
    """Plan the question or its one reminder, if it is time; `listings` are the unconfirmed ones."""
    before = written_to_member(work.connection, member_id, Kind.LISTING_CHECK)
    if any(message.state in WAITING for message in before):
        return False
    last = max(before, key=lambda message: (message.attempt, message.step), default=None)
    fresh = _not_asked_about(work.connection, listings)
    if fresh and (last is None or last.planned_at <= work.now - timedelta(days=apart_days)):
        _plan(work, member_id, attempt=last.attempt + 1 if last else 1, step=1)
        _note_asked(work, member_id, listings)
        return True
    if last is not None and _is_to_be_reminded(last, work.now, remind_days):
        _plan(work, member_id, attempt=last.attempt, step=2)
        return True
    return False


def listings_told(listings: Sequence[Listing], unconfirmed: Sequence[Listing]) -> dict[str, Any]:
    """The values of the template: those to be confirmed first, then the others that are published."""
    asked = {str(listing["id"]) for listing in unconfirmed}
    others = [
        one for one in listings if one.get("status") == "published" and str(one["id"]) not in asked
    ]
    shown = [*unconfirmed, *others]
    told = [
        (str(listing["kind"]), _told(listing, asked=str(listing["id"]) in asked))
        for listing in shown[:_MOST_SHOWN]
    ]
    return {
        "offers": [one for kind, one in told if kind == "capabilities"],
        "needs": [one for kind, one in told if kind == "needs"],
        "more": max(0, len(shown) - _MOST_SHOWN),
    }


def _told(listing: Listing, *, asked: bool) -> dict[str, str]:
    said = _confirmed(listing)
    when = f"Last confirmed {said.day} {said:%B %Y}." if said else "Never confirmed."
    return {
        "title": str(listing.get("title") or "Without a title"),
        "said": f"{when} Please confirm." if asked else when,
    }


def _confirmed(listing: Listing) -> datetime | None:
    value = listing.get("confirmed_at")
    return datetime.fromisoformat(str(value)) if value else None


def _is_to_be_reminded(last: Message, now: datetime, remind_days: int) -> bool:
    arrived = last.finished_at if last.state is State.ACCEPTED else None
    return last.step == 1 and arrived is not None and arrived <= now - timedelta(days=remind_days)


def _not_asked_about(connection: Connection, listings: Sequence[Listing]) -> list[Listing]:
    """Those not asked about since they were last confirmed."""
    ids = [str(listing["id"]) for listing in listings]
    query = select(listing_checks).where(listing_checks.c.listing_id.in_(ids))
    asked = {row.listing_id: row.confirmed_at for row in connection.execute(query)}
    return [
        listing
        for listing in listings
        if asked.get(str(listing["id"])) != _confirmed(listing) or str(listing["id"]) not in asked
    ]


def _note_asked(work: Work, member_id: str, listings: Sequence[Listing]) -> None:
    for listing in listings:
        row = {
            "listing_id": str(listing["id"]),
            "member_id": member_id,
            "confirmed_at": _confirmed(listing),
            "asked_at": work.now,
        }
        upsert(work.connection, listing_checks, row, key=("listing_id",))


def _plan(work: Work, member_id: str, *, attempt: int, step: int) -> None:
    plan = Plan(
        kind=Kind.LISTING_CHECK, member_id=member_id, attempt=attempt, step=step, due_at=work.now
    )
    plan_message(work.connection, plan, work.now)
