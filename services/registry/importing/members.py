"""Member lines of a batch, with their conflicts, and the contact lines that belong to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.registry.content import kept_content
from services.registry.domain import members as domain
from services.registry.domain.errors import Invalid, Problem
from services.registry.domain.members import Member, MemberConflict, MemberStatus
from services.registry.domain.provenance import Kept, fingerprints
from services.registry.importing.batch import Batch, Change, Entry, by_kind
from services.registry.importing.contacts import ContactChanges, take_contacts
from services.registry.importing.known import Likenesses
from services.registry.move_member import close_listings
from services.registry.states import tell_conflicts, tell_member
from services.registry.store.contacts import members_with_someone_to_ask, save_contacts
from services.registry.store.members import (
    load_conflicts,
    load_members,
    save_conflicts,
    save_members,
)

_EVENT_OF_STATUS: Mapping[MemberStatus, str] = {
    "invited": "changed",
    "active": "activated",
    "paused": "paused",
    "withdrawn": "withdrawn",
}


@dataclass(slots=True)
class _Taken:
    """What became of one member in this batch; `what` is the event, None for none."""

    before: Member | None
    after: Member
    what: str | None = None
    conflicts: list[MemberConflict] | None = None
    conflicts_before: Sequence[MemberConflict] = ()


def take_members(batch: Batch, entries: Sequence[Entry]) -> None:
    """Decide on every member and contact line, then write what is to be written at once."""
    connection = batch.work.connection
    ids = {entry.member_id for entry in entries}
    held = load_members(connection, ids, lock=True)
    conflicts = load_conflicts(connection, ids)
    member_entries = by_kind(entries, "member")
    likenesses = Likenesses(connection, [e.content for e in member_entries if e.id not in held])
    taken = {member_id: _Taken(member, member) for member_id, member in held.items()}
    for entry in member_entries:
        result = _take(batch, entry, held.get(entry.id), conflicts.get(entry.id, []), likenesses)
        if result is not None:
            taken[entry.id] = result
    known = {member_id: each.after for member_id, each in taken.items()}
    people = take_contacts(batch, by_kind(entries, "contact"), known)
    _settle_who_can_be_asked(batch, taken, people)
    _write(batch, taken, people)


def _take(
    batch: Batch,
    entry: Entry,
    before: Member | None,
    conflicts: list[MemberConflict],
    likenesses: Likenesses,
) -> _Taken | None:
    try:
        content = kept_content("member", entry.content, batch.rules)
        declared = _declared(batch, entry)
    except Invalid as error:
        batch.refuse_for(entry, error)
        return None
    offered = {**content, "status": entry.fields["status"], "conflicts": _plain(declared)}
    if before is None:
        likeness = likenesses.like(entry.id, content)
        if likeness is not None and not batch.options.accept_duplicates:
            batch.duplicate(entry, likeness)
            return None
        likenesses.add(entry.id, content)
        return _added(batch, entry, content, offered, declared)
    return _merged(batch, entry, before, conflicts, offered)


def _added(
    batch: Batch,
    entry: Entry,
    content: Mapping[str, Any],
    offered: Mapping[str, Any],
    declared: list[MemberConflict],
) -> _Taken:
    now = batch.work.now
    member = Member(
        id=entry.id,
        content=content,
        status=offered["status"],
        changed_at=now,
        created_at=now,
        places_typed=dict(entry.places_typed),
        imported=fingerprints(offered),
    )
    batch.deed(entry, "added")
    return _Taken(None, member, "registered", declared or None)


def _merged(
    batch: Batch,
    entry: Entry,
    before: Member,
    conflicts: list[MemberConflict],
    offered: dict[str, Any],
) -> _Taken:
    if before.status == "withdrawn" and offered["status"] != "withdrawn":
        kept = Kept("status", offered.pop("status"), before.status)
        batch.tell_kept(entry, kept, "the member has withdrawn")
    current = {**before.content, "status": before.status, "conflicts": _plain(conflicts)}
    merge = batch.merge(entry, current, before.imported, offered)
    content = dict(merge.content)
    status, declared = content.pop("status"), _conflicts_of(content.pop("conflicts"))
    after = domain.changed(before, content, batch.work.now) or before
    what = "changed" if after is not before else None
    if status != before.status:
        version = before.version + 1
        after = replace(after, status=status, version=version, changed_at=batch.work.now)
        resumed = (before.status, status) == ("paused", "active")
        what = "resumed" if resumed else _EVENT_OF_STATUS[status]
    if list(content["places"]) == list(offered["places"]):
        after = replace(after, places_typed=dict(entry.places_typed))
    after = replace(after, imported=merge.imported)
    turned = declared != conflicts
    batch.deed(entry, "changed" if what or turned else "unchanged")
    return _Taken(before, after, what, declared if turned else None, conflicts)


def _settle_who_can_be_asked(
    batch: Batch, taken: Mapping[str, _Taken], people: ContactChanges
) -> None:
    someone = members_with_someone_to_ask(batch.work.connection, taken)
    for member_id, each in taken.items():
        anyone = member_id in someone
        if member_id in people.by_member:
            anyone = any(contact.can_be_asked for contact in people.by_member[member_id])
        can = each.after.status == "active" and anyone
        if can == each.after.can_be_asked:
            continue
        version = each.after.version if each.what or each.before is None else each.after.version + 1
        each.after = replace(
            each.after, can_be_asked=can, version=version, changed_at=batch.work.now
        )
        each.what = each.what or "changed"


def _write(batch: Batch, taken: Mapping[str, _Taken], people: ContactChanges) -> None:
    work = batch.work
    new = [each.after for each in taken.values() if each.before is None]
    changed = [
        each.after
        for each in taken.values()
        if each.before is not None and each.after != each.before
    ]
    save_members(work.connection, new, changed)
    save_contacts(work.connection, batch.vault, people.new, people.changed)
    declared = {
        member_id: each.conflicts for member_id, each in taken.items() if each.conflicts is not None
    }
    save_conflicts(work.connection, declared)
    _note_changes(batch, taken, people)
    for member_id, each in taken.items():
        if each.what is not None:
            tell_member(work, each.after, each.what)
        if each.what == "withdrawn":
            close_listings(work, member_id)
        if each.conflicts is not None:
            tell_conflicts(work, member_id, each.conflicts)


def _note_changes(batch: Batch, taken: Mapping[str, _Taken], people: ContactChanges) -> None:
    for each in taken.values():
        if each.what is not None or each.conflicts is not None:
            before = None if each.before is None else (each.before, each.conflicts_before)
            batch.changes.append(Change("member", before, each.after))
    batch.changes += [Change("contact", None, contact) for contact in people.new]
    batch.changes += [
        Change("contact", people.before[contact.id], contact) for contact in people.changed
    ]


def _declared(batch: Batch, entry: Entry) -> list[MemberConflict]:
    declared = _conflicts_of(entry.fields.get("conflicts") or [])
    problems = []
    named = {c.member_id for c in declared if c.member_id is not None} - batch.facts.member_ids
    known = load_members(batch.work.connection, named) if named else {}
    for position, conflict in enumerate(declared, 1):
        other = conflict.member_id
        if other == entry.id:
            message = "is the member itself; name another member"
            problems.append(Problem(f"conflicts.{position}.member", other, message))
        elif other in named and other not in known:
            message = batch.facts.why_unknown("member", str(other))
            problems.append(Problem(f"conflicts.{position}.member", other, message))
    if problems:
        raise Invalid("conflicts", problems)
    return declared


def _conflicts_of(entries: Sequence[Mapping[str, Any]]) -> list[MemberConflict]:
    return [
        MemberConflict(
            member_id=entry.get("member"),
            sector=entry.get("sector"),
            code=entry.get("code") or "conflict",
            until=_day(entry.get("until")),
        )
        for entry in entries
    ]


def _plain(conflicts: Sequence[MemberConflict]) -> list[dict[str, Any]]:
    return [
        {
            "member": conflict.member_id,
            "sector": conflict.sector,
            "code": conflict.code,
            "until": conflict.until.isoformat() if conflict.until else None,
        }
        for conflict in conflicts
    ]


def _day(value: Any) -> date | None:
    if value is None or isinstance(value, date):
        return value
    return date.fromisoformat(str(value))
