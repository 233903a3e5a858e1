"""A good history passes; damaged in one way, whatever it tells of, the rule for it speaks up."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.checker import RULES, check
from tests.faults.history import (
    ERASE,
    Applied,
    Asked,
    Balanced,
    Doubted,
    Effect,
    Entry,
    History,
    Kept,
    Known,
    Mailed,
    Private,
    Recovered,
    Seen,
    Told,
    Yes,
)

Entries = list[Entry]
Damage = Callable[[Entries, int], Entries]


@st.composite
def good(draw: st.DrawFn) -> Entries:
    """Some needs written once or more, followed by a projection; a match that was introduced."""
    entries: Entries = []
    for number in range(draw(st.integers(1, 3))):
        entries += a_need(f"need-{number}", draw(st.integers(2, 4)), unanswered=draw(st.booleans()))
    entries += a_match("match-1")
    entries += [Balanced("matcher", "events", 0), Recovered("matcher-worker", 3.0, 20.0)]
    if draw(st.booleans()):  # one that was erased on request
        entries += [Asked("gone-1", "need", "gone"), Told("gone-1", 201)]
        entries += [Asked("gone-2", "need", "gone", ERASE), Told("gone-2", 204)]
        entries += [Seen("reader", f"gone-{n}", "need", "gone", n) for n in (1, 1, 2, 2)]
    return entries


def a_need(id_: str, versions: int, *, unanswered: bool) -> Entries:
    entries: Entries = []
    for version in range(1, versions + 1):
        change = f"{id_}/{version}"
        entries.append(Asked(change, "need", id_))
        if not (unanswered and version == versions):
            entries.append(Told(change, 201 if version == 1 else 200, version))
        seen = Seen("reader", f"e-{change}", "need", id_, version)
        entries += [seen, seen]  # the log may repeat, with the same id
        entries.append(Applied("matcher", "need", id_, version))
    return [*entries, Kept("need", id_, versions), Known("matcher", "need", id_, versions)]


def a_match(id_: str) -> Entries:
    ours = Private(id_, "council", "amara@council.example", "amara@council.example")
    theirs = Private(id_, "bbc", "tom@bbc.example", "tom@bbc.example")
    told = "Amara: amara@council.example, Tom: tom@bbc.example"
    return [
        ours,
        theirs,
        Mailed("m-1", ours.address, id_, "to amara@council.example: would you"),
        Mailed("m-2", theirs.address, id_, "to tom@bbc.example: would you"),
        Yes(id_, "council"),
        Yes(id_, "bbc"),
        Mailed("m-3", ours.address, id_, told),
        Mailed("m-4", theirs.address, id_, told),
        Doubted("m-4"),
        Mailed("m-4", theirs.address, id_, told),
        Effect("open match", "need-0 + first-words"),
        Effect("introduction", id_),
    ]


def where(entries: Entries, kind: type, pick: int) -> int:
    places = [place for place, entry in enumerate(entries) if isinstance(entry, kind)]
    return places[pick % len(places)]


def without(kind: type) -> Damage:
    def damage(entries: Entries, pick: int) -> Entries:
        place = where(entries, kind, pick)
        return entries[:place] + entries[place + 1 :]

    return damage


def twice(kind: type) -> Damage:
    def damage(entries: Entries, pick: int) -> Entries:
        place = where(entries, kind, pick)
        return [*entries, entries[place]]

    return damage


def changed(kind: type, **changes: object) -> Damage:
    def damage(entries: Entries, pick: int) -> Entries:
        place = where(entries, kind, pick)
        new = replace(entries[place], **changes)  # type: ignore[arg-type]
        return [*entries[:place], new, *entries[place + 1 :]]

    return damage


def added(*more: Entry) -> Damage:
    return lambda entries, _: [*entries, *more]


def applied_backwards(entries: Entries, pick: int) -> Entries:
    place = where(entries, Applied, pick)
    one = entries[place]
    rest = [*entries[:place], *entries[place + 1 :]]
    assert isinstance(one, Applied)
    return [*rest, replace(one, sequence=1)]


def newer_first_on_the_bus(entries: Entries, pick: int) -> Entries:
    """Number 1 of a need travels for the first time after number 2."""
    late = [one for one in entries if isinstance(one, Seen) and one.sequence == 1]
    one = late[pick % len(late)]
    return [*[entry for entry in entries if entry != one], one]


def one_never_applied(entries: Entries, pick: int) -> Entries:
    first = [one for one in entries if isinstance(one, Applied) and one.sequence == 1]
    return [entry for entry in entries if entry != first[pick % len(first)]]


def told_too_early(entries: Entries, pick: int) -> Entries:
    """The last yes comes after the introduction, or never."""
    place = where(entries, Yes, pick)
    moved = [entries[place]] if pick % 2 else []
    return [*entries[:place], *entries[place + 1 :], *moved]


def told_both_at_first(entries: Entries, pick: int) -> Entries:
    return changed(Mailed, text="amara@council.example or tom@bbc.example")(entries, pick % 2)


DAMAGES: list[tuple[str, Damage]] = [
    ("lost", without(Kept)),
    ("lost", changed(Kept, version=0)),
    ("lost", added(Asked("c", "need", "n", ERASE), Told("c", 204), Kept("need", "n"))),
    ("phantom", added(Kept("need", "nobody-asked"))),
    ("phantom", added(Seen("reader", "e-9", "need", "nobody-asked", 1))),
    ("event twice", changed(Seen, event_id="another")),
    ("event twice", added(Seen("reader", "e-9", "need", "need-0", 9))),
    ("regression", applied_backwards),
    ("regression", newer_first_on_the_bus),
    ("regression", twice(Applied)),
    ("gap", one_never_applied),
    ("gap", added(Applied("matcher", "need", "need-0", 9))),
    ("double effect", twice(Effect)),
    ("mail twice", twice(Mailed)),
    ("mail twice", without(Doubted)),
    ("unseen", changed(Known, version=1)),
    ("unseen", changed(Known, version=99)),
    ("unseen", added(Known("matcher", "need", "gone", 1))),
    ("unbalanced", changed(Balanced, difference=-1)),
    ("not recovered", changed(Recovered, seconds=None)),
    ("not recovered", changed(Recovered, seconds=20.5)),
    ("consent", told_too_early),
    ("consent", told_both_at_first),
    ("consent", changed(Seen, raw='{"note":"ring tom@bbc.example"}')),
]


@given(good())
def test_a_good_history_has_no_finding(entries: Entries) -> None:
    assert check(History(entries)) == []


@pytest.mark.parametrize(
    ("rule", "damage"), DAMAGES, ids=[f"{n}-{d[0]}" for n, d in enumerate(DAMAGES)]
)
@settings(max_examples=30)
@given(entries=good(), pick=st.integers(0, 99))
def test_one_damage_is_found(rule: str, damage: Damage, entries: Entries, pick: int) -> None:
    found = check(History(damage(entries, pick)))
    assert rule in {finding.rule for finding in found}, found


def test_every_rule_is_seeded() -> None:
    assert {rule for rule, _ in DAMAGES} == set(RULES)
