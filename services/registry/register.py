"""Members come in and change; whom they may not be matched with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.registry.content import kept_content
from services.registry.domain import members as domain
from services.registry.domain.errors import AlreadyExists, Problem, invalid
from services.registry.domain.members import Member, MemberConflict, MemberStatus
from services.registry.domain.rules import Rules
from services.registry.found import find_member, shown
from services.registry.states import tell_conflicts, tell_member
from services.registry.store.contacts import members_with_someone_to_ask
from services.registry.store.members import (
    load_conflicts,
    load_members,
    save_conflicts,
    save_members,
)
from shared.storage import Work


def register_member(
    work: Work,
    member_id: str,
    content: Mapping[str, Any],
    *,
    rules: Rules,
    status: MemberStatus = "active",
    places_typed: Mapping[str, str] | None = None,
) -> Member:
    """Enter a member; raises AlreadyExists when the id is taken."""
    kept = kept_content("member", content, rules)
    if load_members(work.connection, [member_id]):
        raise AlreadyExists(
            f"id: a member {shown(member_id)} is registered already; "
            "choose another id, or change that member",
            [Problem("id", member_id, "is taken by another member")],
        )
    member = Member(
        id=member_id,
        content=kept,
        status=status,
        changed_at=work.now,
        created_at=work.now,
        places_typed=dict(places_typed or {}),
    )
    save_members(work.connection, [member], [])
    tell_member(work, member, "registered")
    work.audit("member.registered", member.id)
    return member


def change_member(
    work: Work,
    member: Member,
    content: Mapping[str, Any],
    *,
    rules: Rules,
    places_typed: Mapping[str, str] | None = None,
) -> Member:
    """Replace what is held about a member; nothing is told when nothing changes."""
    after = domain.changed(member, kept_content("member", content, rules), work.now)
    if after is None:
        return member
    if places_typed is not None:
        after = replace(after, places_typed=dict(places_typed))
    save_members(work.connection, [], [after])
    tell_member(work, after, "changed")
    work.audit("member.changed", after.id, {"version": after.version})
    return after


def declare_conflicts(
    work: Work, member_id: str, conflicts: Sequence[MemberConflict], *, within: str | None = None
) -> None:
    """Replace the whole list of whom a member may not be matched with."""
    find_member(work.connection, member_id, within=within, lock=True)
    problems = conflict_problems(work, member_id, conflicts)
    if problems:
        raise invalid(problems)
    held = load_conflicts(work.connection, [member_id]).get(member_id, [])
    if list(conflicts) == held:
        return
    save_conflicts(work.connection, {member_id: conflicts})
    tell_conflicts(work, member_id, conflicts)
    work.audit("conflicts.declared", member_id, {"count": len(conflicts)})


def conflict_problems(
    work: Work, member_id: str, conflicts: Sequence[MemberConflict]
) -> list[Problem]:
    named = {c.member_id for c in conflicts if c.member_id is not None}
    known = load_members(work.connection, named)
    problems = []
    for position, conflict in enumerate(conflicts, 1):
        field, other = f"conflicts.{position}.member", conflict.member_id
        if (other is None) == (conflict.sector is None):
            message = "must name either a member or a sector"
            problems.append(Problem(f"conflicts.{position}", other, message))
        elif other == member_id:
            problems.append(Problem(field, other, "is the member itself; name another member"))
        elif other is not None and other not in known:
            message = "is not the id of a member; check it, or leave this conflict out"
            problems.append(Problem(field, other, message))
    return problems


def refresh_can_be_asked(work: Work, member: Member) -> Member:
    """The member with whether anyone may be asked for it; told where that turned."""
    someone = members_with_someone_to_ask(work.connection, [member.id])
    can = member.status == "active" and bool(someone)
    if can == member.can_be_asked:
        return member
    after = replace(member, can_be_asked=can, version=member.version + 1, changed_at=work.now)
    save_members(work.connection, [], [after])
    tell_member(work, after, "changed")
    return after
