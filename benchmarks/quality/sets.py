"""Labelled retrieval sets: texts, queries, and who is right, with the half of each query fixed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class SetMissing(Exception):
    """A labelled set is not where it was looked for."""


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """One set; `grades` has shape (n_queries, n_documents), 0 where not relevant or not judged.

    Queries without a relevant document are left out: nothing can be measured by them.
    """

    name: str
    document_ids: list[str]
    titles: list[str]
    bodies: list[str]
    query_ids: list[str]
    queries: list[str]
    grades: NDArray[np.int64]
    held_out: NDArray[np.bool_]

    @property
    def documents(self) -> list[str]:
        """Title and text, as every method reads them."""
        pairs = zip(self.titles, self.bodies, strict=True)
        return [f"{title}. {body}" if title else body for title, body in pairs]


def is_held_out(query_id: str) -> bool:
    """Half of the queries, by the first bit of the SHA-256 of the id: never looked at while tuning."""
    return hashlib.sha256(query_id.encode()).digest()[0] % 2 == 1


def load_sets(folder: Path) -> Iterator[RetrievalSet]:
    """Every set of the folder, by name.

    Raises
    ------
    SetMissing
        There is none.

    """
    found = sorted(path.parent for path in folder.glob("*/qrels.tsv"))
    if not found:
        raise SetMissing(f"no retrieval set in {folder}: give the data folder with --data")
    for path in found:
        yield load_set(path)


def load_set(folder: Path) -> RetrievalSet:
    documents, asked = _lines(folder / "corpus.jsonl"), _lines(folder / "queries.jsonl")
    column = {str(entry["_id"]): place for place, entry in enumerate(documents)}
    row = {str(entry["_id"]): place for place, entry in enumerate(asked)}
    grades = np.zeros((len(asked), len(documents)), dtype=np.int64)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        if query in row and document in column:
            grades[row[query], column[document]] = max(0, int(float(grade)))
    kept = np.flatnonzero(grades.any(axis=1))
    ids = [str(asked[place]["_id"]) for place in kept]
    return RetrievalSet(
        name=folder.name,
        document_ids=list(column),
        titles=[str(entry.get("title") or "").strip() for entry in documents],
        bodies=[str(entry["text"]).strip() for entry in documents],
        query_ids=ids,
        queries=[str(asked[place]["text"]).strip() for place in kept],
        grades=grades[kept],
        held_out=np.array([is_held_out(one) for one in ids]),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
