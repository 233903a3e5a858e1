"""A listing as numbers: text, goals, beneficiaries, kinds of help and places (stage 1).

Every kind of evidence is a vector of length 1 on both sides, or of length 0 where a member left
it out; the likeness of two listings in that respect is the cosine, and unknown stays unknown.
What was left out but can be read from the text counts for less (`suggest`).
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.priors import COSINES, NEUTRAL
from services.matcher.scoring.text.cache import VectorCache
from services.matcher.scoring.text.exchange import (
    Side,
    asked_row,
    brought_row,
    budget_row,
    terms_row,
)
from services.matcher.scoring.text.fields import (
    FLAGS,
    GOAL_COLUMNS,
    RowOf,
    beneficiary_row,
    goal_row,
    help_row,
    part_of,
    unit_row,
)
from services.matcher.scoring.text.kept_rows import (
    KeptRows,
    TextRow,
    code_version,
    name_of,
)
from services.matcher.scoring.text.profiles import Profile
from services.matcher.scoring.text.suggest import Stated, Suggester, filled
from services.matcher.scoring.text.word_weights import StemWeights
from shared.reference.phrasebook import packaged
from shared.reference.vocabulary import BENEFICIARIES, BUDGET, GIVES

MOST_PLACES_KEPT = 10_000


class ModelMissing(Exception):
    """A sentence model was asked for where none can run."""


class Encoder(Protocol):
    """Texts to rows of length 1 (or 0), the same for a text whatever is asked beside it."""

    version: str
    dimensions: int

    def transform(self, texts: Iterable[str]) -> NDArray[np.float32]: ...


class Named(Protocol):
    """A place as far as scoring needs it; kinds are those of `shared.reference.place`."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


class PlaceBook(Protocol):
    """What scoring asks of `shared.reference.places.Places`."""

    @property
    def district_index(self) -> Mapping[str, int]: ...

    def districts_of(self, code: str) -> frozenset[str]: ...

    def get(self, code: str) -> Named: ...


_STATED = {"goals": goal_row, "beneficiaries": beneficiary_row, "help": help_row}
_ROWS: Mapping[bool, Mapping[str, RowOf]] = {
    False: {**_STATED, "offers": brought_row, "terms": budget_row},
    True: {**_STATED, "offers": asked_row, "terms": terms_row},
}
"""What fields are compared, by whether they are a capability's; each is known by one value."""


@dataclass(frozen=True, slots=True)
class Representation:
    """One listing as vectors.

    `dense` has one row per part, in the order of `PARTS`, laid end to end; `stem_columns` and
    `stem_values` are its sparse TF-IDF row; `districts` its place row; `present` says which of
    FEATURES it knows.
    """

    dense: NDArray[np.float32]
    stem_columns: NDArray[np.int32]
    stem_values: NDArray[np.float64]
    districts: NDArray[np.float32]
    present: NDArray[np.bool_]


class Representer:
    """Profiles to representations."""

    def __init__(
        self,
        places: PlaceBook,
        encoder: Encoder | None,
        words: StemWeights | None = None,
        suggester: Suggester | None = None,
    ) -> None:
        self.places = places
        self.encoder = encoder
        self.words = words or StemWeights()
        self._known_places: dict[tuple[str, ...], NDArray[np.float32]] = {}
        self.n_districts = len(places.district_index)
        self.suggester = suggester or Suggester(packaged(), encoder)
        self.parts = _laid_out(
            {
                "meaning": encoder.dimensions if encoder else 0,
                "goals": 2 * GOAL_COLUMNS + FLAGS,
                "beneficiaries": 2 * len(BENEFICIARIES) + FLAGS,
                "help": 2 * len(GIVES) + FLAGS,
                "offers": 2 * len(GIVES) + FLAGS,
                "terms": 2 * len(BUDGET) + FLAGS,
            }
        )
        self.width = self.parts["terms"].stop

    def with_words(self, words: StemWeights) -> "Representer":
        """The same but for what words weigh."""
        other = copy(self)
        other.words = words
        return other

    @property
    def reading_version(self) -> str:
        """Names all that a row of a text depends on besides the text."""
        sentences = self.encoder.version if self.encoder else "no-sentences"
        return f"{self.words.version}+{sentences}+{self.suggester.version}+{code_version()}"

    def represent(
        self, profiles: Sequence[Profile], rows: KeptRows | None = None
    ) -> list[Representation]:
        """Rows that `rows` has are taken from there, the others are added to it."""
        kept = rows if rows is not None else KeptRows()
        version = self.reading_version
        names = [name_of(version, one.said) for one in profiles]
        made = {at: row for at, (one, name) in enumerate(zip(profiles, names, strict=True))
                if (row := kept.take(one.whose, name, self.width)) is not None}  # fmt: skip
        fresh = [at for at in range(len(profiles)) if at not in made]
        read = self._read([profiles[at] for at in fresh])
        for at, row in zip(fresh, read, strict=True):
            made[at] = row
            kept.keep(profiles[at].whose, names[at], row, self.parts["meaning"].stop)
        return [self._placed(one, made[at]) for at, one in enumerate(profiles)]

    def _placed(self, profile: Profile, row: TextRow) -> Representation:
        districts = self._districts(profile.places)
        present = _present(row.known, placed=bool(districts.any()))
        return Representation(row.dense, row.stem_columns, row.stem_values, districts, present)

    def _read(self, profiles: Sequence[Profile]) -> list[TextRow]:
        """Many at once because the sentence model likes batches."""
        if self.encoder is None or not profiles:
            vectors = np.zeros((len(profiles), 0), dtype=np.float32)
        else:
            vectors = self.encoder.transform([profile.text for profile in profiles])
        return [self._row(*pair) for pair in zip(profiles, vectors, strict=True)]

    def _row(self, profile: Profile, meaning: NDArray[np.float32]) -> TextRow:
        if not np.isfinite(meaning).all():
            meaning = np.zeros_like(meaning)  # what a model could not compute is unknown
        stated = Stated(profile.goals, profile.beneficiaries, profile.gives)
        read = self.suggester.missing(profile.text, stated, meaning if meaning.size else None)
        told = filled(stated, read)
        exchange = self._exchange(profile)
        fields = (told.goals, told.beneficiaries, told.help, exchange.kinds, exchange.money)
        dense = np.zeros(self.width, dtype=np.float32)
        dense[self.parts["meaning"]] = meaning
        known = {"place": False}
        for (name, row_of), said in zip(_ROWS[profile.offered].items(), fields, strict=True):
            neutral = NEUTRAL[name] if profile.offered else None
            was_read = name in read or name in exchange.read
            part, known[name] = part_of(row_of, said, neutral, read=was_read)
            dense[self.parts[name]] = part
        columns, values = self.words.row(profile.text, offered=profile.offered)
        known |= {"meaning": bool(meaning.any()), "words": bool(len(columns))}
        bits = sum(1 << at for at, name in enumerate(COSINES) if known[name])
        return TextRow(dense, columns, values, bits)

    def _exchange(self, profile: Profile) -> Side:
        reader = self.suggester.exchange
        if profile.offered:
            return reader.of_capability(profile.text, profile.requires, profile.money)
        return reader.of_need(profile.text, profile.brings, profile.money)

    def _districts(self, codes: tuple[str, ...]) -> NDArray[np.float32]:
        """Kept by the codes: thousands of listings name the same few places."""
        known = self._known_places.get(codes)  # once: another thread may clear them in between
        if known is None:
            row = np.zeros(self.n_districts, dtype=np.float32)
            for code in codes:
                for district in districts_of(self.places, code):
                    row[self.places.district_index[district]] = 1.0
            if len(self._known_places) >= MOST_PLACES_KEPT:
                self._known_places.clear()
            known = self._known_places[codes] = unit_row(row)
        return known


def districts_of(places: PlaceBook, code: str) -> frozenset[str]:
    """The districts of a code; none for a code that is not known (the rules then fail closed)."""
    try:
        return places.districts_of(code)
    except LookupError:
        return frozenset()


@lru_cache(maxsize=512)
def _present(known: int, *, placed: bool) -> NDArray[np.bool_]:
    """Which of COSINES are known; shared by all listings of which the same is."""
    told = known | placed << COSINES.index("place")
    present: NDArray[np.bool_] = (1 << np.arange(len(COSINES)) & told) != 0
    present.setflags(write=False)
    return present


def _laid_out(widths: Mapping[str, int]) -> dict[str, slice]:
    """Parts end to end, in the order given."""
    ends = np.cumsum([0, *widths.values()]).tolist()
    return {name: slice(ends[at], ends[at + 1]) for at, name in enumerate(widths)}


def find_encoder(cache: VectorCache, model_dir: Path | None) -> Encoder | None:
    """The sentence model of the setting, else the installed one, else None (stems alone)."""
    if find_spec("onnxruntime") is None or find_spec("tokenizers") is None:
        if model_dir is not None:
            raise ModelMissing(
                f"{model_dir} was set as the sentence model, but the extra `semantic` is not "
                "installed: install it, or leave the setting out"
            )
        return None
    # Loaded only where the extra is installed, so that the matcher runs without it.
    sentence = import_module("services.matcher.scoring.text.sentence")
    files = sentence.files_in(model_dir) if model_dir else sentence.packaged_files()
    encoder: Encoder | None = sentence.SentenceEncoder(files, cache) if files else None
    return encoder
