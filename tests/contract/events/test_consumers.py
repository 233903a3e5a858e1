"""Who is said to consume an event type has a handler for it, and nobody else has."""

import pytest

from services.matcher import consumer as matcher
from services.matcher.settings import MatcherSettings
from services.notifier import consumer as notifier
from services.notifier.domain.schedule import Pace
from services.registry import consumer as registry
from shared.contracts.topics import TOPICS
from shared.contracts.types import EVENT_TYPES
from shared.settings import load_settings


def handled_by(service: str) -> set[str]:
    if service == "matcher":
        return set(matcher.handlers(load_settings(MatcherSettings, {})))
    if service == "notifier":
        return set(notifier.handlers(Pace()))
    return set(registry.HANDLERS)


@pytest.mark.parametrize("service", ["registry", "matcher", "notifier"])
def test_a_service_handles_exactly_what_the_contracts_say_it_consumes(service: str) -> None:
    declared = {kind.type for kind in EVENT_TYPES.values() if service in kind.consumers}
    assert handled_by(service) == declared


@pytest.mark.parametrize(
    ("service", "subscribed"), [("matcher", matcher.TOPICS), ("notifier", notifier.TOPICS)]
)
def test_a_service_subscribes_to_the_topics_of_what_it_consumes(
    service: str, subscribed: tuple[str, ...]
) -> None:
    needed = {kind.topic for kind in EVENT_TYPES.values() if service in kind.consumers}
    assert set(subscribed) == needed
    assert needed <= set(TOPICS)
