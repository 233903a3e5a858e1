"""Changes in a coordinator's words: “If the BBC also delivered in Tendring, …” (stage 7)."""

from collections.abc import Callable
from typing import Final

from services.matcher.scoring.learning.scorer import strength
from services.matcher.scoring.reasons.changes import Change, Sides
from services.matcher.scoring.reasons.counterfactual import Counterfactual
from services.matcher.scoring.reasons.wording import Wording, listed, plain
from shared.reference.vocabulary import BENEFICIARIES, GIVES

NOTHING = "Nothing that either side could change would make this a match."
_KINDS: Final = {
    "goals": "other goals",
    "beneficiaries": "other groups of people",
    "wants": "other kinds of help",
    "gives": "other kinds of help",
}
_VERBS: Final = {
    "goals": "also served",
    "beneficiaries": "also meant this for",
    "gives": "also brought",
    "wants": "also asked for",
}


def sentence_of(found: Counterfactual | None, sides: Sides, wording: Wording) -> str:
    """One sentence about the pair as it is (`sides`); where nothing was found it says so."""
    if found is None:
        return NOTHING
    conditions = []
    for side, member in (("need", sides.needing), ("capability", sides.bringing)):
        told = [PREDICATES[change.kind](change, sides, wording)
                for change in found.changes if change.side == side]  # fmt: skip
        if told:
            conditions.append(f"{member.name} {listed(told)}")
    return f"If {listed(conditions)}, this would be a {strength(found.score)} match."


def _title(change: Change, sides: Sides) -> str:
    return (sides.need if change.side == "need" else sides.capability).title


def _added(change: Change, wording: Wording) -> str:
    """`also served goal 1, …`, `also brought funding`: what was put to a list."""
    field, _, code = change.code.partition(":")
    if field == "goals":
        return f"{_VERBS[field]} {wording.goal(int(code))}"
    return f"{_VERBS[field]} {plain(code, BENEFICIARIES if field == 'beneficiaries' else GIVES)}"


def _more(change: Change) -> str:
    return "one more" if change.code == "1" else f"{change.code} more"


PREDICATES: Final[dict[str, Callable[[Change, Sides, Wording], str]]] = {
    "confirm": lambda change, sides, _: f"confirmed that “{_title(change, sides)}” still holds",
    "publish": lambda change, sides, _: f"published “{_title(change, sides)}”",
    "reactivate": lambda _, __, ___: "was no longer paused",
    "any_sector": lambda _, __, ___: "welcomed partners of its own sector",
    "partners": lambda change, _, __: (
        f"looked for {_more(change)} partner{'' if change.code == '1' else 's'}"
    ),
    "capacity": lambda change, _, __: f"had room for {_more(change)}",
    "by": lambda _, __, ___: "still wanted this, though its date has passed",
    "from": lambda _, __, ___: "could begin at once",
    "until": lambda _, __, ___: "offered this for longer",
    "open": lambda change, _, __: f"accepted {_KINDS[change.code]} too",
    "serve": lambda change, _, wording: _added(change, wording),
    "ask": lambda change, _, wording: _added(change, wording),
    "deliver": lambda change, _, wording: f"also delivered in {wording.place(change.code)}",
    "remote": lambda _, __, ___: "could do this remotely",
    "offer": lambda change, _, __: f"also offered {plain(change.code, GIVES)}",
    "waive": lambda _, __, ___: "did without what it asks for in return",
    "budget": lambda _, __, ___: "found a budget for this",
    "price": lambda _, __, ___: "offered this free of charge",
}
"""What a member would do, by the kinds of `COSTS`; its name goes before it."""
