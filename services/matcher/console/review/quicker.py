"""What is said when somebody was quicker: who, what and when, never only that it failed."""

from services.matcher.console import times, words
from services.matcher.console.accounts.coordinators import names_of
from services.matcher.console.parts import parts
from services.matcher.domain.errors import AlreadyDecided
from services.matcher.store.matches import load_match
from shared.web.policy import principal


def already_decided(error: AlreadyDecided) -> str:
    """`Already approved by Cara Lee at 3 November 2026, 14:03.`"""
    first = error.first
    if first.coordinator_id == principal().id:
        who = "you"
    else:
        with parts().database.read() as connection:
            found = names_of(connection, [first.coordinator_id])
        who = found.get(first.coordinator_id, "another coordinator")
    return f"Already {first.decision} by {who} at {times.moment(first.at)}."


def moved_on(match_id: str) -> str:
    """What the last move was, by whom and when."""
    with parts().database.read() as connection:
        last = load_match(connection, match_id).last
        names = names_of(connection, [last.actor_id if last else None])
    what = ""
    if last is not None:
        who = names.get(last.actor_id or "", words.said(words.BY, last.by))
        what = f" ({words.said(words.MOVES, last.move).lower()}, by {who}, {times.moment(last.at)})"
    return f"The match has changed since you opened it{what}."
