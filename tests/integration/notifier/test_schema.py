"""The migrations make exactly the tables that the code uses, on both stores."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from services.notifier.store.tables import metadata
from tests.integration.notifier.conftest import MakeWorld


def test_the_migrated_schema_is_the_one_of_the_code(make_world: MakeWorld) -> None:
    world = make_world()
    with world.parts.database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and name == "alembic_version")
                )
            },
        )
        found = compare_metadata(context, metadata)
    ours = [difference for difference in found if "unique" not in str(difference[0])]
    assert ours == []
