"""What the pages work with; put into the application by wiring, through `register_console`."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from flask import current_app

from services.matcher.console.clients import Notifier, Registry
from services.matcher.console.directory.near_misses import NearMisses
from services.matcher.console.home.stream import Streams
from services.matcher.console.match.compare import Compare
from services.matcher.explaining.insight import Insight
from services.matcher.review import Deps
from services.matcher.settings import MatcherSettings
from shared.clock import Clock
from shared.messaging.desk import ParkedDesk
from shared.storage import Database, Work, unit_of_work
from shared.web.client import ServiceClient
from shared.web.policy import principal

EXTENSION = "convene_console"
SOURCE = "/matcher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    database: Database
    clock: Clock
    settings: MatcherSettings
    deps: Deps
    registry: Registry
    notifier: Notifier
    insight: Insight
    near_misses: NearMisses
    compare: Compare
    streams: Streams
    others: Mapping[str, ServiceClient]
    """The other services by name, for what is asked of both alike."""
    desk: ParkedDesk
    """Our own parked records; those of the others are asked for."""
    cookie: str
    secure: bool


def parts() -> Parts:
    found: Parts = current_app.extensions[EXTENSION]
    return found


def transaction() -> AbstractContextManager[Work]:
    """A write transaction in the name of whoever is signed in."""
    here = parts()
    return unit_of_work(here.database, source=SOURCE, clock=here.clock, actor=principal().id)


def actor() -> str:
    """The opaque label of whoever is signed in, as the other services are told."""
    return principal().label
