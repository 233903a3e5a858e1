"""The menu: sections along the top, and the pages of the present section below them.

A new page is given its place here; which section is the present one is told by the path.
"""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from services.matcher.console.accounts.coordinators import (
    ADMINISTRATOR,
    COORDINATOR,
    VIEWER,
    Coordinator,
)


@dataclass(frozen=True, slots=True)
class Item:
    """A page in the menu; `below` are the beginnings of the paths that belong to it."""

    title: str
    endpoint: str
    below: tuple[str, ...]
    role: str = VIEWER
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **dict(self.arguments))

    @property
    def here(self) -> bool:
        """Whether the page that is shown is this one or below it."""
        return any(
            request.path == one or (one != "/" and request.path.startswith(f"{one}/"))
            for one in self.below
        )


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: tuple[Item, ...]

    @property
    def url(self) -> str:
        return self.items[0].url

    @property
    def here(self) -> bool:
        return any(item.here for item in self.items)


SECTIONS = (
    Section("Home", (Item("Home", "console.home", ("/", "/stalled")),)),
    Section(
        "Review",
        (
            Item(
                "Review",
                "console.listed",
                ("/lists/proposals",),
                arguments=(("name", "proposals"),),
            ),
        ),
    ),
    Section(
        "Matches",
        (
            Item(
                "Matches",
                "console.listed",
                ("/lists", "/matches"),
                arguments=(("name", "waiting"),),
            ),
        ),
    ),
    Section(
        "Directory",
        (
            Item("Needs", "console.needs", ("/needs",)),
            Item("Capabilities", "console.capabilities", ("/capabilities",)),
            Item("Members", "console.members", ("/members",)),
            Item("Duplicates", "console.duplicates", ("/duplicates",)),
        ),
    ),
    Section(
        "Places",
        (
            Item("Coverage", "console.coverage", ("/coverage", "/places")),
            Item("Fairness", "console.fairness", ("/fairness",)),
        ),
    ),
    Section(
        "Reports",
        (
            Item(
                "What happened",
                "console.report",
                ("/reports/activity",),
                arguments=(("name", "activity"),),
            ),
            Item(
                "What came of it",
                "console.report",
                ("/reports/outcomes",),
                arguments=(("name", "outcomes"),),
            ),
            Item(
                "How long it takes",
                "console.report",
                ("/reports/time",),
                arguments=(("name", "time"),),
            ),
            Item(
                "Shares of help",
                "console.report",
                ("/reports/fairness",),
                arguments=(("name", "fairness"),),
            ),
        ),
    ),
    Section("Import", (Item("Import", "console.upload", ("/import", "/imports"), COORDINATOR),)),
    Section(
        "Settings",
        (
            Item("Emails", "console.emails", ("/emails",), ADMINISTRATOR),
            Item("Schedule", "console.schedule", ("/schedule",), COORDINATOR),
            Item("Rounds", "console.rounds", ("/rounds",), ADMINISTRATOR),
            Item("Figures", "console.figures", ("/figures",), ADMINISTRATOR),
            Item("Models", "console.models", ("/models",), ADMINISTRATOR),
            Item("People", "console.people", ("/people",), ADMINISTRATOR),
            Item("Complaints", "console.complaints", ("/complaints",), COORDINATOR),
            Item("Set aside", "console.set_aside", ("/set-aside",), ADMINISTRATOR),
            Item("Reasons", "console.reasons", ("/reasons",), ADMINISTRATOR),
        ),
    ),
)


def menu_of(me: Coordinator) -> tuple[Section, ...]:
    """The sections with something for this person; the first that fits the path is the present."""
    open_to = [
        Section(one.title, tuple(item for item in one.items if item.role in me.scopes))
        for one in SECTIONS
    ]
    return tuple(one for one in open_to if one.items)


def present(sections: tuple[Section, ...]) -> Section | None:
    return next((one for one in sections if one.here), None)
