"""Step 14 of the walk, as a person sees it: three questions, then details if one likes."""

from collections.abc import Mapping

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.notifier.domain.errors import Closed, MatchUnknown, NotAParty
from services.notifier.domain.matches import FOLLOWED_STATES, Match
from services.notifier.domain.story import tell
from services.notifier.follow_up import Outcome, report_outcome, tell_details
from services.notifier.pages.fields import Fields
from services.notifier.pages.landing import Landing
from services.notifier.parts import Parts
from services.notifier.store.details import PARTS, Details, details_of_match
from services.notifier.store.records import load_match, outcomes_of_match
from services.notifier.store.wishes import Link
from shared.reference.goals import framework
from shared.web.limits import rate_limit
from shared.web.policy import policy

PURPOSE = "outcome"
STAGES: Mapping[str, str] = {
    "met": "We have talked or met",
    "started": "Something has started",
    "finished": "It is finished, and this is what came of it",
    "ended": "Nothing came of it",
}
ENDINGS: Mapping[str, str] = {
    "never_met": "We never got round to talking",
    "no_money": "There was no money for it",
    "people_left": "The people concerned moved on",
    "done": "There was no need any more",
    "other": "Another reason",
}
PERIODS: Mapping[str, str] = {
    "": "in all",
    "so far": "so far",
    "a month": "a month",
    "a year": "a year",
}


#: What is asked in the second step: label and example of each part.
PART_WORDS: Mapping[str, tuple[str, str]] = {
    "baseline": ("How was it before?", "For example: one child in three had too few words."),
    "activity": ("What did you do together?", "For example: a story hour every week."),
    "input": ("What went into it?", "For example: two trainers, a room, £3,000."),
    "output": ("What came out of it at once?", "For example: 40 hours, 120 families."),
    "outcome": ("What has changed?", "For example: one child in five now."),
    "evidence": ("How do you know?", "For example: the health visitors’ check at two and a half."),
}


class OutcomePage:
    """`/o/<token>` lands; `/outcome/<nonce>` shows the form and takes the report."""

    def __init__(self, parts: Parts, landing: Landing) -> None:
        self._parts = parts
        self._landing = landing

    def add_to(self, blueprint: Blueprint) -> None:
        @blueprint.get("/o/<token>")
        @policy("public")
        def outcome_landing(token: str) -> ResponseReturnValue:
            return self._landing.enter(token, PURPOSE, "pages.outcome")

        @blueprint.get("/outcome/<nonce>")
        @policy("public")
        def outcome(nonce: str) -> ResponseReturnValue:
            link = self._landing.opened(nonce, PURPOSE)
            return self._show(link, Fields({}), thanks=request.args.get("thanks", "") in ("1", "2"))

        @blueprint.post("/outcome/<nonce>")
        @policy("public")
        @rate_limit("outcome", per_minute=30)
        def report(nonce: str) -> ResponseReturnValue:
            return self._take(self._landing.opened(nonce, PURPOSE))

    def _take(self, link: Link) -> ResponseReturnValue:
        fields = Fields(request.form)
        if request.form.get("do") == "details":
            return self._take_details(link, fields)
        with self._parts.database.read() as connection:
            stored = load_match(connection, link.match_id or "")
        outcome = _read(fields, link, first_goal(stored.match) if stored else None)
        if fields.errors:
            return make_response(self._show(link, fields), 422)
        try:
            with self._parts.work() as work:
                report_outcome(
                    work, self._parts.vault, link.match_id or "", link.member_id, outcome
                )
        except (Closed, MatchUnknown, NotAParty):
            return redirect(url_for("pages.outcome", nonce=link.nonce), 303)
        return redirect(url_for("pages.outcome", nonce=link.nonce, thanks=1), 303)

    def _take_details(self, link: Link, fields: Fields) -> ResponseReturnValue:
        """The second step, beside what was reported in the first."""
        words = {part: fields.text(part, most=1000, lines=True) for part in PARTS}
        measure = fields.text("measure", most=200)
        if fields.errors:
            return make_response(self._show(link, fields, thanks=True), 422)
        told = Details(measure, {part: text for part, text in words.items() if text})
        with self._parts.work() as work:
            tell_details(work, self._parts.vault, link, told)
        return redirect(url_for("pages.outcome", nonce=link.nonce, thanks=2), 303)

    def _show(self, link: Link, fields: Fields, *, thanks: bool = False) -> str:
        with self._parts.database.read() as connection:
            stored = load_match(connection, link.match_id or "")
            told = outcomes_of_match(connection, link.match_id or "")
            details = details_of_match(connection, self._parts.vault, link.match_id or "")
        # The introduction may be read before its own event has come back to us.
        followed = stored is not None and stored.match.state in FOLLOWED_STATES | {"agreed"}
        if stored is None or not followed or stored.match.party(link.member_id) is None:
            return render_template("pages/closed.html")
        goal = first_goal(stored.match)
        mine = [row for row in told if row.contact_id == link.contact_id]
        detailed = details.get(mine[-1].outcome_id, {}) if mine else {}
        return render_template(
            "pages/outcome.html",
            link=link,
            story=tell(stored.match, link.member_id),
            told=[row for row in told if row.member_id == link.member_id],
            values=fields.values or detailed,
            goal=framework().goal(goal) if goal else None,
            parts=PART_WORDS,
            more=bool(mine),
            detailed=request.args.get("thanks") == "2",
            errors=fields.errors,
            thanks=thanks,
            stages=STAGES,
            endings=ENDINGS,
            periods=PERIODS,
        )


def first_goal(match: Match) -> int | None:
    """The goal that a match is counted under: the need's first, else the capability's."""
    known = framework().numbers
    for side in (match.need, *match.capabilities):
        for goal in side.get("goals") or ():
            if goal in known:
                return int(goal)
    return None


def _read(fields: Fields, link: Link, goal: int | None) -> Outcome:
    stage = fields.one_of("stage", STAGES, "Please say how far it has come.")
    ending = None
    if stage == "ended":
        ending = fields.one_of("ending_code", ENDINGS, "Please choose the reason that fits best.")
    amount = fields.number("amount")
    unit = fields.text("unit", most=80)
    if amount is not None and not unit:
        fields.errors["unit"] = "Please say what was counted, such as “children”."
    period = fields.values.get("period", "")
    return Outcome(
        stage=stage or "",
        ending_code=ending,
        goal=goal,
        amount=amount,
        unit=unit or None if amount is not None else None,
        period=(period if period in PERIODS else "") or None,
        vouched=fields.values.get("vouched") == "yes",
        sentence=fields.text("sentence", most=1000, lines=True),
        who=fields.text("name", most=120, needed="Please tell us your name."),
        contact_id=link.contact_id,
    )
