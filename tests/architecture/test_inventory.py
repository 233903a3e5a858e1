"""Every column that a migration makes stands in the data inventory, as personal or as plain."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from scripts import docs, inventory
from shared.settings.common import SERVICES
from tests.servers.migrated import migrated_file

Schema = Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Schema]:
    """Tables and columns of each service, as its migrations make them."""
    folder = tmp_path_factory.mktemp("schemas")
    return {service: schema_of(migrated_file(folder, service)) for service in SERVICES}


def schema_of(file: Path) -> Schema:
    engine = create_engine(f"sqlite:///{file}")
    try:
        looked_at = inspect(engine)
        return {
            table: frozenset(column["name"] for column in looked_at.get_columns(table))
            for table in looked_at.get_table_names()
        }
    finally:
        engine.dispose()


def differences(schema: Schema, entries: Mapping[str, inventory.Entry]) -> list[str]:
    found = [f"no table {table}, take it out" for table in sorted(set(entries) - set(schema))]
    for table, columns in sorted(schema.items()):
        entry = entries.get(table, {})
        told = [*entry.get("personal", []), *entry.get("plain", [])]
        found += [f"{table}.{name} is not told" for name in sorted(columns - set(told))]
        found += [f"{table}.{name} is not there" for name in sorted(set(told) - columns)]
        found += [
            f"{table}.{name} is told twice" for name in sorted(set(told)) if told.count(name) > 1
        ]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_column_is_told(schemas: Mapping[str, Schema], service: str) -> None:
    found = differences(schemas[service], inventory.entries()[service])
    assert found == [], (
        f"docs/data-inventory.toml, [{service}.TABLE]: say of each column whether it is personal or "
        "plain, then `make docs`"
    )


def test_a_column_that_is_not_told_is_found() -> None:
    schema = {"people": frozenset({"id", "name"}), "new": frozenset({"x"})}
    entries: dict[str, inventory.Entry] = {
        "people": {"personal": ["name", "age"], "plain": ["name"]},
        "gone": {"plain": []},
    }
    assert differences(schema, entries) == [
        "no table gone, take it out",
        "new.x is not told",
        "people.id is not told",
        "people.age is not there",
        "people.name is told twice",
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_personal_says_why_how_long_and_what_erasing_does(service: str) -> None:
    rules = {rule.table.name for rule in inventory.RULES[service]}
    for table, entry in inventory.entries()[service].items():
        assert entry["holds"], table
        assert entry["kept"] or table in rules, f"{service}.{table}: say how long it is kept"
        if entry.get("personal"):
            assert all(entry[field] for field in ("purpose", "basis", "erased")), table


@pytest.mark.parametrize("service", SERVICES)
def test_a_sealed_column_is_personal(schemas: Mapping[str, Schema], service: str) -> None:
    for table, columns in schemas[service].items():
        sealed = {name for name in columns if name.startswith("sealed")}
        assert sealed <= set(inventory.entries()[service][table].get("personal", [])), table


def test_the_page_is_up_to_date() -> None:
    assert docs.differing(docs.of_inventory()) == [], "Write it anew: make docs"
