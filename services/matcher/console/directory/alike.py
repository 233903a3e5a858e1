"""What looks like one thing entered twice: an organisation or a listing under two names.

Nothing is merged: the history of both would be lost in it. A person says that these are two, which
is remembered, or withdraws one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Table, select

from services.matcher.console.directory.addresses import page_url
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.tables import told_apart
from services.matcher.store import tables as t
from shared.storage import Work, insert_ignore

State = Mapping[str, Any]
MOST = 100
KINDS = ("member", "need", "capability")
_WORD = re.compile(r"\w+")
_LEGAL_FORMS = frozenset({"the", "ltd", "limited", "plc", "llp", "cic", "cio", "inc"})


@dataclass(frozen=True, slots=True)
class One:
    id: str
    name: str
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that may be one, and why that is thought."""

    kind: str
    one: One
    other: One
    why: str


def alike_pairs(connection: Connection) -> list[Pair]:
    """The first MOST of them, members before listings, without those that were told apart."""
    apart = {(row.kind, row.one, row.other) for row in connection.execute(select(told_apart))}
    found = [
        *_members(connection),
        *_listings(connection, "need", t.needs),
        *_listings(connection, "capability", t.capabilities),
    ]
    return [one for one in found if (one.kind, one.one.id, one.other.id) not in apart][:MOST]


def tell_apart(work: Work, kind: str, one: str, other: str) -> None:
    """Remember that a person looked and found two. What is no pair of ours is left out."""
    first, second = sorted((one[:200], other[:200]))
    if kind not in KINDS or not first or first == second:
        return
    row = {"kind": kind, "one": first, "other": second, "by": work.actor, "at": work.now}
    if insert_ignore(work.connection, told_apart, row):
        work.audit("directory.told_apart", f"{kind}:{first}", {"other": second})


def _members(connection: Connection) -> Iterator[Pair]:
    table = t.members
    query = select(table.c.state).where(table.c.status.not_in(["erased", "withdrawn"]))
    states = {str(one["member_id"]): one for one in connection.scalars(query) if one}
    keys = [
        (key, why, id_) for id_, state in states.items() for key, why in _signs_of_member(state)
    ]
    for one, other, why in _sharing(keys):
        yield Pair("member", _member(states[one]), _member(states[other]), why)


def _signs_of_member(state: State) -> Iterator[tuple[str, str]]:
    yield f"name {name_key(state['name'])}", "The same name but for small words and spelling."
    for kind, value in (state.get("identifiers") or {}).items():
        yield (
            f"id {kind} {str(value).casefold()}",
            f"The same official identifier ({kind} {value}).",
        )
    host = urlsplit(str(state.get("website") or "")).hostname
    if host:
        yield f"site {host.removeprefix('www.')}", "The same website."


def _listings(connection: Connection, kind: str, table: Table) -> Iterator[Pair]:
    """Alike: one text of two members, or one title of one member."""
    key = next(iter(table.primary_key))
    title = table.c.state["title"].as_string().label("title")
    text = table.c.state["description"].as_string().label("description")
    query = select(key, table.c.member_id, title, text).where(table.c.status == "published")
    rows = {str(row[0]): row for row in connection.execute(query)}
    titles = {id_: name_key(row.title) for id_, row in rows.items()}
    many = Counter(titles.values())
    keys = []
    for id_, row in rows.items():
        if many[titles[id_]] < 2:
            continue  # nobody else has the title, so nobody has the text
        keys.append((f"title {row.member_id} {titles[id_]}", "The same title of one member.", id_))
        if row.description:
            sign = f"text {titles[id_]} {name_key(row.description)}"
            keys.append((sign, "Word for word the same text.", id_))
    pairs = list(_sharing(keys))
    names = names_of_members(
        connection, {rows[id_].member_id for pair in pairs for id_ in pair[:2]}
    )
    for one, other, why in pairs:
        first, second = (_listing(kind, id_, rows[id_], names) for id_ in (one, other))
        yield Pair(kind, first, second, why)


def _sharing(signs: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Pairs of ids with a sign in common, each once, with the first reason."""
    by_sign: dict[str, tuple[str, list[str]]] = {}
    for sign, why, id_ in signs:
        by_sign.setdefault(sign, (why, []))[1].append(id_)
    found: dict[tuple[str, str], str] = {}
    for why, ids in by_sign.values():
        for one, other in combinations(sorted(ids)[:MOST], 2):
            found.setdefault((one, other), why)
            if len(found) >= 2 * MOST:
                break
    return [(one, other, why) for (one, other), why in found.items()]


def _member(state: State) -> One:
    id_ = str(state["member_id"])
    return One(id_, str(state["name"]), id_, page_url("member", id_))


def _listing(kind: str, id_: str, row: Any, names: Mapping[str, str]) -> One:
    member = names.get(row.member_id, row.member_id)
    return One(id_, str(row.title), member, page_url(kind, id_))


def name_key(text: str) -> str:
    """What tells texts apart: case, accents, signs and legal forms aside."""
    plain = text.replace("&", " and ").casefold()
    if not plain.isascii():  # most are, and the rest takes five times as long
        taken_apart = unicodedata.normalize("NFKD", plain).casefold()
        plain = "".join(c for c in taken_apart if not unicodedata.combining(c))
    return " ".join(word for word in _WORD.findall(plain) if word not in _LEGAL_FORMS)
