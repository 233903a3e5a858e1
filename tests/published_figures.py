"""Files laid out like official publications, with made-up numbers, for every district there is.

Rankings are by code unless a test says otherwise: a later code is worse off.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

from shared.reference.places import Places

TENDRING, UTTLESFORD, COLCHESTER = "E07000076", "E07000077", "E07000071"
CUMBERLAND, BARNSLEY = "E06000063", "E08000016"
PLACES = Places.load()
ENGLISH = sorted(code for code in PLACES.district_index if code.startswith("E"))
SUMMARY_HEADER = (
    "Local Authority District code (2024)", "Local Authority District name (2024)",
    "IMD - Average rank ", "IMD - Average score ",
    "IMD - Proportion of LSOAs in most deprived 10% nationally ",
)  # fmt: skip
LSOA_HEADER = (
    "LSOA code (2011)", "LSOA name (2011)", "Local Authority District code (2019)",
    "Local Authority District name (2019)",
    "Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)",
    "Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs)",
)  # fmt: skip
LSOAS = 32_844
Table = list[list[object]]


def summary(
    worst: Sequence[str] = (), codes: Iterable[str] = ENGLISH, header: Sequence[str] = ()
) -> Table:
    """Local authority summaries of 2025; `worst` first, the rest alike."""
    rows: Table = [list(header or SUMMARY_HEADER)]
    for code in codes:
        place = worst.index(code) if code in worst else None
        score = 20.0 if place is None else 60.0 - place
        rows.append([code, f"Name of {code}", 1, score, 0.0 if place is None else 0.5])
    return rows


def neighbourhoods(pockets: Mapping[str, int]) -> Table:
    """Neighbourhoods of 2019: `pockets` have so many of the very worst, everything else is
    shared out evenly, codes of 2019.
    """
    codes = codes_of_2019()
    worst = [code for code, many in pockets.items() for _ in range(many)]
    owners = worst + [codes[number % len(codes)] for number in range(LSOAS - len(worst))]
    rows: Table = [list(LSOA_HEADER)]
    for rank, code in enumerate(owners, start=1):
        decile = 1 + (rank - 1) * 10 // LSOAS
        rows.append([f"E01{rank:06}", "A name", code, "A name", f"{rank:,}", decile])
    return rows


def codes_of_2019() -> list[str]:
    """Cumberland was three districts then, and every other is here as it is now."""
    return [code for code in ENGLISH if code != CUMBERLAND] + ["E07000026", "E07000028",
                                                               "E07000029"]  # fmt: skip


def composite(code: str, values: Mapping[str, float], period: str = "2018 to 2024") -> Table:
    """One composite of the Social Mobility Commission, in its long shape."""
    columns = ("measure_code", "area_code", "area_type", "area_name", "time_period", "value")
    rows: Table = [list(columns)]
    for name, value in values.items():
        rows.append([code, "NA", "Local Authority", name, period, f"{value:.3f}"])
    return rows


def areas() -> list[str]:
    """Names that cover every district of the United Kingdom once, as the Commission writes some."""
    counties = [one for one in PLACES.all() if one.kind == "county"]
    inside = {code for one in counties for code in PLACES.districts_of(one.code)}
    inside |= {code for code in PLACES.district_index if code.startswith("N")}
    alone = [PLACES.get(code).name for code in PLACES.district_index if code not in inside]
    joined = {"Cornwall", "Isles of Scilly", "Camden", "City of London"}
    return [
        "Northern Ireland",
        "Cornwall and Isles of Scilly",
        "Camden and City of London",
        *(f"{one.name} CC" if one.name == "Suffolk" else one.name for one in counties),
        *(name for name in alone if name not in joined),
    ]


def as_csv(table: Table) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


def as_workbook(table: Table, *, notes: bool = True) -> bytes:
    """As the department publishes: a sheet of notes first."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "Notes"
    first.append(["Local authority summaries are described in chapter 3."])
    sheet = book.create_sheet("IMD")
    if notes:
        sheet.append(["English indices of deprivation"])
    for row in table:
        sheet.append(row)
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()
