"""What is said about a match: its whole state with every move, its parties from the start.

No coordinator's name and no note: those stay in the matcher. One party's reason is never here.
"""

from collections.abc import Mapping
from typing import Any

from shared.contracts.fields import (
    MAX_TITLE_CHARS,
    Choice,
    Code,
    Day,
    Flag,
    Id,
    Moment,
    Number,
    Text,
    Whole,
)
from shared.contracts.listings import FRAMEWORK, CapabilityText, NeedText, Reason
from shared.contracts.shapes import Many, Part, Shape

MATCH_STATES = (
    "proposed",
    "approved",
    "asked",
    "agreed",
    "introduced",
    "active",
    "completed",
    "unreachable",
    "rejected",
    "superseded",
    "expired",
    "declined",
    "lapsed",
    "withdrawn",
    "ended",
)
ANSWERS = ("yes", "no", "not_now")
STRENGTHS = ("strong", "good", "possible")


class Party(Shape):
    """A member in a match, with the listing it is there for and its answer.

    In a consortium `covers` are the wanted kinds of help that it brings; `said_yes_before` asks it to
    confirm a yes it gave before another party was replaced.
    """

    member_id = Id(required=True)
    name = Text(required=True, min_chars=1, max_chars=MAX_TITLE_CHARS)
    role = Choice("needs", "brings", required=True)
    listing_kind = Choice("need", "capability", load_default=None, allow_none=True)
    listing_id = Id(load_default=None, allow_none=True)
    necessary = Flag(load_default=True)
    answer = Choice(*ANSWERS, load_default=None, allow_none=True)
    answered_at = Moment(load_default=None, allow_none=True)
    covers = Many(Code())
    said_yes_before = Flag()


class Hold(Shape):
    """Why a match waits; `until` is the day a coordinator is reminded."""

    code = Code(required=True)
    until = Day(load_default=None, allow_none=True)


class Ending(Shape):
    """How a match ended and until when its pair cools off; null: it may come again at once."""

    code = Code(required=True)
    by = Choice("coordinator", "member", "rule", "timer", required=True)
    cooling_off_until = Day(load_default=None, allow_none=True)


def from_convene_is_whole(data: Mapping[str, Any]) -> str | None:
    """Only what was made elsewhere may lack a need, a capability or a score."""
    if data["origin"] == "elsewhere":
        return None
    wanted = ("need_id", "need", "capability_ids", "score", "strength", "model_version")
    missing = [name for name in wanted if data[name] in (None, [])]
    return f"a match made by Convene has {', '.join(missing)}" if missing else None


class MatchState(Shape):
    """A match as it stands after the move its event names.

    `revision` rises with each event; `attempt` rises each time the parties may be asked;
    `convenes` is the member that gathers the parties of a consortium, null for a pair.
    """

    rules = (from_convene_is_whole,)

    match_id = Id(required=True)
    round = Whole(required=True, at_least=1)
    previous_match_id = Id(load_default=None, allow_none=True)
    origin = Choice("convene", "elsewhere", load_default="convene")
    need_id = Id(load_default=None, allow_none=True)
    capability_ids = Many(Id(), load_default=list)
    state = Choice(*MATCH_STATES, required=True)
    revision = Whole(required=True, at_least=1)
    attempt = Whole(load_default=0)
    parties = Many(Part(Party), required=True, at_least=2)
    convenes = Id(allow_none=True)
    need = Part(NeedText, load_default=None, allow_none=True)
    capabilities = Many(Part(CapabilityText), load_default=list)
    score = Number(load_default=None, allow_none=True)
    strength = Choice(*STRENGTHS, load_default=None, allow_none=True)
    reasons = Many(Part(Reason), load_default=list)
    model_version = Text(load_default=None, allow_none=True, max_chars=MAX_TITLE_CHARS)
    rules_version = Text(load_default=None, allow_none=True, max_chars=MAX_TITLE_CHARS)
    framework = Text(load_default=FRAMEWORK, min_chars=1, max_chars=MAX_TITLE_CHARS)
    warnings = Many(Code(), load_default=list)
    proposed_at = Moment(required=True)
    expires_at = Moment(load_default=None, allow_none=True)
    approved_at = Moment(load_default=None, allow_none=True)
    asked_at = Moment(load_default=None, allow_none=True)
    lapses_at = Moment(load_default=None, allow_none=True)
    agreed_at = Moment(load_default=None, allow_none=True)
    introduced_at = Moment(load_default=None, allow_none=True)
    hold = Part(Hold, load_default=None, allow_none=True)
    ending = Part(Ending, load_default=None, allow_none=True)
    superseded_by = Id(load_default=None, allow_none=True)
    ask_order = Choice("together", "needs_first", load_default="together")
