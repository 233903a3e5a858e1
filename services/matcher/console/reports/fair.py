"""Who gets what: shares of introductions beside shares of need, and how exposed members are.

Of districts, and what fairness costs, the ledger under Places tells.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from services.matcher.console import words
from services.matcher.console.reports import counted
from services.matcher.console.reports.activity import names_of_members
from services.matcher.console.reports.tables import MOST_ROWS, Build, Cell, Scope, Table
from services.matcher.domain.assignment import REGION
from services.matcher.proposing.tags import PLACE, WITHIN
from services.matcher.rounds.fairness import needs_of
from services.matcher.rounds.places_of_needs import regions
from services.matcher.scoring.choosing.assign import gini
from services.matcher.store import tables as t


def by_region(connection: Connection, scope: Scope) -> Table:
    """Furthest behind first."""
    everywhere = needs_of(connection, REGION)
    needs = Counter({code: everywhere[code] for code in regions() if everywhere[code]})
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


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
