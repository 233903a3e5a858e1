"""/v1/capabilities and /v1/needs: two resources of one shape."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import marshmallow as ma
from flask import Response
from flask.views import MethodView

from services.registry import publish
from services.registry.api.access import EVERYONE, NOTIFIER, WRITERS, owner, parts, within
from services.registry.api.answers import inside, show, write
from services.registry.api.bodies import (
    CapabilityFields,
    CapabilityNew,
    CloseBody,
    ListingQuery,
    NeedFields,
    NeedNew,
    id_from,
    places_typed,
)
from services.registry.api.headers import REPEATABLE, VERSIONED
from services.registry.api.views import CapabilityView, NeedView, listing_view, page_of
from services.registry.domain.listings import (
    PLACES_FIELD,
    CloseCode,
    Listing,
    ListingKind,
    ListingStep,
    new_listing,
)
from services.registry.expire import unconfirmed
from services.registry.found import find_listing
from services.registry.store.searching import Filters, find_listings
from shared.storage import Work
from shared.web.openapi import Blueprint
from shared.web.paging import page_body, read_page
from shared.web.policy import policy
from shared.web.preconditions import if_match
from shared.web.problems import field_error, problem


def make_blueprint(
    kind: ListingKind,
    plural: str,
    new: type[ma.Schema],
    fields: type[ma.Schema],
    view: type[ma.Schema],
) -> Blueprint:
    """The routes of one kind of listing."""
    blp = Blueprint(plural, __name__, url_prefix=f"/v1/{plural}", description=f"What {plural} are.")
    _add_list(blp, kind, new, view)
    _add_one(blp, kind, fields, view)
    _add_steps(blp, kind, view)
    return blp


def _add_list(
    blp: Blueprint, kind: ListingKind, new: type[ma.Schema], view: type[ma.Schema]
) -> None:
    class Listings(MethodView):
        @policy(*EVERYONE, NOTIFIER)
        @blp.arguments(ListingQuery, location="query")
        @blp.response(200, page_of(view))
        def get(self, args: Mapping[str, Any]) -> Response:
            return _list(kind, args)

        @policy(*WRITERS, NOTIFIER)
        @blp.doc(parameters=REPEATABLE)
        @blp.arguments(new)
        @blp.response(201, view)
        def post(self, data: dict[str, Any]) -> Response:
            return _enter(kind, data, blp.url_prefix)

    blp.route("")(Listings)


def _add_one(
    blp: Blueprint, kind: ListingKind, fields: type[ma.Schema], view: type[ma.Schema]
) -> None:
    class OneListing(MethodView):
        @policy(*EVERYONE, NOTIFIER)
        @blp.response(200, view)
        def get(self, listing_id: str) -> Response:
            with parts().database.read() as connection:
                listing = find_listing(connection, kind, listing_id, within=owner())
            return show(listing_view(listing), listing.version)

        @policy(*WRITERS, NOTIFIER)
        @blp.doc(parameters=VERSIONED)
        @blp.arguments(fields)
        @blp.response(200, view)
        def put(self, data: dict[str, Any], listing_id: str) -> Response:
            return _replace(kind, listing_id, data)

    blp.route("/<string:listing_id>")(OneListing)


def _add_steps(blp: Blueprint, kind: ListingKind, view: type[ma.Schema]) -> None:
    class ListingSteps(MethodView):
        @policy(*WRITERS, NOTIFIER)
        @blp.doc(parameters=REPEATABLE)
        @blp.response(200, view)
        def post(self, listing_id: str, step: ListingStep) -> Response:
            return _move(kind, listing_id, step, None)

    class ListingClosing(MethodView):
        @policy(*WRITERS, NOTIFIER)
        @blp.doc(parameters=REPEATABLE)
        @blp.arguments(CloseBody)
        @blp.response(200, view)
        def post(self, data: Mapping[str, Any], listing_id: str) -> Response:
            return _move(kind, listing_id, "close", data["code"])

    blp.route("/<string:listing_id>/<any(publish, pause, resume, confirm):step>")(ListingSteps)
    blp.route("/<string:listing_id>/close")(ListingClosing)


def _list(kind: ListingKind, args: Mapping[str, Any]) -> Response:
    page = read_page(args, shape=(str,))
    here = parts()
    asked = unconfirmed(kind, here.rules, here.clock.now())
    filters = Filters(
        within=within(),
        member=args["member"],
        sector=args["sector"],
        status=args["status"],
        goal=args["goal"],
        places=inside(here.places, args["place"]),
        words=args["q"],
        extra=(asked,) if args["unconfirmed"] else (),
    )
    after = str(page.after[0]) if page.after else None
    with here.database.read() as connection:
        found = find_listings(connection, kind, filters, page.limit + 1, after)
    shown = [listing_view(listing) for listing in found]
    return show(page_body(shown, page, key=lambda item: [item["id"]]))


def _enter(kind: ListingKind, data: dict[str, Any], url_prefix: str) -> Response:
    limit = owner()
    member_id = data.pop("member") or limit
    if member_id is None:
        problem(
            422,
            "invalid",
            "member: is needed; give the id of the member",
            [field_error("member", None, "is needed; give the id of the member")],
        )
    listing_id = data.pop("id") or id_from(member_id, data["title"])
    draft, contact_id = data.pop("status") == "draft", data.pop("contact")
    typed = places_typed(PLACES_FIELD[kind])

    def change(work: Work) -> Listing:
        made = new_listing(kind, listing_id, member_id, data, work.now, draft=draft)
        made = replace(made, contact_id=contact_id, places_typed=typed)
        return publish.publish_listing(work, made, rules=parts().rules, within=limit)

    return write(change, listing_view, status=201, location=url_prefix + "/{id}")


def _replace(kind: ListingKind, listing_id: str, data: dict[str, Any]) -> Response:
    limit, contact_id = owner(), data.pop("contact")
    typed = places_typed(PLACES_FIELD[kind])

    def change(work: Work) -> Listing:
        listing = find_listing(work.connection, kind, listing_id, within=limit, lock=True)
        if_match(listing.version)
        return publish.change_listing(
            work, listing, data, contact_id, rules=parts().rules, places_typed=typed
        )

    return write(change, listing_view)


def _move(
    kind: ListingKind, listing_id: str, step: ListingStep, code: CloseCode | None
) -> Response:
    limit = owner()

    def change(work: Work) -> Listing:
        listing = find_listing(work.connection, kind, listing_id, within=limit, lock=True)
        return publish.move_listing(work, listing, step, code)

    return write(change, listing_view)


def blueprints() -> list[Blueprint]:
    return [
        make_blueprint(
            "capability", "capabilities", CapabilityNew, CapabilityFields, CapabilityView
        ),
        make_blueprint("need", "needs", NeedNew, NeedFields, NeedView),
    ]
