"""Step 15 of the walk: what people said is kept as rows to learn from.

One row per verdict, answer or outcome, with the features that were shown and what the reason
teaches; a no because of the place says nothing about the text.
"""

from dataclasses import replace

from services.matcher.domain.codes import ANSWER, VERDICT
from services.matcher.domain.errors import UnknownReason
from services.matcher.domain.matches import Match, Party
from services.matcher.store.learning import (
    TrainingRow,
    Verdict,
    add_training_row,
    code_of,
    remove_training_row,
)
from shared.storage import Work

_EVERYTHING = "all"
_OUTCOME_LABELS = {"met": 1, "started": 1, "finished": 1, "ended": 0}


def learn_from_verdict(work: Work, match: Match, verdict: Verdict) -> None:
    label = 1 if verdict.decision == "approve" else 0
    teaches = _teaches(work, VERDICT, verdict.reason_code, label)
    row = _row(work, match, f"verdict:{match.match_id}", "verdict", "coordinator")
    _add(work, row, label, verdict.reason_code, teaches)


def forget_verdict(work: Work, match_id: str) -> None:
    """An approval that was undone teaches nothing."""
    remove_training_row(work.connection, f"verdict:{match_id}")


def learn_from_answer(work: Work, match: Match, party: Party) -> None:
    """A yes is evidence for everything; "not now" is evidence about nothing but the moment."""
    label = 1 if party.answer == "yes" else 0
    teaches = _teaches(work, ANSWER, party.reason_code, label)
    if party.answer == "not_now":
        teaches = ""
    row = _row(work, match, _source(match, party), "answer", party.role)
    row = replace(row, features=match.features_of(party))
    _add(work, row, label, party.reason_code, teaches)


def forget_answer(work: Work, match: Match, party: Party) -> None:
    remove_training_row(work.connection, _source(match, party))


def learn_from_outcome(work: Work, match: Match, member_id: str, stage: str, code: str) -> None:
    label = _OUTCOME_LABELS[stage]
    party = match.party(member_id)
    side = party.role if party else "brings"
    row = _row(work, match, f"outcome:{match.match_id}:{member_id}:{stage}", "outcome", side)
    _add(work, row, label, code or None, _EVERYTHING if label else "")


def _source(match: Match, party: Party) -> str:
    return f"answer:{match.match_id}:{party.listing_id or party.member_id}"


def _teaches(work: Work, of_list: str, code: str | None, label: int) -> str:
    """A yes without a reason teaches the whole score; a no without one teaches nothing."""
    if code is None:
        return _EVERYTHING if label else ""
    try:
        return code_of(work.connection, of_list, code).teaches
    except UnknownReason:  # a code of a list that was since cut: kept, and teaches nothing
        return ""


def _row(work: Work, match: Match, source: str, kind: str, side: str) -> TrainingRow:
    return TrainingRow(
        source=source,
        match_id=match.match_id,
        need_id=match.need_id,
        capability_set=match.capability_set,
        kind=kind,
        side=side,
        label=0,
        reason_code=None,
        teaches="",
        features=match.features,
        model_version=match.model_version,
        at=work.now,
    )


def _add(work: Work, row: TrainingRow, label: int, code: str | None, teaches: str) -> None:
    if row.features:  # made elsewhere: nobody scored it, there is nothing to learn from
        filled = replace(row, label=label, reason_code=code, teaches=teaches)
        add_training_row(work.connection, filled)
