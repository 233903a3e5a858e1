"""What each caller may expect of an operation, worked out from the policy it declares.

`in`: let in, where the object is there. `404`: let in, but of others' objects nothing is there.
`401`: not known; `ask`: not known, and taken to the sign-in page. `403`: known, and may not.
`shut`: the page of a link this browser has not opened.
"""

from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from shared.web.policy import Principal, policy_of
from tests.contract.http.authorisation.callers import CALLERS, known_as

_OF_A_MEMBER = frozenset({"member_id", "listing_id", "contact_id"})


@dataclass(frozen=True, slots=True)
class Operation:
    service: str
    method: str
    rule: Rule
    allowed: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.service} {self.method} {self.rule.rule.replace(' ', '')}"

    @property
    def is_api(self) -> bool:
        return self.rule.rule.startswith("/v1/")


def operations(apps: dict[str, Flask]) -> list[Operation]:
    """Every method of every route of the services, documented or not."""
    found = []
    for service, app in apps.items():
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                allowed = policy_of(app, rule.endpoint, method)
                found.append(Operation(service, method, rule, allowed))
    return sorted(found, key=lambda one: (one.service, one.rule.rule, one.method))


def expected_row(operation: Operation) -> tuple[str, ...]:
    return tuple(_cell(operation, caller) for caller in CALLERS)


def _cell(operation: Operation, caller: str) -> str:
    if caller == "elsewhere" or (caller, operation.service) == ("ended", "registry"):
        return "401"  # what is known and refused is told so, where anybody may enter too
    if "public" in operation.allowed:
        behind_link = operation.service == "notifier" and "nonce" in operation.rule.arguments
        behind_link = behind_link and operation.rule.endpoint != "pages.back"  # only leads there
        return "shut" if behind_link and caller != "link" else "in"
    known = known_as(caller, operation.service)
    if known is None:
        return _unknown(operation, caller)
    if not _lets_in(operation.allowed, known):
        return "403"
    foreign = caller == "other" and operation.rule.arguments & _OF_A_MEMBER
    return "404" if foreign else "in"


def _unknown(operation: Operation, caller: str) -> str:
    """Who brings a credential that is worth nothing here is told so, on pages too."""
    without = caller in {"nobody", "link", "viewer"}
    pages = operation.service == "matcher" and not operation.is_api
    return "ask" if without and pages else "401"


def _lets_in(allowed: tuple[str, ...], known: Principal) -> bool:
    """The meaning of a policy, said once more and apart from the code that is tried."""
    names = {known.kind, f"{known.kind}:{known.id}"}
    names |= {f"{known.kind}:{scope}" for scope in known.scopes}
    return bool(names & set(allowed))


def table_of(rows: dict[str, tuple[str, ...]]) -> str:
    """The rows as the file holds them: one line each, in columns."""
    wide = max(map(len, rows)) + 2
    widths = [max(len(caller), 4) + 2 for caller in CALLERS]

    def line(name: str, cells: tuple[str, ...]) -> str:
        texts = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"{name.ljust(wide)}{''.join(texts)}".rstrip()

    return "\n".join([line("", CALLERS), *(line(n, c) for n, c in rows.items()), ""])


def read_table(text: str) -> dict[str, tuple[str, ...]]:
    header, *lines = text.splitlines()
    callers = tuple(header.split())
    if callers != CALLERS:
        raise ValueError(f"the table has the columns {callers}, not {CALLERS}")
    rows = [line.split() for line in lines]
    return {" ".join(row[:3]): tuple(row[3:]) for row in rows}
