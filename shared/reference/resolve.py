"""Takes a place from what a person wrote: a code, a name, or a postcode.

Refuses rather than guesses: a name that fits several places comes back with all of them.
"""

import datetime as dt
import difflib
import re
from collections.abc import Mapping

from shared.reference.place import (
    KIND_WORDS,
    AmbiguousPlace,
    Candidate,
    Place,
    Resolution,
    UnknownPlace,
    quoted,
)
from shared.reference.tables import ReplacedRow, Tables, WiderAreaRow
from shared.reference.wording import Reading, core, parts, plain, readings

_LONGEST_TEXT = 200
_CODE = re.compile(r"[A-Z][0-9]{8}", re.ASCII)
# NPT is a retired outward code of Newport that the directory still holds.
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?|NPT)(?:[0-9][A-Z]{2})?", re.ASCII)
_SUGGESTIONS = 3
Index = dict[str, set[str]]


class Resolver:
    """Looks texts up in indexes made once from the tables."""

    def __init__(
        self, places: Mapping[str, Place], districts: Mapping[str, frozenset[str]], tables: Tables
    ) -> None:
        self._places = places
        self._districts = districts
        self._outcodes = tables.outcodes
        self._replaced = {row.code: row for row in tables.replaced}
        self._wider = {plain(row.name): row for row in tables.wider_areas}
        self._names: Index = {}
        self._cores: Index = {}
        self._parts: Index = {}
        self._former: dict[str, ReplacedRow] = {}
        self._fill(tables)

    def resolve(self, text: str) -> Resolution:
        """The one place `text` means.

        Raises `AmbiguousPlace` if there are several and `UnknownPlace` if there is none.
        """
        if not isinstance(text, str):
            raise UnknownPlace(repr(text), reason="A place is written as text.")
        if not plain(text[:_LONGEST_TEXT]):
            raise UnknownPlace(text, reason="The place is empty or has no letters in it.")
        if len(text) > _LONGEST_TEXT:
            reason = f"{quoted(text)} is too long for a place ({len(text)} characters)."
            raise UnknownPlace(text, reason=reason)
        compact = "".join(text.upper().split())
        if _CODE.fullmatch(compact):
            return self._by_code(text, compact)
        if match := _POSTCODE.fullmatch(compact):
            return self._by_postcode(text, match.group(1))
        return self._by_name(text)

    def successor(self, code: str) -> ReplacedRow | None:
        """What became of a code that this edition does not hold."""
        return self._replaced.get(code)

    def unknown(self, text: str) -> UnknownPlace:
        """The error for a text or code that is no place, with the closest ones there are."""
        upper = text.upper()
        if row := self._replaced.get(upper):
            return UnknownPlace(text, [self._places[row.replaced_by].described], self._fate(row))
        if _CODE.fullmatch(upper):
            close = difflib.get_close_matches(upper, self._places, _SUGGESTIONS, cutoff=0.85)
            described = [self._places[code].described for code in close]
            return UnknownPlace(text, described, f"No place has the code {upper}.")
        return UnknownPlace(text, self._closest(text))

    def _fill(self, tables: Tables) -> None:
        for place in self._places.values():
            key = plain(place.name)
            self._names.setdefault(key, set()).add(place.code)
            self._cores.setdefault(core(key), set()).add(place.code)
            if place.kind == "district":
                for part in parts(place.name):
                    self._parts.setdefault(part, set()).add(place.code)
        for name, code in tables.aliases:
            self._names.setdefault(plain(name), set()).add(code)
        for row in tables.replaced:
            key = plain(row.name)
            if key not in self._names:
                self._former[key] = row

    def _by_code(self, text: str, code: str) -> Resolution:
        if place := self._places.get(code):
            return _resolution(place, f"{code} is the code of {_named(place)}.")
        if row := self._replaced.get(code):
            return _resolution(self._places[row.replaced_by], self._fate(row))
        raise self.unknown(text.strip())

    def _by_postcode(self, text: str, outcode: str) -> Resolution:
        shares = self._outcodes.get(outcode)
        if shares is None:
            reason = f"{quoted(text)} looks like a postcode, but none begins with {outcode}."
            raise UnknownPlace(text, reason=reason)
        place = self._places[shares[0][0]]
        total = sum(count for _, count in shares)
        percent = int(100 * shares[0][1] / total)
        if len(shares) == 1:
            said = f"Postcodes that begin with {outcode} are in {_named(place)}."
        else:
            others = ", ".join(self._places[code].name for code, _ in shares[1:4])
            said = (
                f"{max(percent, 1)}% of the postcodes that begin with {outcode} are in "
                f"{_named(place)}; others in {others}. Write the name if it is another."
            )
        return _resolution(place, said)

    def _by_name(self, text: str) -> Resolution:
        key = plain(text)
        reading = Reading(key, ())
        for reading in readings(key):
            codes = self._fitting(self._names, reading)
            wider = self._wider.get(reading.key)
            if codes or wider:
                return self._decide(text, codes, wider, reading)
        shortest = reading.key
        if found := self._fitting(self._cores, reading):
            return self._decide(text, found, None, reading)
        if row := self._former.get(key) or self._former.get(shortest):
            return _resolution(self._places[row.replaced_by], self._fate(row))
        if found := self._fitting(self._parts, reading):
            return self._decide(text, found, None, reading)
        raise self.unknown(text)

    def _fitting(self, index: Index, reading: Reading) -> set[str]:
        """Codes under a name; a combined authority by name is never taken for anything else."""
        codes = index.get(reading.key, set())
        if reading.kinds != ("combined_authority",):
            return codes
        return {code for code in codes if self._places[code].kind == "combined_authority"}

    def _decide(
        self, text: str, codes: set[str], wider: WiderAreaRow | None, reading: Reading
    ) -> Resolution:
        """One place if the text, with what its trimmings say, leaves no doubt."""
        found = [self._places[code] for code in sorted(codes)]
        if fitting := [place for place in found if place.kind in reading.kinds]:
            found = fitting
            wider = None
        if len(found) == 1 and (wider is None or found[0].kind == "district"):
            said = f"{quoted(text)} was taken as {_named(found[0])}."
            if wider is not None:
                said += f" It does not stand for {wider.words}: {';'.join(wider.members)}."
            return _resolution(found[0], said)
        candidates = [Candidate((place.code,), self._words(place)) for place in found]
        if wider is not None:
            candidates.append(Candidate(wider.members, wider.words))
        raise AmbiguousPlace(text, candidates)

    def _words(self, place: Place) -> str:
        if place.kind == "district":
            return f"{place.name} (district)"
        kind = "county council's area" if place.kind == "county" else KIND_WORDS[place.kind]
        return f"{place.name} ({kind}, {len(self._districts[place.code])} districts)"

    def _fate(self, row: ReplacedRow) -> str:
        place = self._places[row.replaced_by]
        if row.name == place.name:
            return f"{row.code} is another code of {place.name}; {place.code} is used here."
        since = f" since {_day(row.since)}" if row.since else ""
        return f"{row.name} ({row.code}) has been part of {_named(place)}{since}."

    def _closest(self, text: str) -> list[str]:
        key = core(plain(text[:_LONGEST_TEXT]))
        known = {**self._cores, **self._names}
        names = [name for name in known if len(key) > 3 and name.startswith(key)]
        names += difflib.get_close_matches(key, known, _SUGGESTIONS, cutoff=0.72)
        codes = dict.fromkeys(code for name in names for code in sorted(known[name]))
        return [self._places[code].described for code in list(codes)[:_SUGGESTIONS]]


def _resolution(place: Place, how: str) -> Resolution:
    return Resolution(place.code, place.name, place.kind, how)


def _named(place: Place) -> str:
    return f"{place.name} ({KIND_WORDS[place.kind]}, {place.code})"


def _day(iso_date: str) -> str:
    day = dt.date.fromisoformat(iso_date)
    return f"{day.day} {day:%B %Y}"
