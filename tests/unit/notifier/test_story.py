"""What a party is told: both sides in plain words, the same text for page, email and answer."""

import pytest

from services.notifier.domain.errors import NotAParty
from services.notifier.domain.matches import Match, match_from
from services.notifier.domain.story import listed, shortened, tell


def a_match(**changes: object) -> Match:
    state = {
        "match_id": "m",
        "state": "asked",
        "parties": [
            {"member_id": "a", "name": "Council", "role": "needs", "listing_id": "n"},
            {"member_id": "b", "name": "Broadcaster", "role": "brings", "listing_id": "c"},
        ],
        "need": {"title": "Reading", "description": "d", "place_names": ["Tendring"]},
        "capabilities": [
            {"member_id": "b", "title": "Stories", "gives": ["reach", "new_thing"], "terms": "paid"}
        ],
        "reasons": [
            {"feature": "f", "contribution": 0.1, "text": "weaker"},
            {"feature": "g", "contribution": 0.4, "text": "stronger"},
            {"feature": "h", "contribution": 0.2, "text": "stronger"},
            {"feature": "i", "contribution": -0.4, "text": "against"},
            {"feature": "baseline", "contribution": 0.3, "text": "where every pair starts"},
        ],
        **changes,
    }
    return match_from(state)


def test_each_side_is_told_from_its_own_place() -> None:
    council, broadcaster = tell(a_match(), "a"), tell(a_match(), "b")
    assert (council.needing, broadcaster.needing) == (True, False)
    assert (council.others, broadcaster.others) == ("Broadcaster", "Council")
    assert [offer.title for offer in council.their_offers] == ["Stories"]
    assert [offer.title for offer in broadcaster.your_offers] == ["Stories"]


def test_reasons_are_the_ones_that_spoke_for_it_strongest_first_once_each() -> None:
    assert tell(a_match(), "a").why == ("Stronger", "Weaker")


def test_codes_become_words_and_unknown_ones_stay_readable() -> None:
    offer = tell(a_match(), "a").offers[0]
    assert offer.gives == ("reach to the people concerned", "new thing")
    assert "may need procurement" in offer.terms


def test_the_hash_names_the_text() -> None:
    first = tell(a_match(), "a").text_hash
    assert tell(a_match(), "a").text_hash == first
    assert tell(a_match(need={"title": "Other"}), "a").text_hash != first
    assert tell(a_match(), "b").text_hash != first
    assert tell(a_match(), "a").shown()["need_title"] == "Reading"


def test_a_match_with_almost_nothing_in_it_can_still_be_told() -> None:
    story = tell(a_match(need=None, capabilities=[], reasons=[]), "a")
    assert story.need_title == "a shared interest"


def test_strangers_are_told_nothing() -> None:
    with pytest.raises(NotAParty):
        tell(a_match(), "stranger")


def test_lists_read_like_sentences() -> None:
    assert [listed([]), listed(["A"]), listed(["A", "B"])] == ["", "A", "A and B"]
    assert listed(["A", "B", "C"]) == "A, B and C"


def test_long_texts_are_cut_at_a_word() -> None:
    short = shortened("word " * 1000, 50)
    assert len(short) <= 52
    assert short.endswith("word …")
