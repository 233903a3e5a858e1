"""What views share: who is looking, and rendering with everything a page needs."""

from typing import Any

from flask import Response, g, make_response, render_template

from services.matcher.console.accounts.coordinators import COORDINATOR, Coordinator, by_id
from services.matcher.console.parts import parts
from shared.web.policy import principal


def me() -> Coordinator:
    """Who is signed in; read once a request."""
    found: Coordinator | None = g.get("coordinator")
    if found is None:
        with parts().database.read() as connection:
            found = by_id(connection, principal().id)
        if found is None:
            raise LookupError(f"coordinator {principal().id} has a session and no account")
        g.coordinator = found
    return found


def may_decide_here() -> bool:
    return COORDINATOR in principal().scopes


def render(template: str, *, status: int = 200, **values: Any) -> Response:
    page = render_template(
        f"console/{template}",
        me=me() if principal().kind == "coordinator" else None,
        may_decide=may_decide_here(),
        now=parts().clock.now(),
        **values,
    )
    return make_response(page, status)
