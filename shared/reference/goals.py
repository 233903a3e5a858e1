"""The goals that needs, capabilities and matches are counted under, as versioned frameworks.

A proposal keeps the framework it was made under, so an edition is never changed once published:
a new one is a new file in `data/goals` and a line in the crosswalks.
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.reference.place import quoted
from shared.reference.wording import plain

DEFAULT_FRAMEWORK = "levelling-up-goals-2021"
_FOLDER = Path(__file__).parent / "data" / "goals"
_CROSSWALKS = "crosswalks.json"
_NUMBERED = re.compile(r"([0-9]{1,3})(?=\D|$)[\s.:)\-–·]*(.*)", re.DOTALL)
_LONGEST_TEXT = 200
_SHORTEST_BEGINNING = 4


class UnknownFramework(LookupError):
    """No goal framework has this id."""


class UnknownGoal(LookupError):
    """The framework has no goal by this number or name; the message lists those it has."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`measures` are figures by which progress can be told; there may be none."""

    number: int
    title: str
    description: str
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framework:
    """One edition of a set of goals, in the order of their numbers."""

    id: str
    version: str
    title: str
    source: str
    goals: tuple[Goal, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(goal.number for goal in self.goals)

    @property
    def _noun(self) -> str:
        """What one of them is called: goal, mission."""
        return self.title.split()[-1].casefold().removesuffix("s")

    def goal(self, number: int) -> Goal:
        """The goal of this number; `UnknownGoal` if there is none."""
        for goal in self.goals:
            if goal.number == number:
                return goal
        raise UnknownGoal(self._refusal(str(number)))

    def find(self, text: str | int) -> Goal:
        """The goal meant by a number, a title, its beginning, or both ("1 Strong foundations").

        A number and a title that disagree are refused with `UnknownGoal`, as is a beginning that
        fits several titles.
        """
        if isinstance(text, int):
            return self.goal(text)
        clean = text.strip().casefold()[:_LONGEST_TEXT].removeprefix(self._noun).strip()
        numbered = _NUMBERED.fullmatch(clean)
        if numbered is None:
            return self._titled(text, plain(clean))
        goal = self.goal(int(numbered.group(1)))
        words = plain(numbered.group(2))
        if words and self._titled(text, words) != goal:
            raise UnknownGoal(self._refusal(text))
        return goal

    def _titled(self, text: str, words: str) -> Goal:
        titles = {plain(goal.title): goal for goal in self.goals}
        if words in titles:
            return titles[words]
        found = [goal for title, goal in titles.items() if title.startswith(words)]
        if len(words) < _SHORTEST_BEGINNING or len(found) != 1:
            raise UnknownGoal(self._refusal(text))
        return found[0]

    def _refusal(self, text: str) -> str:
        listed = "; ".join(f"{goal.number} {goal.title}" for goal in self.goals)
        return f"{quoted(text)} is none of the {self.title}. Write the number or title of one: {listed}."


def frameworks() -> tuple[str, ...]:
    """Ids of all frameworks there are, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json") if path.name != _CROSSWALKS))


@functools.cache
def framework(framework_id: str = DEFAULT_FRAMEWORK) -> Framework:
    """The framework of this id, by default the goals of 2021; read once."""
    if framework_id not in frameworks():
        known = ", ".join(frameworks())
        raise UnknownFramework(f"{quoted(framework_id)} is no goal framework. There are: {known}.")
    record: dict[str, Any] = _read(f"{framework_id}.json")
    goals = tuple(
        Goal(row["number"], row["title"], row["description"], tuple(row.get("measures", ())))
        for row in record["goals"]
    )
    return Framework(record["id"], record["version"], record["title"], record["source"], goals)


@functools.cache
def crosswalk(source_id: str, target_id: str) -> Mapping[int, tuple[int, ...]]:
    """Goal number to the numbers it counts towards in another framework, the closest first."""
    for record in _read(_CROSSWALKS):
        if (record["from"], record["to"]) == (source_id, target_id):
            links = record["links"]
            return MappingProxyType({int(number): tuple(to) for number, to in links.items()})
    raise UnknownFramework(
        f"There is no crosswalk from {quoted(source_id)} to {quoted(target_id)}: add one to "
        f"shared/reference/data/goals/{_CROSSWALKS}."
    )


def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
