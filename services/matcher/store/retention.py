"""How long the matcher keeps what a person wrote. Decision 0241 says why so long."""

from services.matcher.store.tables import verdicts
from shared.storage.retention import STANDARD, Rule

RULES = (
    *STANDARD,
    Rule(
        "notes of verdicts",
        verdicts,
        verdicts.c.at,
        1_095,
        "to answer a member that asks why a match was made or not made; code and features stay",
        empties=(verdicts.c.note,),
    ),
)
