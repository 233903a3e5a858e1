"""What one would pick instead, each at its usual best settings, on the same stems and texts."""

from collections.abc import Callable, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from benchmarks.quality.measures import SEED
from services.matcher.scoring.text.represent import Encoder
from services.matcher.scoring.text.stems import stems_of

Scores = NDArray[np.float64]
Method = Callable[[Sequence[str], Sequence[str]], Scores]
"""Queries and documents to scores of shape (n_queries, n_documents), higher is better."""

BM25, TFIDF, SVD = "BM25", "TF-IDF cosine", "TF-IDF + SVD 200"
SENTENCES, FUSION = "sentence model alone", "rank fusion of BM25 and sentences"
SETTINGS = {
    BM25: "bm25s, lucene, k1 1.5, b 0.75, English stop words, Snowball stems",
    TFIDF: "sublinear tf, smoothed idf over the documents, the same stems, length 1",
    SVD: "the same, 200 components, randomised, length 1",
    SENTENCES: "the cosine of the packaged model, title and text as one",
    FUSION: "reciprocal ranks, k 60",
}


def bm25(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    retriever = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    retriever.index([stems_of(text) for text in documents], show_progress=False)
    asked = [stems_of(text) for text in queries]
    silent = np.zeros(len(documents))
    return np.array([retriever.get_scores(one) if one else silent for one in asked], dtype=float)


def tfidf(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    fitted = TfidfVectorizer(analyzer=stems_of, sublinear_tf=True).fit(documents)
    return np.asarray((fitted.transform(queries) @ fitted.transform(documents).T).toarray())


def svd(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    fitted = TfidfVectorizer(analyzer=stems_of, sublinear_tf=True).fit(documents)
    rows = fitted.transform(documents)
    size = min(200, min(rows.shape) - 1)
    reduced = TruncatedSVD(size, random_state=SEED).fit(rows)
    offered = normalize(reduced.transform(rows))
    asked = normalize(reduced.transform(fitted.transform(queries)))
    return np.asarray(asked @ offered.T, dtype=np.float64)


def cosines(encoder: Encoder) -> Method:
    def score(queries: Sequence[str], documents: Sequence[str]) -> Scores:
        product = encoder.transform(queries) @ encoder.transform(documents).T
        return np.asarray(product, dtype=np.float64)

    return score


def fused(*scores: Scores) -> Scores:
    """Reciprocal rank fusion with the usual constant of 60."""
    total = np.zeros_like(scores[0])
    for one in scores:
        ranks = np.argsort(np.argsort(-one, axis=1, kind="stable"), axis=1, kind="stable")
        total += 1 / (61 + ranks)
    return total
