"""The chain has no loose end: every event type is published, every topic owned and read.

That handlers and declared consumers are the same is compared in tests/contract/events. Producers
build some type names from words ("member", "paused"), so what they can say is collected here from
their calls and tables.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from scripts.supervision import processes
from services.matcher.domain.states import MOVES
from services.registry.domain import listings, members
from shared.contracts import types
from shared.contracts.topics import TOPICS
from shared.contracts.types import EVENT_TYPES
from tests.architecture.tree import ROOT, python_files

CONSTANTS = {
    name: value
    for name, value in vars(types).items()
    if isinstance(value, str) and value in EVENT_TYPES
}
WORKERS = {
    command.split()[2].removeprefix("services.")
    for command in processes(ROOT / "Procfile").values()
    if command.endswith(" worker")
}


def modules(service: str) -> Iterator[ast.Module]:
    """Those that may say something: not the table of what is listened to."""
    for path in python_files(f"services/{service}"):
        if path.name != "consumer.py" and "migrations" not in path.parts:
            yield ast.parse(path.read_text())


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) in names or getattr(node.func, "attr", None) in names)
    ]


def words(node: ast.AST) -> set[str]:
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def words_told(service: str, teller: str) -> set[str]:
    """The literal third arguments of calls such as tell_member(work, member, "changed")."""
    return {
        word
        for tree in modules(service)
        for call in calls(tree, teller)
        for argument in call.args[2:3]
        for word in words(argument)
    }


def constants_used(service: str, *, beside: str) -> set[str]:
    """Type constants named in modules that call `beside`."""
    found: set[str] = set()
    for tree in modules(service):
        if calls(tree, beside):
            names = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree)}
            found |= {type_ for name, type_ in CONSTANTS.items() if name in names}
    return found


def typed(thing: str, said: set[str]) -> set[str]:
    return {f"{types.PREFIX}{thing}.{word}.v1" for word in said}


def said_by_registry() -> set[str]:
    of_listings = words_told("registry", "tell_listing") | set(listings._EVENTS.values())
    if any(calls(tree, "tell_listing_erased") for tree in modules("registry")):
        of_listings |= {"erased"}
    of_members = words_told("registry", "tell_member") | set(members.MEMBER_EVENTS.values())
    return (
        typed("member", of_members)
        | typed("need", of_listings)
        | typed("capability", of_listings)
        | constants_used("registry", beside="publish")
    )


def said_by_matcher() -> set[str]:
    tellers = ("make_move", "close_match", "close_by_rule")
    made: set[str] = set()
    for tree in modules("matcher"):
        if calls(tree, *tellers):
            made |= words(tree) & MOVES.keys()
    of_moves = {event for move in made if (event := MOVES[move].event)}
    return typed("match", of_moves | words_told("matcher", "open_match"))


def said_by_notifier() -> set[str]:
    return constants_used("notifier", beside="publish") | constants_used(
        "notifier", beside="publish_fate"
    )


SAID_BY = {
    "registry": said_by_registry,
    "matcher": said_by_matcher,
    "notifier": said_by_notifier,
}


@pytest.mark.parametrize("service", sorted(SAID_BY))
def test_a_service_publishes_exactly_what_the_contracts_say_it_does(service: str) -> None:
    declared = {kind.type for kind in EVENT_TYPES.values() if kind.producer == service}
    assert SAID_BY[service]() == declared


def test_every_type_has_one_of_our_services_as_its_producer() -> None:
    assert {kind.producer for kind in EVENT_TYPES.values()} == set(SAID_BY)
    for kind in EVENT_TYPES.values():
        assert set(kind.consumers) <= set(SAID_BY), kind.type
        assert kind.producer not in kind.consumers, f"{kind.type}: a service tells itself"


def test_every_topic_is_written_by_its_owner_alone_and_read_by_somebody() -> None:
    for name, topic in TOPICS.items():
        carried = [kind for kind in EVENT_TYPES.values() if kind.topic == name]
        assert carried, f"{name} carries nothing"
        assert {kind.producer for kind in carried} == {topic.owner}, name
        assert any(kind.consumers for kind in carried), f"nobody reads {name}"


def test_owners_and_readers_of_every_topic_have_a_process() -> None:
    for kind in EVENT_TYPES.values():
        needed = {TOPICS[kind.topic].owner, *kind.consumers}
        assert needed <= WORKERS, f"{kind.type} needs the workers of {sorted(needed)}"


def test_what_nobody_of_ours_reads_is_documented_as_told_to_the_outside() -> None:
    page = (ROOT / "docs" / "events.md").read_text()
    for kind in EVENT_TYPES.values():
        line = next(line for line in page.splitlines() if f"| `{kind.type}` |" in line)
        assert line.endswith("| outside only |") == (not kind.consumers), kind.type


def test_only_what_stands_beside_a_call_counts_as_said() -> None:
    said = ast.parse("work.publish(types.NEED_PUBLISHED, 'n', {})")
    assert calls(said, "publish")
    assert not calls(ast.parse("HANDLERS = {types.NEED_PUBLISHED: take}"), "publish")
    assert words(ast.parse("tell(work, m, 'paused' if m else 'resumed')")) == {"paused", "resumed"}
