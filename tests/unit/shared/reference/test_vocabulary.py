import pytest

from shared.reference import vocabulary
from shared.reference.vocabulary import VOCABULARIES, UnknownTerm, Vocabulary

EXPECTED = {
    "sectors": "local_government health higher_education further_education schools business "
    "public_body charity housing professional_body",
    "coalitions": "business universities councils health equality",
    "beneficiaries": "early_years school_age post_16 adults older_people families job_seekers "
    "employees carers people_with_disabilities care_leavers small_businesses patients residents",
    "gives": "expertise venue reach funding workforce equipment training_places jobs",
    "modes": "in_person remote either",
    "terms": "free in_kind shared_cost funded paid",
    "budget": "none some to_be_found",
    "urgency": "low medium high",
}


def test_the_lists_are_those_of_the_coalition_file() -> None:
    assert {name: " ".join(each.ids) for name, each in VOCABULARIES.items()} == EXPECTED


@pytest.mark.parametrize("words", VOCABULARIES.values(), ids=VOCABULARIES)
def test_ids_labels_and_other_spellings_all_lead_back_to_the_id(words: Vocabulary) -> None:
    for term in words:
        for text in (term.id, term.label, term.label.upper(), *term.also):
            assert words.parse(text) == term.id
        assert words.label(term.id) == term.label
        assert term.id in words


@pytest.mark.parametrize("words", VOCABULARIES.values(), ids=VOCABULARIES)
def test_no_spelling_means_two_things(words: Vocabulary) -> None:
    spellings = [
        vocabulary._key(text)
        for term in words
        for text in {vocabulary._key(each) for each in (term.id, term.label, *term.also)}
    ]

    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("text", ["In person", "in-person", "IN_PERSON", " in  person "])
def test_capitals_spaces_and_hyphens_do_not_matter(text: str) -> None:
    assert vocabulary.MODES.parse(text) == "in_person"


def test_a_wrong_word_is_refused_with_the_right_ones() -> None:
    with pytest.raises(UnknownTerm) as refusal:
        vocabulary.SECTORS.parse("helth")

    assert refusal.value.allowed == vocabulary.SECTORS.ids
    assert str(refusal.value).startswith("“helth” is no sector. Did you mean health? Write one of:")


@pytest.mark.parametrize("text", ["", "  ", "\x00", "x" * 10_000])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(UnknownTerm):
        vocabulary.GIVES.parse(text)
    with pytest.raises(UnknownTerm):
        vocabulary.GIVES.label(text)


def test_sectors_paid_from_public_money_are_known() -> None:
    assert set(vocabulary.SECTORS.ids) > vocabulary.PUBLICLY_FUNDED_SECTORS
    assert vocabulary.is_publicly_funded("health")
    assert not vocabulary.is_publicly_funded("business")
