"""Coalitions of any size, drawn by seed, that look like a real one to the matcher.

Places: most needs are of one district; capabilities reach from a district to the whole country, and
a few are remote. Texts: vectors of 384 numbers around a few hundred topics with a falling spectrum,
and some forty stems of a Zipf law, half of them of the topic. They are drawn in place of what the
sentence model and the stemmer would make of a text, which is measured elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.entities import Capability, Capacity, Member, Mode, Need
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.text.stems import COLUMNS
from services.matcher.scoring.text.word_weights import StemWeights
from shared.reference.places import Places
from shared.reference.vocabulary import BENEFICIARIES, GIVES, SECTORS

AS_OF = date(2026, 12, 1)
DIMENSIONS, TOPICS, VOCABULARY, STEMS = 384, 300, 30_000, 44
UK = "K02000001"
SEED = 20261201
NEED_REACH = {"district": 0.82, "county": 0.1, "region": 0.06, "uk": 0.02}
OFFER_REACH = {"district": 0.47, "county": 0.25, "region": 0.2, "uk": 0.05, "remote": 0.03}

Rng = np.random.Generator
Reals = NDArray[np.float32]
Stems = tuple[NDArray[np.int32], NDArray[np.float64]]


class Texts:
    """Vectors and stems of n texts; stands for the sentence model, a text being its number."""

    version = "drawn"
    dimensions = DIMENSIONS

    def __init__(self, rng: Rng, n: int) -> None:
        topics = rng.normal(size=(TOPICS, DIMENSIONS)).astype(np.float32)
        topic = rng.integers(TOPICS, size=n)
        falling = (np.arange(1, DIMENSIONS + 1) ** -0.35).astype(np.float32)
        own = rng.normal(size=(n, DIMENSIONS)).astype(np.float32) * falling * np.float32(4)
        vectors = np.float32(0.9) * (topics[topic] + 1) + own
        self.vectors: Reals = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        self.stems = _stems(rng, topic)

    def transform(self, texts: Iterable[str]) -> Reals:
        return self.vectors[[int(text) for text in texts]]


class DrawnStems(StemWeights):
    """Stands for what stems weigh."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts

    def row(self, text: str, *, offered: bool = False) -> Stems:  # noqa: ARG002
        return self._texts.stems[int(text)]


@dataclass(frozen=True)
class Drawn:
    """A coalition as entities, and the model that reads them."""

    model: Model
    texts: Texts
    members: list[Member]
    capabilities: list[Capability]
    needs: list[Need]

    def built(self) -> MatchIndex:
        return self.model.build(self.members, self.capabilities, self.needs, AS_OF)


def draw(size: int, *, meaning: bool = True, rules: bool = True, seed: int = SEED) -> Drawn:
    """`size` needs and as many capabilities, of a fifth as many members; without `rules` no
    place and no sector keeps two of them apart.
    """
    rng = np.random.default_rng(seed)
    texts = Texts(rng, 2 * size)
    places = Places.load()
    model = Model(places, texts if meaning else None)
    model.representer = model.representer.with_words(DrawnStems(texts))
    reach = _Reach(places, rng)
    members = [
        Member(f"m{number}", f"Member {number}", SECTORS.ids[sector], places=(reach.district(),))
        for number, sector in enumerate(rng.integers(len(SECTORS.ids), size=max(10, size // 5)))
    ]
    owners = rng.integers(len(members), size=2 * size).tolist()
    fields = _Fields(rng, 2 * size)
    offered, needed = reach.many(OFFER_REACH, size), reach.many(NEED_REACH, size)
    capabilities = [
        _offer(fields, number, f"m{owners[number]}", offered[number]) for number in range(size)
    ]
    needs = [
        _need(fields, number, f"m{owners[number]}", needed[number - size])
        for number in range(size, 2 * size)
    ]
    if not rules:
        members = [replace(one, sector="business") for one in members]
        needs = [replace(one, welcomes_same_sector=True, places=(UK,)) for one in needs]
        capabilities = [replace(one, mode="remote") for one in capabilities]
    return Drawn(model, texts, members, capabilities, needs)


class _Fields:
    """Two goals, groups and kinds of help for each of n listings."""

    def __init__(self, rng: Rng, n: int) -> None:
        self.goals = [tuple(dict.fromkeys(two)) for two in rng.integers(1, 15, (n, 2)).tolist()]
        self.groups = _named(rng, BENEFICIARIES.ids, n)
        self.help = _named(rng, GIVES.ids, n)


def _named(rng: Rng, ids: Sequence[str], n: int) -> list[tuple[str, ...]]:
    drawn = rng.integers(len(ids), size=(n, 2)).tolist()
    return [tuple(ids[place] for place in dict.fromkeys(two)) for two in drawn]


class _Reach:
    """Place codes by how far they reach."""

    def __init__(self, places: Places, rng: Rng) -> None:
        self._rng = rng
        kinds = ("district", "county", "region")
        self._codes = {
            kind: [one.code for one in places.all() if one.kind == kind] for kind in kinds
        }

    def district(self) -> str:
        return self._one("district")

    def many(self, reach: dict[str, float], n: int) -> list[tuple[str, ...]]:
        kinds = self._rng.choice(list(reach), p=list(reach.values()), size=n).tolist()
        return [self._of(kind) for kind in kinds]

    def _of(self, kind: str) -> tuple[str, ...]:
        if kind == "remote":
            return ()
        return (UK,) if kind == "uk" else (self._one(kind),)

    def _one(self, kind: str) -> str:
        codes = self._codes[kind]
        return codes[int(self._rng.integers(len(codes)))]


def _offer(fields: _Fields, number: int, owner: str, places: tuple[str, ...]) -> Capability:
    mode: Mode = "in_person" if places else "remote"
    return Capability(
        f"c{number}", owner, str(number), goals=fields.goals[number], delivers_in=places, mode=mode,
        gives=fields.help[number], beneficiaries=fields.groups[number], capacity=Capacity(5),
    )  # fmt: skip


def _need(fields: _Fields, number: int, owner: str, places: tuple[str, ...]) -> Need:
    return Need(
        f"n{number}", owner, str(number), goals=fields.goals[number], places=places,
        wants=fields.help[number], beneficiaries=fields.groups[number],
    )  # fmt: skip


def _stems(rng: Rng, topic: NDArray[np.int64]) -> list[Stems]:
    chance = 1.0 / np.arange(10, VOCABULARY + 10)
    edges = np.cumsum(chance) / chance.sum()
    general = np.searchsorted(edges, rng.random((len(topic), STEMS // 2)))
    pools = np.searchsorted(edges, rng.random((TOPICS, 400)))
    told = pools[topic[:, None], rng.integers(400, size=(len(topic), STEMS // 2))]
    ranks = np.minimum(np.concatenate([general, told], axis=1), VOCABULARY - 1)
    column_of = rng.permutation(COLUMNS)[:VOCABULARY].astype(np.int32)
    ranks = np.take_along_axis(ranks, np.argsort(column_of[ranks], axis=1), axis=1)
    fresh = np.ones(ranks.shape, dtype=bool)
    fresh[:, 1:] = ranks[:, 1:] != ranks[:, :-1]
    weight = np.maximum(0.5, np.log(np.arange(1, VOCABULARY + 1)) - 3.0)[ranks] * fresh
    weight /= np.linalg.norm(weight, axis=1, keepdims=True)
    columns = column_of[ranks]
    return [(columns[row][kept], weight[row][kept]) for row, kept in enumerate(fresh)]
