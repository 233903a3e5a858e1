"""How the two sides of a match fit: what each gives and gets, where, and the rules it passed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.matcher.console import words
from services.matcher.console.match.read import MatchPage
from services.matcher.console.places.drawing import WIDEST, districts, small_map
from services.matcher.domain.matches import Match
from services.matcher.scoring.market.rules import RULES

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one member puts in and what it gets out, in words; `asks` is its own condition."""

    name: str
    gives: str
    gets: str
    asks: str = ""


def exchanges(match: Match) -> list[Exchange]:
    """The side with the need first. Of a consortium, each supplier gives what it is there for."""
    covers = (match.consortium or {}).get("covers", {})
    wanted = match.need.get("wants") or ()
    brought: list[str] = []
    suppliers = []
    for capability in match.capabilities:
        gives = covers.get(capability["capability_id"]) or capability.get("gives") or ()
        brought += gives
        suppliers.append(
            Exchange(
                name=_member(match, capability["capability_id"]),
                gives=_help(gives),
                gets=_help(match.need.get("offers") or ()),
                asks=str(capability.get("requires") or ""),
            )
        )
    if not suppliers:
        return []
    got = [one for one in dict.fromkeys(brought) if not wanted or one in wanted] or brought
    needing = next((one.name for one in match.parties if one.role == "needs"), "")
    return [Exchange(needing, _help(match.need.get("offers") or ()), _help(got)), *suppliers]


def place_map(page: MatchPage) -> Markup:
    """The need's districts, shaded where the offer is delivered; nothing where that is too wide
    to be seen, or for help that is given from afar.
    """
    places = page.match.need.get("places") or ()
    if page.need is None or not page.capabilities or len(districts(places)) > WIDEST:
        return Markup()
    reached: list[str] = []
    for state in page.capabilities.values():
        member = page.members.get(state["member_id"]) or {}
        reached += state.get("delivers_in") or member.get("places") or ()
    named = words.listed([words.place(code) for code in places])
    covered = words.listed(list(dict.fromkeys(words.place(code) for code in reached)))
    return small_map(places, reached, title=f"{named}; what is offered is delivered in {covered}")


def passed(page: MatchPage) -> list[str]:
    """What each hard rule came to for this match, in the order in which they are told."""
    found = [said(page) if callable(said := _SAID[rule]) else said for rule in RULES]
    return [text for text in found if text]


def _sectors(page: MatchPage) -> str:
    found = [
        words.term("sector", state["sector"])
        for party in page.match.parties
        if (state := page.members.get(party.member_id)) is not None
    ]
    if len(set(found)) < len(found):
        return "The need welcomes its own sector, or two suppliers share one."
    return f"Not the same sector: {words.listed([one[:1].lower() + one[1:] for one in found])}."


def _places(page: MatchPage) -> str:
    modes = {state["mode"] for state in page.capabilities.values()}
    if modes == {"remote"}:
        return "It is given from afar, so the place does not matter."
    if not page.match.need.get("places"):
        return "No place was stated, so it is left to you."
    return "It is delivered where the need is."


def _strict(said: str, *fields: str) -> Callable[[MatchPage], str]:
    def found(page: MatchPage) -> str:
        sides: Sequence[Row] = [*([page.need] if page.need else []), *page.capabilities.values()]
        strict = {field for side in sides for field in side.get("strict") or ()}
        return said if strict.intersection(fields) else ""

    return found


_SAID: Mapping[str, str | Callable[[MatchPage], str]] = {
    "same_member": "Need and offer are of different members.",
    "paused": "The members take part; none is paused.",
    "not_published": "Need and offer are published.",
    "same_sector": _sectors,
    "conflict": "No conflict was declared between them.",
    "no_common_place": _places,
    "no_capacity": "There is capacity left for it.",
    "no_partner_place": "The need still looks for a partner.",
    "not_available": "It is available in time.",
    "unconfirmed": "Both were confirmed lately enough.",
    "cooling_off": "They were not matched on this lately.",
    "strict_goals": _strict("They share a goal, which one side insists on.", "goals"),
    "strict_beneficiaries": _strict(
        "They serve the same people, which one side insists on.", "beneficiaries"
    ),
    "strict_help": _strict("The kind of help is what one side insists on.", "wants", "gives"),
}


def _member(match: Match, capability_id: str) -> str:
    found = (one.name for one in match.parties if one.listing_id == capability_id)
    return next(found, "The other side")


def _help(codes: Sequence[str]) -> str:
    labels = [words.term("gives", code) for code in dict.fromkeys(codes)]
    return (
        ", ".join([labels[0], *(one[:1].lower() + one[1:] for one in labels[1:])]) if labels else ""
    )
