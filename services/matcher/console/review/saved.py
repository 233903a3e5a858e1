"""Views of a list that a coordinator gave a name: each has their own, in the database."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from services.matcher.console.tables import saved_views
from services.matcher.domain.errors import NotAllowed
from shared.ids import new_id
from shared.storage import Work, upsert

LONGEST_NAME = 60
MOST_VIEWS = 30


class ViewRefused(NotAllowed):
    """A view that cannot be kept; the message is for whoever saves it."""

    code = "view_refused"


@dataclass(frozen=True, slots=True)
class SavedView:
    """`query` is the address line of the list, without its page."""

    view_id: str
    list: str
    name: str
    query: str


def views_of(connection: Connection, coordinator_id: str, list_name: str) -> list[SavedView]:
    """By name, as a person would sort them."""
    table = saved_views
    query = (
        select(table.c.view_id, table.c.list, table.c.name, table.c.query)
        .where(table.c.coordinator_id == coordinator_id, table.c.list == list_name)
        .order_by(func.lower(table.c.name), table.c.name)
    )
    return [SavedView(*row) for row in connection.execute(query)]


def save_view(work: Work, list_name: str, name: str, query: str) -> None:
    """Keep it for whoever acts; one of the same name is replaced.

    Raises
    ------
    ViewRefused
        The name is missing or too long, or there are too many views.

    """
    name = " ".join(name.split())
    if not name:
        raise ViewRefused("Give the view a name, then save it.")
    if len(name) > LONGEST_NAME:
        raise ViewRefused(
            f"The name of a view may have {LONGEST_NAME} characters; this has {len(name)}."
        )
    standing = views_of(work.connection, work.actor or "", list_name)
    if len(standing) >= MOST_VIEWS and name not in {one.name for one in standing}:
        raise ViewRefused(f"You have {MOST_VIEWS} views of this list. Delete one, then save this.")
    row = {
        "view_id": next((one.view_id for one in standing if one.name == name), new_id()),
        "coordinator_id": work.actor,
        "list": list_name,
        "name": name,
        "query": query,
        "saved_at": work.now,
    }
    upsert(work.connection, saved_views, row, ["coordinator_id", "list", "name"])


def delete_view(work: Work, view_id: str) -> str | None:
    """The name of the list it was of; None where whoever acts has no such view."""
    mine = (saved_views.c.view_id == view_id) & (saved_views.c.coordinator_id == work.actor)
    of_list = work.connection.scalar(select(saved_views.c.list).where(mine))
    work.connection.execute(delete(saved_views).where(mine))
    return of_list
