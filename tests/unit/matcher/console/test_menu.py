"""The menu: every page has one place in it, and nobody is shown what is not theirs."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from services.matcher.console.accounts.coordinators import ROLES, Coordinator
from services.matcher.console.menu import SECTIONS, menu_of, present


def somebody(role: str) -> Coordinator:
    return Coordinator("c-1", "c@convene.example", "Cara", role, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_what_their_role_may_open(role: str) -> None:
    scopes = somebody(role).scopes
    shown = [item for section in menu_of(somebody(role)) for item in section.items]
    assert shown == [i for section in SECTIONS for i in section.items if i.role in scopes]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Home"),
        ("/lists/proposals", "Review"),
        ("/lists/waiting", "Matches"),
        ("/matches/m-1/compare", "Matches"),
        ("/needs/need-1", "Directory"),
        ("/places/E07000076", "Places"),
        ("/rounds/what-if", "Settings"),
        ("/account", None),
    ],
)
def test_a_path_is_in_one_section(path: str, title: str | None) -> None:
    with Flask("menu").test_request_context(path):
        found = present(menu_of(somebody(ROLES[-1])))
        assert (found.title if found else None) == title


def test_no_path_belongs_to_two_pages() -> None:
    below = [path for section in SECTIONS for item in section.items for path in item.below]
    assert len(below) == len(set(below))
