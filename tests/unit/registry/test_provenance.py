"""A member's corrections outlive the next import."""

from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.provenance import fingerprints, merged

FILE = {"title": "Reading help", "goals": [1], "terms": "free"}


def test_the_same_file_twice_changes_nothing() -> None:
    merge = merged(FILE, fingerprints(FILE), FILE)
    assert (merge.content, merge.imported, merge.kept) == (FILE, fingerprints(FILE), ())


def test_a_value_nobody_touched_follows_the_file() -> None:
    merge = merged(FILE, fingerprints(FILE), {**FILE, "terms": "paid"})
    assert merge.content["terms"] == "paid"
    assert not merge.kept


def test_a_corrected_value_is_kept_and_listed_again_and_again() -> None:
    corrected = {**FILE, "title": "Reading help for the under-fives"}
    base = fingerprints(FILE)
    for offered in (FILE, {**FILE, "title": "Help with reading"}):
        merge = merged(corrected, base, offered)
        assert merge.content["title"] == "Reading help for the under-fives"
        assert [kept.field for kept in merge.kept] == ["title"]
        base = merge.imported


def test_what_was_never_imported_is_somebodys_own() -> None:
    merge = merged(FILE, {}, {**FILE, "terms": "paid"})
    assert merge.content["terms"] == "free"
    assert [kept.field for kept in merge.kept] == ["terms"]


def test_overwriting_lets_the_file_win_and_lead_from_then_on() -> None:
    corrected = {**FILE, "title": "Mine"}
    merge = merged(corrected, fingerprints(FILE), FILE, overwrite=True)
    assert merge.content == FILE
    again = merged(merge.content, merge.imported, {**FILE, "title": "Newer"})
    assert again.content["title"] == "Newer"


def test_a_correction_that_the_file_adopts_is_the_files_again() -> None:
    corrected = {**FILE, "title": "Mine"}
    adopted = merged(corrected, fingerprints(FILE), {**FILE, "title": "Mine"})
    assert not adopted.kept
    moved = merged(adopted.content, adopted.imported, {**FILE, "title": "Newer"})
    assert moved.content["title"] == "Newer"


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
)
def test_importing_twice_is_importing_once(
    current: dict[str, int], base: dict[str, int], offered: dict[str, int]
) -> None:
    once = merged(current, fingerprints(base), offered)
    twice = merged(once.content, once.imported, offered)
    assert (twice.content, twice.imported, twice.kept) == (once.content, once.imported, once.kept)
