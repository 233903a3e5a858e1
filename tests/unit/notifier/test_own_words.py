"""The bounds of what a coordinator may write into an approach."""

import pytest

from services.notifier.domain.errors import WordingRefused
from services.notifier.mail.own_words import USUAL, OwnWords, own_words


@pytest.mark.parametrize(
    ("subject", "opening", "field"),
    [
        ("", "See <b>this</b>", "opening"),
        ("", "Write to pat@bbc.example", "opening"),
        ("", "Look at www.bbc.example first", "opening"),
        ("", "Look at bbc.com first", "opening"),
        ("", "Ring me on 01206 123 456 today", "opening"),
        ("", "Ring +44 (0)1206-123456", "opening"),
        ("", "Dear {nobody}", "opening"),
        ("", "x" * 601, "opening"),
        ("http://elsewhere.example/x", "", "subject"),
        ("x" * 71, "", "subject"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(subject: str, opening: str, field: str) -> None:
    with pytest.raises(WordingRefused) as refused:
        own_words(subject, opening)
    assert refused.value.field == field


def test_plain_words_are_taken_on_one_line() -> None:
    opening = "We spoke on 14 December 2026 about 2026-27:\r\n 1,500 books, e.g. for Jaywick."
    assert own_words(" Stories\nfor  children ", opening) == OwnWords(
        "Stories for children",
        "We spoke on 14 December 2026 about 2026-27: 1,500 books, e.g. for Jaywick.",
    )
    assert own_words(" ", "\n") == USUAL
    assert USUAL.said == {}
