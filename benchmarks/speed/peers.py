"""What else could find the best capabilities, each at its usual best setting, on one thread.

All but the masked product know no rules: they are given eligible pairs only, or compared without
rules. Each returns seconds and pairs looked at.
"""

import time
from collections.abc import Callable

import bm25s
import faiss
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sparse_dot_topn import sp_matmul_topn

Reals = NDArray[np.float32]
Timed = tuple[float, int]
TOP = 10


def seconds(act: Callable[[], object]) -> float:
    """Of the processor: with one thread and a shared machine the clock on the wall tells less."""
    started = time.process_time()
    act()
    return time.process_time() - started


def product(needs: Reals, offers: Reals) -> Timed:
    """The machine's own limit: the float32 matrix product alone, in tiles that fit the cache."""
    odds = np.empty((256, 2048), dtype=np.float32)
    left, right = needs[:256], offers[:2048]
    room = odds[: len(left), : len(right)]
    rounds = 40

    def multiply() -> None:
        for _ in range(rounds):
            np.matmul(left, right.T, out=room)

    multiply()
    return seconds(multiply), rounds * room.size


def masked_numpy(needs: Reals, offers: Reals, allowed: NDArray[np.bool_]) -> Timed:
    """Product of everything, refused pairs masked, numpy's partial selection."""

    def work() -> None:
        for start in range(0, len(needs), 256):
            odds = needs[start : start + 256] @ offers.T
            odds[~allowed[start : start + 256]] = -np.inf
            np.argpartition(-odds, TOP, axis=1)

    return seconds(work), len(needs) * len(offers)


def neighbours(needs: Reals, offers: Reals) -> Timed:
    found = NearestNeighbors(n_neighbors=min(TOP, len(offers)), algorithm="brute").fit(offers)
    return seconds(lambda: found.kneighbors(needs)), len(needs) * len(offers)


def flat(needs: Reals, offers: Reals) -> Timed:
    index = faiss.IndexFlatIP(offers.shape[1])
    index.add(offers)
    return seconds(lambda: index.search(needs, TOP)), len(needs) * len(offers)


def asked_flat(offers: Reals) -> Callable[[Reals], object]:
    index = faiss.IndexFlatIP(offers.shape[1])
    index.add(offers)
    return lambda vector: index.search(vector, TOP)


def sparse_product(needs: sp.csr_matrix, offers: sp.csr_matrix) -> Timed:
    turned = offers.T.tocsr()
    spent = seconds(lambda: sp_matmul_topn(needs, turned, TOP, n_threads=1))
    return spent, needs.shape[0] * offers.shape[0]


def bm25(needs: list[list[str]], offers: list[list[str]]) -> Timed:
    retriever = bm25s.BM25()
    retriever.index(offers, show_progress=False)
    spent = seconds(lambda: retriever.retrieve(needs, k=TOP, show_progress=False, n_threads=1))
    return spent, len(needs) * len(offers)


def graph(needs: Reals, offers: Reals) -> tuple[float, float, float]:
    """HNSW of faiss, approximate: seconds of building, of asking, and the share it finds."""
    index = faiss.IndexHNSWFlat(offers.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 200, 64
    built = seconds(lambda: index.add(offers))
    exact = faiss.IndexFlatIP(offers.shape[1])
    exact.add(offers)
    _, right = exact.search(needs, TOP)
    asked = seconds(lambda: index.search(needs, TOP))
    _, found = index.search(needs, TOP)
    share = np.mean([len(set(a) & set(b)) / TOP for a, b in zip(found, right, strict=True)])
    return built, asked, float(share)
