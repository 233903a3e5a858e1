"""The two tables as compiled code reads them, and the rules asked of a single pair (stage 2)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.compiled import compiled
from services.matcher.scoring.tables import Table

Flags = NDArray[np.bool_]
Wholes = NDArray[np.int64]
Masks = NDArray[np.uint64]


class Side(NamedTuple):
    """A table's arrays. `anywhere`: the place rule does not ask this listing; `exempt` is read of
    needs alone; `ends`, `columns` and `values` are the sparse rows of words.
    """

    dense: NDArray[np.float32]
    present: Flags
    sound: Flags
    area: NDArray[np.int32]
    anywhere: Flags
    exempt: Flags
    member: Wholes
    sector: Wholes
    goals: Masks
    beneficiaries: Masks
    help: Masks
    strict_goals: Flags
    strict_beneficiaries: Flags
    strict_help: Flags
    ends: Wholes
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    readings: NDArray[np.float32]


def side_of(table: Table, *, needs: bool) -> Side:
    facts = table.facts
    anywhere = ~facts.place_stated if needs else facts.exempt | ~facts.place_stated
    return Side(
        table.dense, table.present, table.sound, table.area, anywhere, facts.exempt, facts.member,
        facts.sector, facts.goals, facts.beneficiaries, facts.help, facts.strict_goals,
        facts.strict_beneficiaries, facts.strict_help, *table.stem_rows(), table.readings,
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
def refused(needs: Side, need: int, offers: Side, offer: int) -> bool:
    """Same member, same sector or a strict field; place and time are asked elsewhere."""
    if needs.member[need] == offers.member[offer]:
        return True
    if needs.sector[need] == offers.sector[offer] and not needs.exempt[need]:
        return True
    strict = needs.strict_goals[need] or offers.strict_goals[offer]
    if strict and needs.goals[need] & offers.goals[offer] == 0:
        return True
    strict = needs.strict_beneficiaries[need] or offers.strict_beneficiaries[offer]
    if strict and needs.beneficiaries[need] & offers.beneficiaries[offer] == 0:
        return True
    strict = needs.strict_help[need] or offers.strict_help[offer]
    return bool(strict and needs.help[need] & offers.help[offer] == 0)
