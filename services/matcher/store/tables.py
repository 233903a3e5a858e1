"""The tables of the matcher that most of it asks, under one name."""

from services.matcher.store.known_tables import (
    KNOWN,
    capabilities,
    conflicts,
    examined,
    members,
    needs,
    to_examine,
    turned_away,
    vectors,
)
from services.matcher.store.match_tables import (
    feed,
    match_history,
    match_tags,
    matches,
    pair_memory,
    parties,
    reservations,
)
from services.matcher.store.metadata import METADATA, STANDARD
from services.matcher.store.review_tables import reason_codes, training_rows, verdicts

__all__ = [
    "KNOWN",
    "METADATA",
    "STANDARD",
    "capabilities",
    "conflicts",
    "examined",
    "feed",
    "match_history",
    "match_tags",
    "matches",
    "members",
    "needs",
    "pair_memory",
    "parties",
    "reason_codes",
    "reservations",
    "to_examine",
    "training_rows",
    "turned_away",
    "vectors",
    "verdicts",
]
