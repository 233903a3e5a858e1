"""A model whose words weigh what a coalition's own texts say: how one is made, how it is named."""

from collections.abc import Collection
from copy import copy

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.market.facts import Listing, texts_of
from services.matcher.scoring.retrieval.retrieve import Retriever
from services.matcher.scoring.text.word_weights import StemWeights, WordCounts, count_words

FIRST_SIZE = 128
"""Listings of a coalition from which on its own texts say what is common in it."""


def counted_over(
    model: Model,
    members: Collection[Member],
    capabilities: Collection[Capability],
    needs: Collection[Need],
) -> Model:
    """The same with words counted over this coalition; itself where that is too small."""
    listings: list[Listing] = [*capabilities, *needs]
    texts = texts_of({one.id: one for one in members}, listings)
    return with_words(model, count_words(texts)) if len(texts) >= FIRST_SIZE else model


def count_index(index: MatchIndex) -> WordCounts:
    """What is common among the listings that can be asked for."""
    market = index.market
    listings: list[Listing] = [*market.capabilities.values(), *market.needs.values()]
    return count_words(texts_of(market.members, listings))


def size_of(index: MatchIndex) -> int:
    """How many listings can be asked for, needs and capabilities together."""
    return len(index.market.need_table.row_of) + len(index.market.capability_table.row_of)


def with_words(model: Model, counts: WordCounts) -> Model:
    """The same but for what words weigh, which is in its version.

    Its `representation` stays: what was learned in one epoch holds in the next.
    """
    words = StemWeights(counts)
    other = copy(model)
    other.representer = model.representer.with_words(words)
    other.retriever = Retriever(other.representer, model.scorer)
    encoder = model.representer.encoder
    sentences = encoder.version if encoder else "no-sentences"
    other.version = f"{model.scorer.version_}+{words.version}+{sentences}+{model.read_version}"
    return other
