"""Whether a history keeps the promises: pure functions, one for each rule.

A rule says what it found, in words that name the thing; an empty list means that it holds.
`RULES`, at the end, says which promise of docs/promises.md each rule is about.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.faults.history import (
    ERASE,
    Applied,
    Asked,
    Balanced,
    Doubted,
    Effect,
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

Thing = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    text: str


def check(history: History) -> list[Finding]:
    """Everything that is wrong; the same history always gives the same findings."""
    return [
        Finding(name, text) for name, (_, rule) in RULES.items() for text in sorted(rule(history))
    ]


def lost(history: History) -> Iterator[str]:
    """Accepted, and not there; or erased, and still there."""
    asked = {one.change: one for one in history.of(Asked)}
    kept = {(one.what, one.id): one.version for one in history.of(Kept)}
    erasing = {(one.what, one.id) for one in asked.values() if one.how == ERASE}
    for told in history.of(Told):
        if not 200 <= told.status < 300:
            continue
        ask = asked[told.change]
        there = kept.get((ask.what, ask.id), 0)
        if ask.how == ERASE and there:
            yield f"{ask.what} {ask.id} was erased and is still there"
        if (ask.what, ask.id) not in erasing and there < told.version:
            yield f"{ask.what} {ask.id} was accepted as {told.version}, and kept as {there}"


def phantom(history: History) -> Iterator[str]:
    """It is there, or was told on the bus, and nobody asked for it."""
    asked = {(one.what, one.id) for one in history.of(Asked)}
    kinds = {what for what, _ in asked}
    told = {(one.what, one.id): "was told on the bus" for one in history.of(Seen)}
    there = {(one.what, one.id): "is there" for one in history.of(Kept)}
    for (what, id_), how in (told | there).items():
        if what in kinds and (what, id_) not in asked:
            yield f"{what} {id_} {how}, and nobody asked for it"


def event_twice(history: History) -> Iterator[str]:
    """Two events for one change, or one number of two events: repeats must be the same event."""
    numbers: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    events: dict[Thing, set[str]] = defaultdict(set)
    for seen in history.of(Seen):
        numbers[seen.what, seen.id, seen.sequence].add(seen.event_id)
        events[seen.what, seen.id].add(seen.event_id)
    for (what, id_, sequence), ids in numbers.items():
        if len(ids) > 1:
            yield f"{what} {id_}: number {sequence} was given to {len(ids)} events"
    changes: dict[Thing, set[str]] = defaultdict(set)
    for asked in history.of(Asked):
        changes[asked.what, asked.id].add(asked.change)
    for (what, id_), asked_for in changes.items():
        if len(events[what, id_]) > len(asked_for):
            yield f"{what} {id_}: {len(events[what, id_])} events of {len(asked_for)} changes"


def regression(history: History) -> Iterator[str]:
    """An older version after a newer one: applied by a consumer, new on the bus, or last on it
    (where it would win the compaction).
    """
    applied: dict[tuple[str, str, str], int] = {}
    for one in history.of(Applied):
        key = (one.consumer, one.what, one.id)
        if one.sequence <= applied.get(key, 0):
            yield f"{one.consumer} applied {one.what} {one.id} {one.sequence} after {applied[key]}"
        applied[key] = max(one.sequence, applied.get(key, 0))
    logs: dict[tuple[str, str, str], list[Seen]] = defaultdict(list)
    for seen in history.of(Seen):
        logs[seen.reader, seen.what, seen.id].append(seen)
    for (_, what, id_), log in logs.items():
        first = list({seen.event_id: seen.sequence for seen in log}.values())
        if first != sorted(first):
            yield f"the bus has {what} {id_} in the order {first}"
        if log[-1].sequence != max(first):
            yield f"the bus ends {what} {id_} with {log[-1].sequence} of {max(first)}"


def gap(history: History) -> Iterator[str]:
    """At rest, a number below the newest that a consumer never applied, or that never travelled."""
    numbers: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for one in history.of(Applied):
        numbers[f"{one.consumer} applied", one.what, one.id].add(one.sequence)
    for seen in history.of(Seen):
        if not seen.compacted:
            numbers[f"{seen.reader} saw", seen.what, seen.id].add(seen.sequence)
    for (who, what, id_), got in numbers.items():
        missing = sorted(set(range(1, max(got) + 1)) - got)
        if missing:
            yield f"{who} {what} {id_} up to {max(got)}, without {missing}"


def unseen(history: History) -> Iterator[str]:
    """At rest, a projection that has not heard of what is kept, or knows what is gone."""
    kept = {(one.what, one.id): one.version for one in history.of(Kept)}
    known: dict[tuple[str, str], dict[Thing, int]] = defaultdict(dict)
    for one in history.of(Known):
        known[one.reader, one.what][one.what, one.id] = one.version
    for (reader, what), versions in known.items():
        ours = {thing: version for thing, version in kept.items() if thing[0] == what}
        for thing in sorted(ours.keys() | versions.keys()):
            if ours.get(thing, 0) != versions.get(thing, 0):
                stands = f"{versions.get(thing, 0)}, and is kept as {ours.get(thing, 0)}"
                yield f"{reader} knows {thing[0]} {thing[1]} as {stands}"


def double_effect(history: History) -> Iterator[str]:
    """Two open matches of one need and set, two approaches, two introductions."""
    for (kind, key), times in Counter((one.kind, one.key) for one in history.of(Effect)).items():
        if times > 1:
            yield f"{kind} {key}: {times} times"


def consent(history: History) -> Iterator[str]:
    """How to reach a person was shown to others before all had said yes; or was on the bus."""
    private = history.of(Private)
    still_to_say: dict[str, set[str]] = defaultdict(set)
    for person in private:
        still_to_say[person.match_id].add(person.member_id)
    for entry in history:
        if isinstance(entry, Yes):
            still_to_say[entry.match_id].discard(entry.member_id)
        elif isinstance(entry, Seen | Mailed):
            for person in private:
                if _says(entry, person, agreed=not still_to_say[person.match_id]):
                    yield f"{person.secret} was in {_name(entry)}"


def _says(entry: Seen | Mailed, person: Private, *, agreed: bool) -> bool:
    if isinstance(entry, Seen):
        return person.secret in entry.raw
    return not agreed and entry.to != person.address and person.secret in entry.text


def _name(entry: Seen | Mailed) -> str:
    if isinstance(entry, Seen):
        return f"the event {entry.event_id}"
    return f"a mail to {entry.to} before every yes"


def mail_twice(history: History) -> Iterator[str]:
    """One message accepted twice for one reader, but for what we made doubtful ourselves."""
    allowed = Counter(one.message_id for one in history.of(Doubted))
    accepted = Counter((one.message_id, one.to) for one in history.of(Mailed))
    for (message_id, to), times in accepted.items():
        if times > 1 + allowed[message_id]:
            yield f"{message_id} was accepted {times} times for {to}"


def unbalanced(history: History) -> Iterator[str]:
    """Accepted is not done, parked and in flight together."""
    for one in history.of(Balanced):
        if one.difference:
            yield f"{one.service}: {one.difference} {one.book} are unaccounted for"


def not_recovered(history: History) -> Iterator[str]:
    """A killed process that never came back, or later than it was given."""
    for one in history.of(Recovered):
        if one.seconds is None:
            yield f"{one.process} was never ready again"
        elif one.at_most_seconds is not None and one.seconds > one.at_most_seconds:
            yield f"{one.process} took {one.seconds:.1f} s of {one.at_most_seconds:.1f} s"


Rule = Callable[[History], Iterator[str]]
RULES: Mapping[str, tuple[str, Rule]] = {
    "lost": ("P1", lost),
    "phantom": ("P1", phantom),
    "event twice": ("P2", event_twice),
    "regression": ("P3", regression),
    "gap": ("P3", gap),
    "double effect": ("P4", double_effect),
    "mail twice": ("P4", mail_twice),
    "unseen": ("P5", unseen),
    "unbalanced": ("P6", unbalanced),
    "not recovered": ("P7", not_recovered),
    "consent": ("P8", consent),
}
