"""What carried a score is found in both texts, whatever the texts are made of."""

import time
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.matcher.scoring.text.alike import MOST_SENTENCES, Text, marked, what_carried
from tests.worlds import WordVectors

NEED = Text(
    "We need mentors", "The harbour is closed. Parents want stories for toddlers at nursery."
)
OFFER = Text("Laptops and orchard", "Our theatre is old. Toddlers hear stories. A bakery.")


class _Counting(WordVectors):
    asked = 0

    def transform(self, texts: Iterable[str]) -> NDArray[np.float32]:
        listed = list(texts)
        self.asked += len(listed)
        return super().transform(listed)


def test_the_two_sentences_most_alike_are_told() -> None:
    carried = what_carried(NEED, OFFER, WordVectors())
    assert carried.alike is not None
    assert carried.alike.in_need == "Parents want stories for toddlers at nursery."
    assert carried.alike.in_capability == "Toddlers hear stories."
    assert 0.5 < carried.alike.likeness <= 1
    assert {phrase.in_need for phrase in carried.phrases} == {"stories", "toddlers"}
    assert what_carried(NEED, OFFER, None).alike is None


def test_phrases_and_sentences_are_marked_where_they_stand() -> None:
    pieces = marked("Storytelling? No: story, stories. <b>Toddler</b> stories!", ["stories"],
                    ["<b>Toddler</b> stories!"])  # fmt: skip
    assert [(one.text, one.mark) for one in pieces] == [
        ("Storytelling? No: ", ""),
        ("story", "shared"),
        (", ", ""),
        ("stories", "shared"),
        (". ", ""),
        ("<b>Toddler</b> ", "alike"),
        ("stories", "both"),
        ("!", "alike"),
    ]


ODD = [
    "",
    " ",
    "the of and",
    "تعليم الأطفال القراءة قبل المدرسة؟ نعم.",
    "הוראת קריאה לילדים",
    "幼児に本を読む。学校の前に！",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 stories 🇬🇧",
    "x" * 300,
    "İstanbul stories ẞ ﬁ",
    "a\x00b\u202estories\u202c",
    "stories " * 12_500,
    "\ud800 stories",
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_any_text_is_marked_and_stays_itself(odd: str) -> None:
    encoder = _Counting()
    started = time.process_time()
    for need, offer in (
        (Text("", odd), OFFER),
        (OFFER, Text(odd, odd)),
        (Text(odd, ""), Text(odd, odd)),
    ):
        carried = what_carried(need, offer, encoder)
        phrases = [one.in_need for one in carried.phrases]
        sentences = [carried.alike.in_need] if carried.alike else []
        for text in (need.title, need.description):
            assert "".join(one.text for one in marked(text, phrases, sentences)) == text
    assert encoder.asked <= 3 * 2 * MOST_SENTENCES
    assert time.process_time() - started < 5


@given(
    st.text(max_size=60),
    st.lists(st.text(max_size=12), max_size=3),
    st.lists(st.text(max_size=12), max_size=2),
)
def test_marking_loses_and_adds_nothing(
    text: str, phrases: list[str], sentences: list[str]
) -> None:
    assert "".join(one.text for one in marked(text, phrases, sentences)) == text
