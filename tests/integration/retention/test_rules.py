"""Each rule takes what is old enough and nothing younger, on both stores."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Float, Integer, LargeBinary, MetaData, Table, select

from services.matcher.console.accounts.retention import RULES as RULES_OF_ACCOUNTS
from services.matcher.store.retention import RULES as RULES_OF_MATCHER
from services.notifier.store.retention import RULES as RULES_OF_NOTIFIER
from services.registry.retention import RULES as RULES_OF_REGISTRY
from shared.clock import ManualClock
from shared.ids import new_id
from shared.messaging.retention import Retention
from shared.storage import Database, UtcDateTime, standard_tables
from shared.storage.retention import BATCH_ROWS, Rule

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = (
    *RULES_OF_MATCHER,
    *RULES_OF_ACCOUNTS,
    *RULES_OF_NOTIFIER[3:],
    *(rule for rule in RULES_OF_REGISTRY[3:] if isinstance(rule.since, Column)),
)
STATES = {"parked": "done", "imports": "finished"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'service.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create_database("r" + new_id().replace("-", ""))
    database = Database(url, service="registry")
    metadata = MetaData()
    standard_tables(metadata)
    for rule in RULES:
        alone(rule.table, metadata)
    with database.write() as connection:
        metadata.create_all(connection)
    yield database
    database.close()


def alone(table: Table, metadata: MetaData) -> None:
    """The table without its foreign keys: what is tested here is what goes, not what it hangs on."""
    if table.name not in metadata.tables:
        columns = [
            Column(column.name, column.type, primary_key=column.primary_key)
            for column in table.columns
        ]
        Table(table.name, metadata, *columns)


def a_row(rule: Rule, since: datetime) -> dict[str, Any]:
    row = {column.name: value_of(column) for column in rule.table.columns}
    assert isinstance(rule.since, Column)
    row[rule.since.name] = since
    if rule.table.name in STATES:
        row["state"] = STATES[rule.table.name]
    return row


def value_of(column: Column[Any]) -> Any:
    for kind, value in (
        (UtcDateTime, NOW), (JSON, {}), (LargeBinary, b"x"), (Boolean, True), (Float, 1.0),
    ):  # fmt: skip
        if isinstance(column.type, kind):
            return value
    if isinstance(column.type, Integer):
        return int(new_id().replace("-", "")[-8:], 16) % 2_000_000_000
    return new_id()[-10:]


def test_each_rule_takes_what_is_old_enough_and_nothing_younger(database: Database) -> None:
    for rule in RULES:
        old = NOW - timedelta(days=rule.days, seconds=1)
        young = NOW - timedelta(days=rule.days) + timedelta(seconds=1)
        with database.write() as connection:
            connection.execute(rule.table.insert(), [a_row(rule, old), a_row(rule, young)])
        with database.read() as connection:
            assert rule.count(connection, NOW) == 1, rule.name
        assert rule.apply(database, NOW) == 1, rule.name
        with database.read() as connection:
            assert rule.count(connection, NOW) == 0, rule.name
            left = connection.execute(select(rule.table)).all()
        assert len(left) == (2 if rule.empties else 1), rule.name
        for column in rule.empties:
            filled = sorted(bool(getattr(row, column.name)) for row in left)
            assert filled == [False, True], (rule.name, column.name)


def test_a_record_that_still_waits_for_a_decision_is_kept(database: Database) -> None:
    (rule,) = (rule for rule in RULES if rule.table.name == "parked")
    row = {**a_row(rule, NOW - timedelta(days=999)), "state": "open"}
    with database.write() as connection:
        connection.execute(rule.table.insert(), [row])
    assert rule.apply(database, NOW) == 0


def test_many_rows_go_in_batches_and_the_deed_is_written_down_once(database: Database) -> None:
    (rule,) = (rule for rule in RULES if rule.table.name == "bounces")
    old = NOW - timedelta(days=rule.days + 1)
    number = BATCH_ROWS * 2 + 3
    with database.write() as connection:
        rows = [{**a_row(rule, old), "bounce_id": f"b{index}"} for index in range(number)]
        connection.execute(rule.table.insert(), rows)
    retention = Retention("registry", database, [rule], ManualClock(NOW))
    assert retention.due() == {rule.name: number}
    assert retention.due() == {rule.name: number}, "a dry run changed something"
    assert retention.apply("test") == {rule.name: number}
    assert retention.apply("test") == {rule.name: 0}
    audit = standard_tables(MetaData()).audit
    with database.read() as connection:
        lines = connection.execute(select(audit.c.action, audit.c.details)).all()
    assert [tuple(line) for line in lines] == [("retention.applied", {rule.name: number})]
