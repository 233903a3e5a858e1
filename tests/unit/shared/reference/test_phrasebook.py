"""Phrase files: what comes with Convene is whole, and a coalition's own are checked with care."""

from pathlib import Path

import pytest

from shared.reference.goals import DEFAULT_FRAMEWORK, framework
from shared.reference.phrasebook import (
    PhraseFileError,
    packaged,
    phrase_files_in,
    phrasebook,
)
from shared.reference.vocabulary import BENEFICIARIES, BUDGET, GIVES, TERMS


def a_file(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_every_term_of_every_list_has_phrases() -> None:
    book = packaged()
    numbers = {str(number) for number in framework().numbers}
    assert set(book[DEFAULT_FRAMEWORK]) == numbers
    assert set(book["beneficiaries"]) == set(BENEFICIARIES.ids)
    assert set(book["gives"]) == set(GIVES.ids)
    assert set(book["offers"]) == set(book["requires"]) == set(GIVES.ids)
    assert set(book["terms"]) == set(TERMS.ids)
    assert set(book["budget"]) == set(BUDGET.ids)
    for name in book.lists:
        for term, entry in book[name].items():
            assert len(entry.says) >= 3, (name, term)


def test_no_phrase_both_says_and_denies_a_term() -> None:
    for name, entries in packaged().lists.items():
        for term, entry in entries.items():
            assert set(entry.says).isdisjoint(entry.but_not), (name, term)
            assert set(entry.says).isdisjoint(entry.hints), (name, term)


def test_every_goal_has_typical_texts() -> None:
    assert all(entry.reads for entry in packaged()[DEFAULT_FRAMEWORK].values())


def test_a_coalitions_file_adds_to_what_there_is(tmp_path: Path) -> None:
    own = a_file(tmp_path, 'list = "gives"\nversion = "1"\n[venue]\nsays = ["drill hall"]\n')
    book = phrasebook([own])
    assert "drill hall" in book["gives"]["venue"].says
    assert set(packaged()["gives"]["venue"].says) < set(book["gives"]["venue"].says)
    assert book.version != packaged().version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("list = ", "cannot be read as TOML"),
        ('version = "1"', "Begin it with list ="),
        ('list = "colours"\nversion = "1"', "Begin it with list ="),
        ('list = "gives"', "says no version"),
        ('list = "gives"\nversion = 3', "says no version"),
        ('list = "gives"\nversion = "1"\n[sympathy]\nsays = ["x"]', "is no term of gives"),
        ('list = "gives"\nversion = "1"\n[venue]\nsay = ["x"]', "may hold says, hints"),
        ('list = "gives"\nversion = "1"\nvenue = "hall"', "may hold says, hints"),
        ('list = "gives"\nversion = "1"\n[venue]\nsays = "hall"', "must be a list"),
        ('list = "gives"\nversion = "1"\n[venue]\nsays = [3]', "must be a list"),
        ('list = "gives"\nversion = "1"\n[venue]\nsays = [" "]', "must be a list"),
        (f'list = "gives"\nversion = "1"\n[venue]\nsays = ["{"x" * 81}"]', "longer than 80"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PhraseFileError, match=said) as told:
        phrasebook([a_file(tmp_path, text)])
    assert "own.toml" in str(told.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PhraseFileError, match="cannot be read"):
        phrasebook([path])


def test_files_of_a_folder_come_by_name(tmp_path: Path) -> None:
    second, first = (a_file(tmp_path, "", name) for name in ("b.toml", "a.toml"))
    (tmp_path / "notes.txt").write_text("not a phrase file")
    assert phrase_files_in(tmp_path) == [first, second]
    assert phrase_files_in(None) == []
    with pytest.raises(PhraseFileError, match="is no folder"):
        phrase_files_in(tmp_path / "nowhere")
