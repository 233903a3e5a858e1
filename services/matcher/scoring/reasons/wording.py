"""Names of places, goals and codes as a sentence needs them (stage 7 of matching)."""

from collections.abc import Mapping, Sequence

from services.matcher.scoring.text.represent import PlaceBook
from services.matcher.scoring.text.suggest import Suggestions
from shared.reference.vocabulary import Vocabulary

MOST_PLACES = 4
WITH_ARTICLE = ("United Kingdom", "North East", "North West", "East Midlands", "West Midlands",
                "East of England", "South East", "South West")  # fmt: skip


class Wording:
    """`goal_names` by number, of the framework in use."""

    def __init__(self, places: PlaceBook, goal_names: Mapping[int, str]) -> None:
        self._places = places
        self._goal_names = goal_names

    def name_of_place(self, code: str) -> str | None:
        try:
            return self._places.get(code).name
        except LookupError:
            return None

    def name_of_goal(self, goal: int) -> str | None:
        return self._goal_names.get(goal)

    def place(self, code: str) -> str:
        """`Tendring`, `the United Kingdom`; a code that is not known is shown as it is."""
        name = self.name_of_place(code)
        if name is None:
            return code
        return f"the {name}" if name in WITH_ARTICLE else name

    def places(self, codes: Sequence[str]) -> str:
        """`Essex, Leeds and Scotland`; of many the first few and how many more."""
        names = [self.place(code) for code in codes]
        if len(names) > MOST_PLACES:
            names = [*names[: MOST_PLACES - 1], f"{len(names) - MOST_PLACES + 1} more places"]
        return listed(names) or "no stated place"

    def goal(self, goal: int) -> str:
        """`goal 1, Strong foundations in early years`"""
        name = self._goal_names.get(goal)
        return f"goal {goal}, {name}" if name else f"goal {goal}"


def plain(code: str, words: Vocabulary) -> str:
    """The label in the middle of a sentence; a code outside the vocabulary is shown as it is."""
    label = words.label(code) if code in words else code.replace("_", " ")
    return label[:1].lower() + label[1:]


def listed(words: Sequence[str]) -> str:
    """`a, b and c`; with semicolons where one of them has a comma itself."""
    if len(words) < 2:
        return "".join(words)
    joint = "; and " if any("," in word for word in words) else " and "
    between = "; " if any("," in word for word in words) else ", "
    return between.join(words[:-1]) + joint + words[-1]


def where_read(feature: str, side: str, found: Suggestions) -> str:
    """What a sentence adds where this side left the field out: ` We read “nursery” in its text.`"""
    if feature not in found:
        return ""
    phrases = [f"“{one.phrase}”" for one in found[feature] if one.phrase]
    told = dict.fromkeys(phrases)
    if not told:
        return f" We take the {side}'s from its text as a whole, so it counts for less."
    return f" We read {listed(list(told))} in the {side}'s text, so it counts for less."
