"""Step 14 of the walk: ask what came of an introduction, and publish what is reported."""

from dataclasses import dataclass
from typing import Any

from services.notifier.domain.errors import Closed, MatchUnknown, NotAParty
from services.notifier.domain.matches import FOLLOWED_STATES
from services.notifier.domain.messages import Kind
from services.notifier.domain.schedule import Pace, at_days
from services.notifier.notice import note_match
from services.notifier.store.details import Details, save_details
from services.notifier.store.ledger import Plan, cancel_unsent, messages_of_match, plan_message
from services.notifier.store.records import load_match, outcomes_of_match
from services.notifier.store.tables import outcomes
from services.notifier.store.vault import Vault
from services.notifier.store.wishes import Link
from shared.contracts.envelope import Event, wire_time
from shared.contracts.types import OUTCOME_REPORTED
from shared.ids import new_id
from shared.storage import Work

STAGES = ("met", "started", "finished", "ended")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one party says came of it; the sentence and the name are personal and stay here."""

    stage: str
    ending_code: str | None = None
    goal: int | None = None
    amount: float | None = None
    unit: str | None = None
    period: str | None = None
    vouched: bool = False
    sentence: str = ""
    who: str = ""
    contact_id: str | None = None


def schedule_follow_ups(pace: Pace, work: Work, event: Event) -> None:
    """Plan the follow-up mails of an introduced match, or of one that was made elsewhere."""
    match = note_match(work, event)
    if match.state not in FOLLOWED_STATES:
        return
    cancel_unsent(
        work.connection, work.now, match_id=match.match_id, kinds=(Kind.APPROACH, Kind.REMINDER)
    )
    begun_at = work.now if match.origin == "elsewhere" else match.moment("introduced_at")
    copies = messages_of_match(work.connection, match.match_id, [Kind.INTRODUCTION])
    contact_of = {copy.member_id: copy.contact_id for copy in copies}
    for party in match.parties:
        for step, due_at in at_days(begun_at or event.time, pace.follow_up_days):
            plan = Plan(
                kind=Kind.FOLLOW_UP,
                match_id=match.match_id,
                member_id=party.member_id,
                listing_id=party.listing_id,
                contact_id=contact_of.get(party.member_id),
                step=step,
                due_at=due_at,
                correlation_id=event.correlation_id,
            )
            plan_message(work.connection, plan, work.now)


def stop_following(work: Work, event: Event) -> None:
    """The partnership is completed or ended: nobody is asked about it again."""
    match = note_match(work, event)
    cancel_unsent(work.connection, work.now, match_id=match.match_id, kinds=(Kind.FOLLOW_UP,))


def report_outcome(
    work: Work, vault: Vault, match_id: str, member_id: str, outcome: Outcome
) -> str:
    """Keep what was reported and publish it; returns the outcome's id."""
    stored = load_match(work.connection, match_id, lock=True)
    if stored is None:
        raise MatchUnknown(f"match {match_id} is not known here yet; try again in a minute")
    if stored.match.party(member_id) is None:
        raise NotAParty(f"member {member_id} is not a party of match {match_id}")
    if stored.match.state not in FOLLOWED_STATES:
        raise Closed(f"match {match_id} is {stored.match.state}: there is nothing to report yet")
    outcome_id = _keep(work, vault, match_id, member_id, outcome)
    data = {
        "match_id": match_id,
        "member_id": member_id,
        **_said(outcome),
        "reported_at": wire_time(work.now),
    }
    correlation_id = stored.correlation_id
    work.publish(OUTCOME_REPORTED, match_id, data, correlation_id=correlation_id, follows=True)
    work.audit("outcome.reported", match_id, {"member_id": member_id, "stage": outcome.stage})
    return outcome_id


def tell_details(work: Work, vault: Vault, link: Link, details: Details) -> None:
    """Keep what this person says in detail about the last outcome they reported, if any."""
    reported = outcomes_of_match(work.connection, link.match_id or "")
    mine = [row for row in reported if row.contact_id == link.contact_id]
    if mine and link.contact_id is not None:
        save_details(work.connection, vault, mine[-1].outcome_id, details, work.now)
        work.audit("outcome.detailed", link.match_id or "", {"member_id": link.member_id})


def _said(outcome: Outcome) -> dict[str, Any]:
    """The parts that are published: codes and figures, no words of a person."""
    return {
        "stage": outcome.stage,
        "ending_code": outcome.ending_code,
        "goal": outcome.goal,
        "amount": outcome.amount,
        "unit": outcome.unit,
        "period": outcome.period,
        "vouched": outcome.vouched,
    }


def _keep(work: Work, vault: Vault, match_id: str, member_id: str, outcome: Outcome) -> str:
    outcome_id = new_id()
    subject = outcome.contact_id or f"member:{member_id}"
    sealed = [
        vault.seal(work.connection, subject, text.encode(), work.now) if text else None
        for text in (outcome.sentence, outcome.who)
    ]
    work.connection.execute(
        outcomes.insert().values(
            outcome_id=outcome_id,
            match_id=match_id,
            member_id=member_id,
            contact_id=outcome.contact_id,
            vault_subject=subject,
            sealed_sentence=sealed[0],
            sealed_who=sealed[1],
            reported_at=work.now,
            **_said(outcome),
        )
    )
    return outcome_id
