"""What a house needs before its first process starts, made in this process: importing a service
takes longer than setting it up, and tests of the commands themselves are under tests/integration.
"""

from collections.abc import Mapping
from contextlib import closing

from services.matcher import wiring as matcher
from services.matcher.console.accounts.coordinators import add_coordinator
from services.matcher.settings import MatcherSettings
from services.notifier import wiring as notifier
from services.notifier.settings import NotifierSettings
from services.registry import wiring as registry
from services.registry.keys import create_key
from services.registry.settings import RegistrySettings
from shared.clock import Clock
from shared.settings import load_settings
from shared.storage import unit_of_work
from tests.flow.house import COORDINATOR, PASSWORD


def set_up(environment: Mapping[str, str]) -> None:
    """Databases, keys, topics; may be repeated."""
    registry.setup(load_settings(RegistrySettings, environment))
    matcher.setup(load_settings(MatcherSettings, environment))
    notifier.setup(load_settings(NotifierSettings, environment))


def first_people(environment: Mapping[str, str], clock: Clock) -> str:
    """A coordinator who administers; returns an administrator's key of the registry."""
    desks = matcher.open_database(load_settings(MatcherSettings, environment))
    with closing(desks), unit_of_work(desks, source="/matcher", clock=clock) as work:
        add_coordinator(work, COORDINATOR, "Test Coordinator", "administrator", PASSWORD)
    members = registry.open_database(load_settings(RegistrySettings, environment))
    with closing(members), unit_of_work(members, source="/registry", clock=clock) as work:
        _, key = create_key(work, "admin", None, label="flow")
    return key
