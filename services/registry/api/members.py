"""/v1/members: the organisations of the coalition, and whom they may not be matched with."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from flask import Response
from flask.views import MethodView

from services.registry import move_member as moving
from services.registry import register
from services.registry.api.access import EVERYONE, NOTIFIER, OFFICE, WRITERS, parts, within
from services.registry.api.answers import inside, show, write
from services.registry.api.bodies import (
    ConflictsBody,
    MemberFields,
    MemberNew,
    MemberQuery,
    id_from,
    places_typed,
)
from services.registry.api.headers import REPEATABLE, VERSIONED
from services.registry.api.views import (
    ConflictsView,
    MemberView,
    conflicts_view,
    member_view,
    page_of,
)
from services.registry.domain.errors import NotAllowed
from services.registry.domain.members import Member, MemberConflict, MemberStep
from services.registry.erase import erase_member
from services.registry.found import find_member
from services.registry.store.members import conflicts_version, load_conflicts
from services.registry.store.searching import Filters, find_members
from shared.storage import Work
from shared.web.openapi import Blueprint
from shared.web.paging import page_body, read_page
from shared.web.policy import policy
from shared.web.preconditions import if_match

blp = Blueprint("members", __name__, url_prefix="/v1/members", description="Organisations.")
OWN_STEPS = ("pause", "resume", "withdraw")


@blp.route("")
class Members(MethodView):
    @policy(*EVERYONE)
    @blp.arguments(MemberQuery, location="query")
    @blp.response(200, page_of(MemberView))
    def get(self, args: Mapping[str, Any]) -> Response:
        """List members by id; with a member's key, that member."""
        page = read_page(args, shape=(str,))
        filters = Filters(
            within=within(),
            sector=args["sector"],
            places=inside(parts().places, args["place"]),
            status=args["status"],
            words=args["q"],
        )
        after = str(page.after[0]) if page.after else None
        with parts().database.read() as connection:
            found = find_members(connection, filters, page.limit + 1, after)
        shown = [member_view(member) for member in found]
        return show(page_body(shown, page, key=lambda item: [item["id"]]))

    @policy(*OFFICE)
    @blp.doc(parameters=REPEATABLE)
    @blp.arguments(MemberNew)
    @blp.response(201, MemberView)
    def post(self, data: dict[str, Any]) -> Response:
        """Register a member."""
        within()
        member_id = data.pop("id") or id_from(data["name"])
        status = data.pop("status")
        change = partial(
            register.register_member,
            member_id=member_id,
            content=data,
            rules=parts().rules,
            status=status,
            places_typed=places_typed("places"),
        )
        return write(change, member_view, status=201, location="/v1/members/{id}")


@blp.route("/<string:member_id>")
class OneMember(MethodView):
    @policy(*EVERYONE, NOTIFIER)
    @blp.response(200, MemberView)
    def get(self, member_id: str) -> Response:
        """Read a member."""
        with parts().database.read() as connection:
            member = find_member(connection, member_id, within=within())
        return show(member_view(member), member.version)

    @policy(*WRITERS)
    @blp.doc(parameters=VERSIONED)
    @blp.arguments(MemberFields)
    @blp.response(200, MemberView)
    def put(self, data: dict[str, Any], member_id: str) -> Response:
        """Replace what is held about a member (If-Match)."""
        limit, typed = within(), places_typed("places")

        def change(work: Work) -> Member:
            member = find_member(work.connection, member_id, within=limit, lock=True)
            if_match(member.version)
            return register.change_member(
                work, member, data, rules=parts().rules, places_typed=typed
            )

        return write(change, member_view)

    @policy("key:admin")
    @blp.doc(parameters=VERSIONED)
    @blp.response(204)
    def delete(self, member_id: str) -> Response:
        """Erase a member and all that is its own (If-Match). Cannot be undone."""

        def change(work: Work) -> None:
            member = find_member(work.connection, member_id, lock=True)
            if_match(member.version)
            erase_member(work, parts().vault, member, parts().erasures)

        return write(change, lambda _: {}, status=204)


@blp.route("/<string:member_id>/<any(invite, activate, pause, resume, withdraw):step>")
class MemberSteps(MethodView):
    @policy(*WRITERS)
    @blp.doc(parameters=REPEATABLE)
    @blp.response(200, MemberView)
    def post(self, member_id: str, step: MemberStep) -> Response:
        """Take a step: invite, activate, pause, resume or withdraw.

        Inviting and activating are the office's; whoever withdraws takes its listings along.
        """
        limit = within()

        def change(work: Work) -> Member:
            member = find_member(work.connection, member_id, within=limit, lock=True)
            if limit is not None and step not in OWN_STEPS:
                raise NotAllowed(f"only the coalition's office can {step} a member; ask it to")
            return moving.move_member(work, member, step)

        return write(change, member_view)


@blp.route("/<string:member_id>/conflicts")
class Conflicts(MethodView):
    @policy(*EVERYONE)
    @blp.response(200, ConflictsView)
    def get(self, member_id: str) -> Response:
        """Whom a member may not be matched with."""
        with parts().database.read() as connection:
            find_member(connection, member_id, within=within())
            declared = load_conflicts(connection, [member_id]).get(member_id, [])
            version = conflicts_version(connection, member_id)
        return show(conflicts_view(declared), version)

    @policy(*WRITERS)
    @blp.doc(parameters=VERSIONED)
    @blp.arguments(ConflictsBody)
    @blp.response(200, ConflictsView)
    def put(self, data: Mapping[str, Any], member_id: str) -> Response:
        """Replace the whole list (If-Match)."""
        limit = within()
        declared = [
            MemberConflict(
                entry["member"],
                entry["sector"],
                entry["code"],
                date.fromisoformat(entry["until"]) if entry["until"] else None,
            )
            for entry in data["conflicts"]
        ]

        def change(work: Work) -> dict[str, Any]:
            find_member(work.connection, member_id, within=limit, lock=True)
            if_match(conflicts_version(work.connection, member_id))
            register.declare_conflicts(work, member_id, declared, within=limit)
            version = conflicts_version(work.connection, member_id)
            return {**conflicts_view(declared), "version": version}

        return write(change, lambda view: view)
