"""The web process builds its index when it starts, so that the first coordinator does not wait."""

from services.matcher.wiring import SERVICE, warm_up
from tests.integration.matcher_console.desk import Office


def test_the_index_is_built_before_it_is_asked(office: Office) -> None:
    office.world.story()
    insight = office.app.extensions[SERVICE].insight
    assert insight.built is False
    warm_up(office.app).join(timeout=60)
    assert insight.built is True


def test_a_database_that_is_not_there_yet_leaves_the_process_running(office: Office) -> None:
    office.world.story()  # where nothing was told, no table of it is read
    with office.world.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE members RENAME TO members_away")
    thread = warm_up(office.app)
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert office.app.extensions[SERVICE].insight.built is False
    with office.world.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE members_away RENAME TO members")
    warm_up(office.app).join(timeout=60)
    assert office.app.extensions[SERVICE].insight.built is True
