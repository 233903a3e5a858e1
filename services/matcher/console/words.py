"""Codes in a coordinator's words. What a table does not know is shown as it is, never hidden."""

from collections.abc import Mapping, Sequence

from shared.reference.goals import UnknownFramework, UnknownGoal, framework
from shared.reference.places import PlaceError, Places
from shared.reference.vocabulary import (
    BENEFICIARIES,
    BUDGET,
    GIVES,
    MODES,
    SECTORS,
    TERMS,
    URGENCY,
    Vocabulary,
)

STATES = {
    "proposed": "To review",
    "approved": "Approved",
    "asked": "Members asked",
    "unreachable": "Cannot be reached",
    "agreed": "Agreed",
    "introduced": "Introduced",
    "active": "Working together",
    "completed": "Completed",
    "ended": "Ended",
    "rejected": "Rejected",
    "superseded": "Replaced by a better one",
    "expired": "Expired",
    "declined": "Declined",
    "lapsed": "No answer came",
    "withdrawn": "Withdrawn",
}
STRENGTHS = {"strong": "Strong", "good": "Good", "possible": "Possible", "weak": "Weak"}
FEATURES = {
    "baseline": "Starting point",
    "meaning": "What the texts are about",
    "words": "Words in common",
    "goals": "Goals",
    "beneficiaries": "Who it is for",
    "help": "Kind of help",
    "place": "Place",
    "offers": "What is asked in return",
    "terms": "Cost",
    "freshness": "How recent",
    "load": "How busy they are",
    "priority": "How pressing it is",
    "parties": "How many must agree",
}
WARNINGS = {
    "may_need_procurement": (
        "This is a paid offer to a public body: it may need procurement. Check before approving."
    ),
    "pre_election": (
        "A publicly funded member is in a pre-election period. Consider holding this until after."
    ),
    "not_asked_yet": (
        "One of the members was invited and has not agreed to be asked. It can be approved once "
        "that member has accepted the invitation."
    ),
}
RULES = {
    "same_member": "Same member",
    "same_sector": "Same sector",
    "no_common_place": "Place",
    "no_capacity": "No capacity left",
    "no_partner_place": "No partner place left",
    "not_available": "Not available then",
    "conflict": "Conflict",
    "paused": "Paused",
    "not_published": "Not published",
    "unconfirmed": "Not confirmed",
    "cooling_off": "Cooling off",
    "strict_goals": "Goals",
    "strict_beneficiaries": "Who it is for",
    "strict_help": "Kind of help",
    "too_weak": "Not good enough",
}
ACCOUNT_ROLES = {
    "viewer": "Viewer: may look",
    "coordinator": "Coordinator: may decide",
    "administrator": "Administrator: may decide and look after accounts and settings",
}
LISTING_STATES = {
    "draft": "Draft",
    "published": "Published",
    "paused": "Paused",
    "closed": "Closed",
    "withdrawn": "Withdrawn",
}
MEMBER_STATES = {
    "invited": "Invited",
    "active": "Active",
    "paused": "Paused",
    "withdrawn": "Withdrawn from the coalition",
}
ANSWERS = {"yes": "Yes", "no": "No", "not_now": "Not now"}
ROLES = {"needs": "Has the need", "brings": "Can bring"}
STAGES = {"met": "They met", "started": "Work started", "finished": "Finished", "ended": "Ended"}
MESSAGES = {
    "approach": "The question",
    "reminder": "Reminder",
    "introduction": "Introduction",
    "closing": "Closing email",
    "follow_up": "Follow-up",
    "answer_copy": "Copy of the answer",
    "invitation": "Invitation",
    "question": "A coordinator’s question",
    "fresh_link": "A link to one’s own pages",
}
TASKS = {
    "introduction": "Introduction",
    "suggestion": "A suggested change",
    "erasure": "A person asks to be erased",
    "complaint": "A complaint about personal data",
}
SUGGESTED = {
    "place": "the place",
    "number": "the number",
    "dates": "the dates",
    "other": "something else",
}
DETAILS = {
    "measure": "Measure",
    "baseline": "Before",
    "activity": "What they did",
    "input": "What went in",
    "output": "What came out at once",
    "outcome": "What has changed",
    "evidence": "How they know",
}
MESSAGE_STATES = {
    "planned": "waiting to be sent",
    "claimed": "being sent",
    "rendered": "being sent",
    "dot_written": "being sent",
    "accepted": "sent",
    "retry_later": "waiting to be tried again",
    "failed": "could not be sent",
    "suppressed": "not sent: the address does not want our mail or bounced before",
    "cancelled": "not sent: no longer needed",
    "ambiguous": "not certain that it arrived",
    "held": "held: it is not certain that it arrived",
}
FAILURES = {
    "no_contact": "there is nobody to ask: the member has no contact with a lawful ground",
    "undeliverable": "the mail server refused the address",
    "suppressed": "the address does not want our mail or bounced before",
    "refused": "the mail was refused",
    "held_ambiguous": "it is not certain that the mail arrived, so it is held",
}
MOVES = {
    "propose": "Proposed by the matcher",
    "record": "Recorded: made elsewhere",
    "approve": "Approved",
    "undo_approval": "Approval undone",
    "confirm": "Approval took effect; the members are being asked",
    "reject": "Rejected",
    "supersede": "Replaced by a better proposal",
    "expire": "Expired: nobody decided in time",
    "hold": "Put on hold",
    "release": "Released from hold",
    "mark_asked": "All members were asked",
    "mark_unreachable": "A member cannot be reached",
    "ask_again": "Asked again",
    "decline": "Declined by a member",
    "lapse": "Lapsed: no answer came in time",
    "agree": "Agreed: every necessary answer is yes",
    "reopen": "Opened again: an answer was taken back",
    "withdraw": "Withdrawn",
    "introduce": "Introduced: the members have each other's contacts",
    "start": "First contact reported",
    "complete": "Completed",
    "end": "Ended",
    "answer": "Answer received",
    "answer_undone": "Answer taken back",
    "change_suggested": "A change was suggested",
    "change_taken_back": "The suggested change was taken back",
    "approach_sent": "The question was sent",
    "approach_failed": "The question could not be sent",
    "reminder_sent": "A reminder was sent",
    "introduction_sent": "The introduction was sent",
    "closing_sent": "A closing email was sent",
    "follow_up_sent": "Asked what came of it",
    "answer_copy_sent": "A copy of the recorded answer was sent",
    "outcome": "A member reported what came of it",
}
OPENED_BY = {
    "material_change": "what is needed or offered has changed",
    "cooling_over": "the cooling-off is over",
    "coordinator": "a coordinator asked for it",
    "role_reopened": "one party said no; the others are asked to confirm",
}
BY = {
    "coordinator": "a coordinator",
    "member": "a member",
    "rule": "the matcher",
    "timer": "the clock",
    "notifier": "the mail service",
}
_VOCABULARIES: Mapping[str, Vocabulary] = {
    "sector": SECTORS,
    "beneficiary": BENEFICIARIES,
    "gives": GIVES,
    "mode": MODES,
    "terms": TERMS,
    "budget": BUDGET,
    "urgency": URGENCY,
}


def said(table: Mapping[str, str], code: str | None) -> str:
    """The words of a code; a code that is new shows as words as good as can be."""
    if not code:
        return ""
    return table.get(code) or code.replace("_", " ").capitalize()


def term(vocabulary: str, code: str | None) -> str:
    if not code:
        return ""
    known = _VOCABULARIES[vocabulary]
    return known.label(code) if code in known else said({}, code)


def goal(number: int, framework_id: str = "") -> str:
    """`1 Strong foundations in early years`, in the edition a proposal was made under."""
    try:
        edition = framework(framework_id) if framework_id else framework()
        return f"{number} {edition.goal(number).title}"
    except (UnknownGoal, UnknownFramework):
        return f"Goal {number}"


def place(code: str) -> str:
    """Its name; a code newer than our tables is shown as it is."""
    try:
        return Places.load().get(code).name
    except PlaceError:
        return code


def terms(vocabulary: str, codes: Sequence[str]) -> str:
    return listed([term(vocabulary, code) for code in codes])


def places(codes: Sequence[str]) -> str:
    return listed([place(code) for code in codes])


def amount(value: float) -> str:
    """`1,500,000`, `2.5`: never in powers of ten."""
    return f"{value:,.15g}"


def listed(parts: list[str]) -> str:
    """`a, b and c`"""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
