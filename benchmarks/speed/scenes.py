"""What is measured: all lists, one change, texts without rules, and what it costs to hold it all.

Baselines that know no rules get the eligible pairs only, area by area; those that would take hours
at 100,000 get a sample and are scaled by pairs, which is said in their name.
"""

import time
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.speed import peers
from benchmarks.speed.market import Drawn, draw
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.market.market import Market
from services.matcher.scoring.market.rules import broken
from services.matcher.scoring.market.shelf import Shelf, blocks
from services.matcher.scoring.market.sides import side_of
from services.matcher.scoring.text.stems import COLUMNS

TOP = 10
LEAST = 0.3
ASKED = 400
SAMPLE = 1_000
AREAS_SAMPLED = 24
Times = list[float]
Reals = NDArray[np.float32]


def build(drawn: Drawn) -> tuple[MatchIndex, dict[str, Any]]:
    """From entities, vectors and stems known: what a restarted worker does after reading."""
    started = time.process_time()
    index = drawn.built()
    spent = time.process_time() - started
    entities = len(drawn.needs) + len(drawn.capabilities)
    _asked(index, 1)
    held = index.market.nbytes()
    return index, {
        "seconds": round(spent, 2),
        "entities a second": round(entities / spent),
        "megabytes": round(held / 1e6, 1),
        "bytes an entity": round(held / entities),
    }


def full_rematch(drawn: Drawn, index: MatchIndex) -> dict[str, Any]:
    market, retriever = index.market, drawn.model.retriever
    rows = np.arange(len(market.need_table))
    retriever.proposals(market, rows[:64], TOP)
    eligible, computed = _pairs(market)
    needs, offers = (_vectors(drawn, market, one) for one in ("need", "capability"))
    repeats = 3 if len(rows) <= 10_000 else 1
    ours, limits = [], []
    for _ in range(repeats):
        limits.append(_rate(peers.product(needs, offers)))
        ours.append(peers.seconds(lambda: retriever.proposals(market, rows, TOP)))
        limits.append(_rate(peers.product(needs, offers)))
    sklearn_rate = _rate(_neighbours_by_area(market, needs, offers))
    masked_rate = _rate(_masked(market, needs, offers))
    seconds, limit = float(np.median(ours)), float(np.median(limits))
    every = len(rows) * len(market.capability_table)
    return {
        "seconds": round(seconds, 3),
        "pairs": every,
        "pairs eligible": eligible,
        "pairs computed": computed,
        "pairs computed a second, M": round(computed / seconds / 1e6, 1),
        "float32 product limit, M pairs a second": round(limit / 1e6, 1),
        "times the product limit": round(seconds / (computed / limit), 2),
        "masked numpy, seconds (1,000 needs, scaled)": round(every / masked_rate, 2),
        "faster than masked numpy": round(every / masked_rate / seconds, 1),
        "sklearn NearestNeighbors on eligible pairs, seconds (24 areas, scaled)": round(
            computed / sklearn_rate, 2
        ),
        "faster than sklearn": round(computed / sklearn_rate / seconds, 2),
    }


def one_change(drawn: Drawn, index: MatchIndex) -> dict[str, Any]:
    """One new need, one new capability, and faiss flat asked for one vector, in turn."""
    market, retriever = index.market, drawn.model.retriever
    offers = np.ascontiguousarray(_vectors(drawn, market, "capability"))
    asked = np.random.default_rng(1).integers(len(market.need_table), size=ASKED)
    flat = peers.asked_flat(offers)
    need, capability, peer = [], [], []
    for row in asked.tolist():
        one = np.array([row], dtype=np.intp)
        need.append(peers.seconds(partial(retriever.proposals, market, one, TOP)))
        capability.append(peers.seconds(partial(retriever.needs_near, market, one, TOP, LEAST)))
        vector = offers[row : row + 1]
        peer.append(peers.seconds(partial(flat, vector)))
    figures = {"need": need, "capability": capability, "faiss flat": peer}
    told = {
        f"{name} p{share} ms": round(float(np.percentile(times, share)) * 1e3, 3)
        for name, times in figures.items()
        for share in (50, 99)
    }
    told["put of a capability p50 ms"] = _puts(drawn, index)
    return told


def texts_alone(drawn: Drawn) -> dict[str, Any]:
    """Words alone and all of a text's features, without rules, beside what finds texts."""
    meaning, words = (_without_rules(len(drawn.needs), meaning=one) for one in (True, False))
    market = meaning.built().market
    needs, offers = (_vectors(meaning, market, one) for one in ("need", "capability"))
    sparse = [_sparse(drawn, side) for side in (drawn.needs, drawn.capabilities)]
    tokens = [_tokens(one) for one in sparse]
    graph = peers.graph(needs, offers)
    return {
        "Convene, words": round(_all_lists(words), 3),
        "Convene, meaning and words": round(_all_lists(meaning), 3),
        "faiss flat, meaning": round(peers.flat(needs, offers)[0], 3),
        "sklearn NearestNeighbors, meaning": round(peers.neighbours(needs, offers)[0], 3),
        "sparse_dot_topn, words": round(peers.sparse_product(*sparse)[0], 3),
        "bm25s, words": round(peers.bm25(*tokens)[0], 3),
        "faiss HNSW, meaning, approximate: build": round(graph[0], 3),
        "faiss HNSW, meaning, approximate: ask": round(graph[1], 3),
        "faiss HNSW, share of the top 10 found": round(graph[2], 3),
    }


def _all_lists(drawn: Drawn) -> float:
    market = drawn.built().market
    rows = np.arange(len(market.need_table))
    drawn.model.retriever.proposals(market, rows[:64], TOP)
    times = [
        peers.seconds(lambda: drawn.model.retriever.proposals(market, rows, TOP)) for _ in range(3)
    ]
    return float(np.median(times))


def _without_rules(size: int, *, meaning: bool) -> Drawn:
    """Every pair is eligible: needs and capabilities of two sectors, all remote."""
    return draw(size, meaning=meaning, rules=False)


def _pairs(market: Market) -> tuple[int, int]:
    """How many pairs no rule refuses, from a sample of needs; how many are computed."""
    needs, offers = side_of(market.need_table), side_of(market.capability_table)
    rows = np.flatnonzero(needs.sound)
    shelf = Shelf(offers, market.areas, np.flatnonzero(offers.sound))
    computed = sum(
        len(block)
        * len(
            shelf.for_needs(int(needs.area[block[0]]), anywhere=bool(needs.anywhere[block[0]]))[0]
        )
        for block in blocks(needs, rows)
    )
    sample = rows[:: max(1, len(rows) // SAMPLE)]
    return round(_allowed(market, sample).mean() * len(rows) * len(offers.sound)), computed


def _allowed(market: Market, need_rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    needs, offers = market.need_table, market.capability_table
    shared = np.stack([
        _shared(market.areas.bits, needs.area[row], offers.area) for row in need_rows
    ])  # fmt: skip
    facts = needs.facts.take(need_rows), offers.facts
    bits = broken(*facts, shared.astype(np.float32), market.situation(need_rows))
    return np.asarray(bits == 0)


def _shared(bits: NDArray[np.uint64], area: int, areas: NDArray[np.int32]) -> NDArray[np.bool_]:
    return np.asarray((bits[areas] & bits[area]).any(axis=1))


def _masked(market: Market, needs: Reals, offers: Reals) -> peers.Timed:
    rows = np.arange(min(SAMPLE, len(needs)))
    started = time.process_time()
    allowed = _allowed(market, rows)
    masking = time.process_time() - started
    spent, pairs = peers.masked_numpy(needs[rows], offers, allowed)
    return spent + masking, pairs


def _neighbours_by_area(market: Market, needs: Reals, offers: Reals) -> peers.Timed:
    """A model for each area, of the capabilities that its needs may meet."""
    need_side, offer_side = side_of(market.need_table), side_of(market.capability_table)
    shelf = Shelf(offer_side, market.areas, np.flatnonzero(offer_side.sound))
    work = list(blocks(need_side, np.flatnonzero(need_side.sound)))
    total = [0.0, 0]
    for block in work[:: max(1, len(work) // AREAS_SAMPLED)]:
        first = block[0]
        area, anywhere = int(need_side.area[first]), bool(need_side.anywhere[first])
        met = shelf.for_needs(area, anywhere=anywhere).rows
        spent, pairs = peers.neighbours(needs[block], offers[met])
        total = [total[0] + spent, total[1] + pairs]
    return total[0], int(total[1])


def _vectors(drawn: Drawn, market: Market, side: str) -> Reals:
    table = market.need_table if side == "need" else market.capability_table
    return np.ascontiguousarray(table.dense[:, drawn.model.representer.parts["meaning"]])


def _puts(drawn: Drawn, index: MatchIndex) -> float:
    some = drawn.capabilities[:50]
    times = [peers.seconds(partial(index.upsert_capability, one)) for one in some]
    return round(float(np.median(times)) * 1e3, 3)


def _asked(index: MatchIndex, count: int) -> None:
    """Have what is built at the first question built."""
    index.rated_for_all(index.need_ids()[:count], TOP)
    index.needs_near(index.capability_ids()[:count], TOP, LEAST)


def _rate(timed: peers.Timed) -> float:
    return timed[1] / timed[0]


def _sparse(drawn: Drawn, listings: list[Any]) -> sp.csr_matrix:
    rows = [drawn.texts.stems[int(one.title)] for one in listings]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows]).astype(np.float32)
    return sp.csr_matrix((values, columns, ends), shape=(len(rows), COLUMNS))


def _tokens(rows: sp.csr_matrix) -> list[list[str]]:
    return [
        [str(column) for column in rows.indices[rows.indptr[row] : rows.indptr[row + 1]]]
        for row in range(rows.shape[0])
    ]
