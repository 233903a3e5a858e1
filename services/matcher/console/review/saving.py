"""Saving a view of a list under a name, and deleting it; everybody who may look has their own."""

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.parts import transaction
from services.matcher.console.review.filters import read_filters
from services.matcher.console.review.listed import LISTS
from services.matcher.console.review.saved import ViewRefused, delete_view, save_view
from shared.web.problems import problem


@console.post("/lists/<name>/views")
@may_look
def save_this_view(name: str) -> AnyResponse:
    if name not in LISTS:
        problem(404, "not_found", f"There is no list “{name[:40]}”. Start from the first page.")
    query = read_filters(request.form).query()
    called = request.form.get("view_name", "").strip()
    try:
        with transaction() as work:
            save_view(work, name, called, query)
    except ViewRefused as error:
        flash(str(error), "warning")
    else:
        flash(f"Saved as “{called}”. It stands above the list from now on.", "success")
    return redirect(address_of(name, query), 303)


@console.post("/views/<view_id>/delete")
@may_look
def delete_this_view(view_id: str) -> AnyResponse:
    with transaction() as work:
        of_list = delete_view(work, view_id)
    if of_list is None:
        problem(404, "not_found", "You have no such view; it may be deleted already.")
    flash("The view is deleted. The matches in it are as they were.", "success")
    return redirect(address_of(of_list, ""), 303)


def address_of(name: str, query: str) -> str:
    """The list with this address line; nothing of it is taken as it came."""
    path = url_for("console.listed", name=name)
    return f"{path}?{query}" if query else path
