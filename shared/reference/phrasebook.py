"""What words in a text say about it: phrases for each term of a list, and what they must not mean.

The books are TOML files in `data/phrases`, one for each list, which people may read and a
coalition may extend with files of its own (`docs/vocabulary.md`). Here they are read and checked;
`services/matcher/scoring/text/suggest.py` reads texts with them.
"""

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.reference.goals import DEFAULT_FRAMEWORK, framework
from shared.reference.place import quoted
from shared.reference.vocabulary import BENEFICIARIES, BUDGET, GIVES, TERMS

_FOLDER = Path(__file__).parent / "data" / "phrases"
_KEYS = ("says", "hints", "but_not", "reads")
_LONGEST_PHRASE = 80
_MOST_PHRASES = 2_000


class PhraseFileError(Exception):
    """A phrase file is not as it must be; the message names the file, the term and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one term.

    `says` are phrases that mean it, `hints` may mean it. Words inside a phrase of `but_not` mean
    something else and count for nothing. `reads` are texts typical of the term.
    """

    says: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def with_more(self, other: "Entry") -> "Entry":
        return Entry(*(tuple(dict.fromkeys((*getattr(self, key), *getattr(other, key))))
                       for key in _KEYS))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Entries by list and term; terms in the order of the files. Immutable."""

    version: str
    lists: Mapping[str, Mapping[str, Entry]]

    def __getitem__(self, name: str) -> Mapping[str, Entry]:
        """The entries of a list; empty for a list no file speaks of."""
        return self.lists.get(name, MappingProxyType({}))

    def only(self, names: Iterable[str]) -> "Phrasebook":
        """The same with some of its lists."""
        kept = {name: self[name] for name in names}
        return Phrasebook(self.version, MappingProxyType(kept))


@functools.cache
def packaged() -> Phrasebook:
    """The books that come with Convene; read once."""
    return _book(sorted(_FOLDER.glob("*.toml")))


def phrasebook(own: Sequence[Path] = ()) -> Phrasebook:
    """The packaged books with a coalition's own files on top: phrases are added to a term's.

    Raises `PhraseFileError` for a file that cannot be read or that names an unknown list or term.
    """
    return _book([*sorted(_FOLDER.glob("*.toml")), *own]) if own else packaged()


def phrase_files_in(folder: Path | None) -> list[Path]:
    """The phrase files of a coalition's folder, by name; none without a folder.

    Raises `PhraseFileError` for a folder that is not there: a mistyped path must not go unnoticed.
    """
    if folder is None:
        return []
    if not folder.is_dir():
        raise PhraseFileError(f"{folder} is no folder. Name the one that holds the phrase files.")
    return sorted(folder.glob("*.toml"))


def _book(paths: Iterable[Path]) -> Phrasebook:
    lists: dict[str, dict[str, Entry]] = {}
    versions: list[str] = []
    for path in paths:
        record = _record(path)
        name = _list_of(path, record)
        versions.append(f"{name}-{record['version']}")
        entries = lists.setdefault(name, {})
        for term, given in record.items():
            if term not in ("list", "version"):
                entry = _entry(path, name, term, given)
                entries[term] = entries.get(term, Entry()).with_more(entry)
    frozen = {name: MappingProxyType(entries) for name, entries in lists.items()}
    return Phrasebook("+".join(versions), MappingProxyType(frozen))


def _record(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PhraseFileError(f"{path.name} cannot be read as TOML: {error}") from error


def _list_of(path: Path, record: Mapping[str, Any]) -> str:
    name = record.get("list")
    known = sorted(_terms())
    if name not in known:
        raise PhraseFileError(
            f"{path.name} is for the list {quoted(str(name))}. Begin it with list = and one of: "
            f"{', '.join(known)}."
        )
    if not isinstance(record.get("version"), str):
        raise PhraseFileError(
            f'{path.name} says no version. Add a line such as version = "2026-11".'
        )
    return str(name)


def _entry(path: Path, name: str, term: str, given: object) -> Entry:
    allowed = _terms()[name]
    if term not in allowed:
        raise PhraseFileError(
            f"{path.name}: {quoted(term)} is no term of {name}. Use one of: {', '.join(allowed)}."
        )
    if not isinstance(given, dict) or not set(given) <= set(_KEYS):
        raise PhraseFileError(
            f"{path.name}: [{term}] may hold {', '.join(_KEYS)}, each a list of phrases."
        )
    return Entry(**{key: _phrases(path, term, key, value) for key, value in given.items()})


def _phrases(path: Path, term: str, key: str, value: object) -> tuple[str, ...]:
    right = isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
    if not right or len(value) > _MOST_PHRASES:  # type: ignore[arg-type]
        raise PhraseFileError(
            f"{path.name}: {key} of [{term}] must be a list of at most {_MOST_PHRASES} phrases in "
            "quotation marks."
        )
    phrases: list[str] = value  # type: ignore[assignment]
    long = [one for one in phrases if key != "reads" and len(one) > _LONGEST_PHRASE]
    if long:
        raise PhraseFileError(
            f"{path.name}: {quoted(long[0])} of [{term}] is longer than {_LONGEST_PHRASE} "
            "characters. Write the few words that say it."
        )
    return tuple(dict.fromkeys(one.strip() for one in phrases))


@functools.cache
def _terms() -> Mapping[str, tuple[str, ...]]:
    """The terms each list may have."""
    numbers = tuple(str(number) for number in framework(DEFAULT_FRAMEWORK).numbers)
    return MappingProxyType({
        DEFAULT_FRAMEWORK: numbers, "beneficiaries": BENEFICIARIES.ids, "gives": GIVES.ids,
        "offers": GIVES.ids, "requires": GIVES.ids, "terms": TERMS.ids,
        "budget": BUDGET.ids,
    })  # fmt: skip
