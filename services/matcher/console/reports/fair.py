"""Who gets what: shares of introductions beside shares of need, and how exposed members are.

The ledger under Places tells the same of every district, with what fairness costs.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, case, func, select

from services.matcher.console import words
from services.matcher.console.reports import counted
from services.matcher.console.reports.activity import names_of_members
from services.matcher.console.reports.tables import MOST_ROWS, Build, Cell, Scope, Table
from services.matcher.domain.assignment import REGION
from services.matcher.proposing.tags import PLACE, WITHIN
from services.matcher.rounds.places_of_needs import places_at, regions
from services.matcher.scoring.choosing.assign import gini
from services.matcher.store import tables as t


def by_region(connection: Connection, scope: Scope) -> Table:
    """Furthest behind first."""
    needs = _needs_by_region(connection)
    steps = counted.tagged(
        connection, scope, (PLACE, WITHIN), sorted(regions()), ("proposed", "introduced")
    )
    all_needs = needs.total()
    all_introduced = sum(one["introduced"] for one in steps.values())

    def row(code: str) -> Sequence[Cell]:
        told = steps.get(code, Counter())
        return (
            words.place(code),
            needs[code],
            _share(needs[code], all_needs),
            told["proposed"],
            told["introduced"],
            _share(told["introduced"], all_introduced),
        )

    def behind(code: str) -> tuple[float, str]:
        introduced = steps.get(code, Counter())["introduced"]
        return _share(introduced, all_introduced) - _share(needs[code], all_needs), code

    return Table(
        name="regions",
        title="Share of need and of introductions",
        about=(
            "Needs that are open now, beside what was proposed and introduced in the period. "
            "Furthest behind its share of need first."
        ),
        header=("Region", "Needs open now", "Share of need", "Proposed", "Introduced",
                "Share of introductions"),
        rows=[row(code) for code in sorted({*needs, *steps}, key=behind)],
        drawn=(2, 5),
        shape="across",
        shares=frozenset({2, 5}),
    )  # fmt: skip


def exposure(connection: Connection, scope: Scope) -> Table:
    """How often each member was proposed, asked and introduced as the one that brings something."""
    party = t.parties.alias()
    found = counted.stepped(
        connection, scope, (party, party.c.member_id), [party.c.role == "brings"],
        ("proposed", "asked", "introduced"),
    )  # fmt: skip
    proposed = [one["proposed"] for one in found.values() if one["proposed"]]
    most = sorted(found, key=lambda one: (-found[one]["proposed"], one))[:MOST_ROWS]
    names = names_of_members(connection, most)
    return Table(
        name="exposure",
        title="Who is asked most",
        about=(
            "Matches in which a member would bring something. Unevenness of proposals among those "
            f"members: {gini(proposed):.2f}, where 0 is even and 1 is all for one."
        ),
        header=("Member", "Proposed", "Share of proposals", "Asked", "Introduced"),
        rows=[
            (
                names.get(one, one),
                found[one]["proposed"],
                _share(found[one]["proposed"], sum(proposed)),
                found[one]["asked"],
                found[one]["introduced"],
            )
            for one in most
        ],
        drawn=(1, 4),
        shape="across",
        shares=frozenset({2}),
    )


FAIRNESS: Mapping[str, Build] = {"regions": by_region, "exposure": exposure}


def _needs_by_region(connection: Connection) -> Counter[str]:
    """Published needs; one that names no place counts where its member is."""
    own = t.needs.c.state["places"].as_string()
    home = t.members.c.state["places"].as_string()
    places = case((own.in_(("[]", "")), home), else_=own).label("places")
    query = (
        select(places, func.count())
        .join_from(t.needs, t.members, t.members.c.member_id == t.needs.c.member_id, isouter=True)
        .where(t.needs.c.status == "published")
        .group_by(places)
    )
    found: Counter[str] = Counter()
    for codes, number in connection.execute(query):
        for region in places_at(json.loads(codes or "[]"), REGION) & regions():
            found[region] += number
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
