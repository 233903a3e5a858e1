"""What a coalition may set about its registry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """`screen_texts`: refuse contact details in titles and descriptions.

    A listing nobody confirmed for `confirm_after_days` is to be asked about; after
    `stale_after_days` it is not proposed any more, though never deleted.
    """

    screen_texts: bool = True
    confirm_after_days: int = 182
    stale_after_days: int = 273
