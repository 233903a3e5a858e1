"""What the views work with, and who may call them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from flask import Request, current_app

from services.matcher.explaining.insight import Insight
from services.matcher.review import Deps
from shared.clock import Clock
from shared.storage import Database, Work, unit_of_work
from shared.web.policy import Authenticator, Principal, principal
from shared.web.tokens import ServiceTokens, TokenRefused

SOURCE = "/matcher"
OPERATOR = "operator"
READERS = ("coordinator", "service")
DECIDERS = ("coordinator:coordinator",)  # a viewer of the console may look, not decide

_SCOPES = frozenset({"viewer", "coordinator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Put into the application by wiring; the console takes it from there too."""

    database: Database
    clock: Clock
    deps: Deps
    insight: Insight


def parts() -> Parts:
    found: Parts = current_app.extensions["matcher"]
    return found


def transaction() -> AbstractContextManager[Work]:
    """A write transaction in the name of the caller (an opaque id)."""
    here, caller = parts(), principal()
    actor = caller.acting_for or caller.id
    return unit_of_work(here.database, source=SOURCE, clock=here.clock, actor=actor)


def coordinator_tokens(tokens: ServiceTokens, audience: str) -> Authenticator:
    """Accepts a token made by `python -m services.matcher token` as the coordinator it names."""

    def authenticate(request: Request) -> Principal | None:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            found = tokens.verify(credential.strip(), audience)
        except TokenRefused:
            return None  # the next authenticator says what is wrong with it
        if found.id != OPERATOR or found.acting_for is None:
            return None
        return Principal("coordinator", found.acting_for, scopes=_SCOPES)

    return authenticate
