"""Vectors of sentences are kept for the next who asks, and nobody fails because they were not."""

import pytest

from services.matcher.store.vectors import StoredVectors
from shared.storage import Busy, Database


def test_vectors_are_kept_once_and_found_by_key(store: Database) -> None:
    vectors = StoredVectors(store)
    many = {f"text-{number}": bytes([number % 256]) for number in range(500)}
    vectors.put_many(many)
    vectors.put_many({"text-1": b"again"})
    assert vectors.get_many([*many, "unknown"]) == {**many, "text-1": b"again"}


def test_a_busy_database_keeps_nothing_and_fails_nobody(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Database) -> None:
        raise Busy("another writer")

    vectors = StoredVectors(store)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", busy)
        vectors.put_many({"text": b"1"})
    assert vectors.get_many(["text"]) == {}
    vectors.put_many({"text": b"1"})
    assert vectors.get_many(["text"]) == {"text": b"1"}
