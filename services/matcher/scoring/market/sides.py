"""The two tables as compiled code reads them, and the rules asked of a single pair (stage 2).

Compiled loops take the arrays they need out of these tuples once, before the loop: handing a whole
tuple over for every pair would cost more than what is asked of the pair.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.tables import (
    EXEMPT,
    MASKS,
    MEMBER,
    SECTOR,
    STRICT,
    Table,
)

Flags = NDArray[np.bool_]
Wholes = NDArray[np.int64]


class Side(NamedTuple):
    """A table's arrays. `anywhere`: the place rule does not ask this listing; `rules` as in
    `Table.rules`; `ends`, `columns` and `values` are the sparse rows of words.
    """

    dense: NDArray[np.float32]
    present: Flags
    sound: Flags
    area: NDArray[np.int32]
    anywhere: Flags
    rules: Wholes
    readings: NDArray[np.float32]
    ends: Wholes
    columns: NDArray[np.int32]
    values: NDArray[np.float32]


def side_of(table: Table) -> Side:
    return Side(
        table.dense, table.present, table.sound, table.area, table.anywhere, table.rules,
        table.readings, *table.stem_rows(),
    )  # fmt: skip


class Apart(NamedTuple):
    """Who may not be met, for each of a few listings: `ends[i]` to `ends[i + 1]` are its entries
    in `members` (conflicts, as member numbers) and in `rows` (cooling off, of the other table).
    """

    member_ends: Wholes
    members: Wholes
    row_ends: Wholes
    rows: Wholes


@compiled
def kept_apart(apart: Apart, place: int, member: int, row: int) -> bool:
    for at in range(apart.member_ends[place], apart.member_ends[place + 1]):
        if apart.members[at] == member:
            return True
    for at in range(apart.row_ends[place], apart.row_ends[place + 1]):
        if apart.rows[at] == row:
            return True
    return False


@compiled
def refused(needs: Wholes, need: int, offers: Wholes, offer: int) -> bool:
    """Same member, same sector or a strict field, by `rules`; place and time are asked elsewhere."""
    if needs[need, MEMBER] == offers[offer, MEMBER]:
        return True
    if needs[need, SECTOR] == offers[offer, SECTOR] and needs[need, EXEMPT] == 0:
        return True
    for field in range(STRICT - MASKS):
        asked = needs[need, STRICT + field] | offers[offer, STRICT + field]
        if asked != 0 and needs[need, MASKS + field] & offers[offer, MASKS + field] == 0:
            return True
    return False
