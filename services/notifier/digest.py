"""The summary a person asked for: what waits for its member's answer, what came, what to report.

One per person and period. Whether there is anything to say is decided when it is sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, exists, or_, select

from services.notifier.contents import day_in_words
from services.notifier.domain.answers import current_answers
from services.notifier.domain.calendar import LONDON
from services.notifier.domain.matches import FOLLOWED_STATES, Match
from services.notifier.domain.messages import WAITING, Kind
from services.notifier.domain.story import tell
from services.notifier.store.ledger import Plan, plan_message
from services.notifier.store.of_member import matches_written_about
from services.notifier.store.records import answers_of_match, outcomes_of_match
from services.notifier.store.tables import messages, preferences
from shared.storage import Work

AT_ONCE = 200
_REPORT_AFTER = timedelta(days=30)
_SPAN: Mapping[str, timedelta] = {"weekly": timedelta(days=7), "monthly": timedelta(days=31)}
_MOST_ENTRIES = 10

#: (purpose, match id, attempt) → the address of a link.
LinkTo = Callable[[str, str, int], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One match in the summary; without a purpose there is nothing to do about it."""

    match_id: str
    attempt: int
    need: str
    said: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Digest:
    member: str = ""
    waiting: tuple[Entry, ...] = ()
    introduced: tuple[Entry, ...] = ()
    to_report: tuple[Entry, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.waiting or self.introduced or self.to_report)


def plan_digests(work: Work) -> int:
    """Plan the summaries of the present week and month, up to 200; returns how many.

    Who has one waiting, as in a quiet period, gets no second.
    """
    local = work.now.astimezone(LONDON).date()
    return sum(
        _plan(work, digest, begins, step)
        for digest, begins, step in (
            ("weekly", local - timedelta(days=local.weekday()), _week(local)),
            ("monthly", local.replace(day=1), _month(local)),
        )
    )


def _plan(work: Work, digest: str, begins: date, step: int) -> int:
    told = exists().where(
        messages.c.member_id == preferences.c.member_id,
        messages.c.contact_id == preferences.c.contact_id,
        messages.c.kind == Kind.DIGEST.value,
        or_(messages.c.step == step, messages.c.state.in_([one.value for one in WAITING])),
    )
    since = datetime.combine(begins, time(0), LONDON).astimezone(UTC)
    query = (
        select(preferences.c.contact_id, preferences.c.member_id)
        .where(preferences.c.digest == digest, preferences.c.changed_at < since, ~told)
        .order_by(preferences.c.contact_id)
        .limit(AT_ONCE)
    )
    due = work.connection.execute(query).all()
    for row in due:
        plan = Plan(
            kind=Kind.DIGEST,
            member_id=row.member_id,
            contact_id=row.contact_id,
            step=step,
            due_at=work.now,
        )
        plan_message(work.connection, plan, work.now)
    return len(due)


def _week(day: date) -> int:
    year, week, _ = day.isocalendar()
    return year * 100 + week


def _month(day: date) -> int:
    """Above every week, so that who changes from one to the other has no period twice."""
    return day.year * 100 + 60 + day.month


def digest_of(connection: Connection, member_id: str, step: int, now: datetime) -> Digest:
    """What there is to say to a member now; `step` tells a week's summary from a month's."""
    since = now - _SPAN["weekly" if step % 100 < 60 else "monthly"]
    found = Digest()
    waiting, introduced, to_report = [], [], []
    for match in matches_written_about(connection, member_id):
        party = match.party(member_id)
        if party is None:
            continue
        found = Digest(member=party.name)
        if match.state == "asked" and _silent(connection, match, member_id):
            waiting.append(_waiting(match, member_id))
        introduced_at = match.moment("introduced_at")
        if match.state not in FOLLOWED_STATES or introduced_at is None:
            continue
        if introduced_at >= since:
            introduced.append(_since(match, member_id, introduced_at, None))
        elif introduced_at < now - _REPORT_AFTER and _unreported(connection, match, member_id):
            to_report.append(_since(match, member_id, introduced_at, "outcome"))
    most = slice(_MOST_ENTRIES)
    return Digest(
        found.member, tuple(waiting[most]), tuple(introduced[most]), tuple(to_report[most])
    )


def digest_told(digest: Digest, link_to: LinkTo) -> dict[str, Any]:
    """The values of the template. With one thing to do it is the button, else each has a link."""
    to_do = [*digest.waiting, *digest.to_report]
    single = None
    if len(to_do) == 1:
        [one] = to_do
        label = "Read it and answer" if one.purpose == "answer" else "Tell us what came of it"
        single = {"url": link_to(str(one.purpose), one.match_id, one.attempt), "label": label}
    sections = [
        {"title": title, "entries": [_told(entry, None if single else link_to) for entry in group]}
        for title, group in (
            ("Waiting for your answer", digest.waiting),
            ("New introductions", digest.introduced),
            ("What came of it?", digest.to_report),
        )
        if group
    ]
    return {
        "member": digest.member,
        "summary": _summary(digest),
        "sections": sections,
        "single": single,
    }


def _summary(digest: Digest) -> str:
    waiting, told, came = len(digest.waiting), len(digest.to_report), len(digest.introduced)
    said = []
    if waiting:
        said.append(
            "1 question waits for your answer"
            if waiting == 1
            else f"{waiting} questions wait for your answer"
        )
    if told:
        said.append(f"{told} {'introduction' if told == 1 else 'introductions'} to tell us about")
    if came:
        said.append(f"{came} new {'introduction' if came == 1 else 'introductions'}")
    return ", ".join(said[:2])


def _told(entry: Entry, link_to: LinkTo | None) -> dict[str, Any]:
    url = None
    if link_to is not None and entry.purpose is not None:
        url = link_to(entry.purpose, entry.match_id, entry.attempt)
    return {"need": entry.need, "said": entry.said, "url": url}


def _silent(connection: Connection, match: Match, member_id: str) -> bool:
    return member_id not in current_answers(answers_of_match(connection, match.match_id))


def _unreported(connection: Connection, match: Match, member_id: str) -> bool:
    if match.state in {"completed", "ended"}:
        return False
    rows = outcomes_of_match(connection, match.match_id)
    return all(row.member_id != member_id for row in rows)


def _waiting(match: Match, member_id: str) -> Entry:
    story = tell(match, member_id)
    until = match.moment("lapses_at")
    by = f" An answer by {day_in_words(until)} would help." if until else ""
    return Entry(
        match.match_id, match.attempt, story.need_title, f"With {story.others}.{by}", "answer"
    )


def _since(match: Match, member_id: str, at: datetime, purpose: str | None) -> Entry:
    story = tell(match, member_id)
    said = f"With {story.others}, introduced {at.day} {at:%B %Y}."
    return Entry(match.match_id, match.attempt, story.need_title, said, purpose)
