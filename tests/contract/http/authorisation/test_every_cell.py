"""Every operation of the three services, for everybody who could call, on objects there and not.

`table.txt` is read by people: what changes there changes who may do what. It must say what the
policies declare, and the services must do what it says.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import yaml

from tests.contract.http.authorisation.callers import CALLERS, ROLES, Callers
from tests.contract.http.authorisation.coalition import Coalition
from tests.contract.http.authorisation.expected import (
    Operation,
    expected_row,
    operations,
    read_table,
    table_of,
)
from tests.contract.http.authorisation.requests import (
    ABSENT,
    LAST,
    NOT_MADE,
    SAY_THE_SAME,
    has_object,
    path_of,
    send,
)
from tests.contract.http.pages import page_of

ASKED = -1
"""In place of a status: taken to the sign-in page."""
LET_IN = frozenset(range(200, 500)) - {401, 403, 404, 429}
TABLE = Path(__file__).with_name("table.txt")


def test_the_table_says_what_the_policies_declare(coalition: Coalition) -> None:
    declared = {one.name: expected_row(one) for one in operations(coalition.apps)}
    assert TABLE.read_text() == table_of(declared), (
        "who may do what has changed: write the table anew with `python -m "
        "tests.contract.http.authorisation.write_table` and read the difference"
    )


def test_every_documented_operation_has_a_row() -> None:
    rows = read_table(TABLE.read_text())
    for service in ("registry", "matcher", "notifier"):
        plain = {_plain(name) for name in rows if name.startswith(service)}
        for path, item in yaml.safe_load(page_of(service))["paths"].items():
            for method in set(item) & {"get", "put", "post", "delete", "patch"}:
                assert f"{service} {method.upper()} {path}" in plain


def test_every_cell_is_as_the_table_says(coalition: Coalition, callers: Callers) -> None:
    rows = read_table(TABLE.read_text())
    found = sorted(operations(coalition.apps), key=lambda one: one.name in LAST)
    wrong: list[str] = []
    for operation in found:
        for caller, cell in zip(CALLERS, rows[operation.name], strict=True):
            wrong += _deviations(coalition, callers, operation, caller, cell)
    for role in ROLES:
        callers.fresh(role)
    assert not wrong, "\n".join(wrong)


def _deviations(
    coalition: Coalition, callers: Callers, operation: Operation, caller: str, cell: str
) -> Iterator[str]:
    """On an object that is there; whoever is let in to it, on one that is not as well."""
    both = has_object(operation) and cell in ("in", "404")
    for there in (True, False) if both else (True,):
        path = path_of(coalition, operation, there=there)
        got = _ask(callers, operation, path, caller)
        made = ABSENT not in path and operation.name not in NOT_MADE
        wanted = _wanted(operation, cell, there=there and made)
        if got[0] not in wanted:
            yield f"{operation.name} {path} by {caller}: {got}, not {cell}"


def _ask(callers: Callers, operation: Operation, path: str, caller: str) -> tuple[int, str]:
    last = operation.name in LAST
    for _ in range(2):
        if last:
            callers.fresh(caller)
        contact = "c-leaving" if last else "c-essex"
        headers = callers.credential(caller, operation.service, contact)
        status, location = send(callers.client(caller, operation.service), operation, path, headers)
        if status != 429:
            break
        callers.coalition.clock.advance(seconds=60)
    leads_there = last and caller in ROLES
    if location.startswith("/sign-in") and not leads_there:
        status = ASKED
    return status, location


def _wanted(operation: Operation, cell: str, *, there: bool) -> Collection[int]:
    if cell == "ask":
        return {ASKED}
    if cell == "shut":
        return {403}
    if cell != "in":
        return {int(cell)}
    if there or operation.name in SAY_THE_SAME:
        return LET_IN
    if operation.service == "notifier" and "nonce" in operation.rule.arguments:
        return {403, 404}
    if operation.is_api:
        return {404}
    # A form about what is not there is refused for its words first, or leads to a page that says
    # so; a page is not there, or (of a link to begin with) not there any more.
    return {404, 410} if operation.method == "GET" else {303, 400, 404, 409, 410, 422}


def _plain(name: str) -> str:
    """As OpenAPI writes it: `<string:member_id>` is `{member_id}`."""
    service, method, rule = name.split(" ")
    parts = rule.replace(">", "}").split("<")
    return f"{service} {method} {parts[0]}" + "".join(
        "{" + (part.split(":", 1)[1] if ":" in part.split("}")[0] else part) for part in parts[1:]
    )
