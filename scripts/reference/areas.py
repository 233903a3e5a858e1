"""The hierarchy: districts, and the counties, combined authorities, regions and countries they form.

Names and counties of 2021 come from the authorities package; `facts/` holds what it lacks: the
districts created since, Scotland, Northern Ireland, regions, countries and combined authorities.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.reference.facts import Row

EXPECTED_DISTRICTS = 361


@dataclass(frozen=True, slots=True)
class Area:
    """A place and the codes of the districts it covers (itself, for a district)."""

    code: str
    name: str
    kind: str
    districts: frozenset[str]


def read_authorities(folder: Path) -> list[Row]:
    text = (folder / "records.json").read_text(encoding="utf-8")
    rows: list[Row] = json.loads(text)
    return rows


def build(authorities: Iterable[Row], facts: dict[str, list[Row]]) -> list[Area]:
    """Every area, sorted by code."""
    gone = {row["code"] for row in facts["replaced"]}
    areas = {row["code"]: _district(row["code"], row["name"]) for row in facts["districts"]}
    county_members: dict[str, set[str]] = {}
    county_names: dict[str, str] = {}
    for row in authorities:
        code, upper = row["LTLA21CD"], row["UTLA21CD"]
        if code in gone:
            continue
        areas[code] = _district(code, row["LTLA21NM"])
        if upper.startswith("E10"):
            county_members.setdefault(upper, set()).add(code)
            county_names[upper] = row["UTLA21NM"]
    if len(areas) != EXPECTED_DISTRICTS:
        raise SystemExit(f"Expected {EXPECTED_DISTRICTS} districts and found {len(areas)}.")
    for code, members in county_members.items():
        areas[code] = Area(code, county_names[code], "county", frozenset(members))
    waiting = {row["code"]: row for row in facts["areas"]}
    for code in waiting:
        _resolve(code, waiting, areas)
    return [areas[code] for code in sorted(areas)]


def _district(code: str, name: str) -> Area:
    return Area(code, name, "district", frozenset({code}))


def _resolve(code: str, waiting: dict[str, Row], areas: dict[str, Area]) -> Area:
    """The area of `code`, building the areas it is made of first."""
    if code in areas:
        return areas[code]
    if code not in waiting:
        raise SystemExit(f"facts/areas.csv names {code}, which is no known area.")
    row = waiting[code]
    covered: set[str] = set()
    for member in row["members"].split(";"):
        if member.endswith("*"):
            prefix = member[:-1]
            covered.update(c for c, a in areas.items() if a.kind == "district" and c[:3] == prefix)
        else:
            covered |= _resolve(member, waiting, areas).districts
    areas[code] = Area(code, row["name"], row["kind"], frozenset(covered))
    return areas[code]
