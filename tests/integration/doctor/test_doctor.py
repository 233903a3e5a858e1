"""Each fault that a deployment can have is named, with its value and its fix."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from services.notifier.commands.doctor import doctor, patient_of
from services.notifier.settings import NotifierSettings
from services.notifier.wiring import open_database, setup
from shared.bus.connect import connect
from shared.contracts.topics import PREFERENCES, TOPICS
from shared.doctor import Finding, Instruments
from shared.doctor.bus import check_bus
from shared.doctor.database import check_database
from shared.ids import new_id
from shared.settings import load_settings
from tests.integration.doctor.conftest import NOW, answering, instruments
from tests.integration.notifier.smtp_double import SmtpDouble
from tests.servers.kafka import KafkaServer
from tests.small_size import small_size

Examine = Callable[..., list[Finding]]


def one(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    assert found[0].fix
    return found[0]


def test_a_deployment_in_order_has_nothing_wrong(examine: Examine) -> None:
    assert examine() == []


def test_a_service_that_is_away_or_not_ready_is_named(examine: Examine) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.port == 8000:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(503 if request.url.port == 8001 else 200)

    found = examine(instruments(httpx.MockTransport(refuse)))
    assert [(each.about, each.state, each.value) for each in found] == [
        ("neighbours", "wrong", "503 from http://127.0.0.1:8001/readyz"),
        ("neighbours", "wrong", "http://127.0.0.1:8000"),
    ]
    assert "CONVENE_MATCHER_INTERNAL_URL" in found[1].fix


@pytest.mark.parametrize(("ahead", "told"), [(0.9, 0), (4.0, 0), (60.0, 3), (-400.0, 3)])
def test_clocks_apart_are_told(examine: Examine, ahead: float, told: int) -> None:
    found = examine(instruments(answering(ahead_seconds=ahead)))
    assert len(found) == told
    assert all("clock" in each.said for each in found)


@pytest.mark.parametrize(("free", "state"), [(10 * 1_048_576, "wrong"), (1_073_741_824, "odd")])
def test_a_disk_that_fills_up_is_seen_coming(examine: Examine, free: int, state: str) -> None:
    found = one(examine(instruments(free_bytes=free)))
    assert (found.about, found.state) == ("disk", state)
    assert f"{free // 1_048_576} MiB" in found.value


def test_a_key_that_others_can_read(examine: Examine, folder: Path) -> None:
    key = folder / "keys" / "notifier-vault.key"
    key.chmod(0o644)
    found = one(examine())
    assert found.value == f"{key} has mode 0644"
    assert found.fix == f"chmod 600 {key}"


def test_a_key_that_is_gone_or_damaged(examine: Examine, folder: Path) -> None:
    (folder / "keys" / "notifier-vault.key").unlink()
    (folder / "keys" / "service.key").write_bytes(b"short")
    gone, damaged = examine()
    assert (gone.said, damaged.about) == ("A key is missing", "keys")
    assert "service.key" in damaged.value
    assert not (folder / "keys" / "notifier-vault.key").exists(), "looking made a key"


def test_a_database_that_was_never_made_is_not_made_by_looking(
    examine: Examine, folder: Path
) -> None:
    (folder / "notifier.db").unlink()
    found = one(examine())
    assert (found.about, found.fix) == ("database", "Run `python -m services.notifier setup`.")
    assert not (folder / "notifier.db").exists()


def test_a_database_of_another_version(examine: Examine, folder: Path) -> None:
    database = open_database(load_settings(NotifierSettings, small_size(folder)))
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    found = one(examine())
    assert found.said == "The database is not at this version's migration"
    assert found.value.startswith("0001 instead of ")


def test_a_damaged_database(examine: Examine, folder: Path) -> None:
    (folder / "notifier.db").write_bytes(b"this is not a database" * 1000)
    assert one(examine()).about == "database"


def test_topics_that_are_kept_otherwise(examine: Examine, folder: Path) -> None:
    bus = connect(f"embedded:///{folder}/bus.db")
    spec = TOPICS[PREFERENCES].spec
    bus.admin().ensure_topics([replace(spec, retention_seconds=60.0, compacted=True)])
    bus.close()
    assert {each.value for each in examine()} == {
        "convene.preferences: compacted is True instead of False",
        "convene.preferences: retention_seconds is 60.0 instead of 2592000",
    }


def test_a_log_without_topics(examine: Examine, folder: Path) -> None:
    (folder / "bus.db").unlink()
    assert "does not exist" in one(examine()).said
    connect(f"embedded:///{folder}/bus.db").admin().ensure_topics([])
    assert len(examine()) == len(TOPICS)


def test_a_mail_server_that_refuses_us(examine: Examine, smtp: SmtpDouble) -> None:
    smtp.script = {"ehlo": "554 5.7.1 go away"}
    found = one(examine())
    assert found.about == "mail"
    assert "554" in found.said


def test_a_rehearsal_and_a_proxy_are_pointed_out(examine: Examine, folder: Path) -> None:
    shift = folder / "shift"
    shift.write_text("60")
    found = examine(
        CONVENE_CLOCK_SHIFT_FILE=str(shift),
        CONVENE_NOTIFIER_URL="https://convene.example.org",
        CONVENE_NOTIFIER_INTERNAL_URL="http://127.0.0.1:8002",
    )
    assert [each.state for each in found] == ["odd", "odd"]


def test_settings_that_start_up_refuses_are_findings_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in small_size(folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CONVENE_GRACE_SECONDS", "-1")
    ended = CliRunner().invoke(doctor, ["--json"])
    told = json.loads(ended.output)
    assert (ended.exit_code, told["healthy"]) == (1, False)
    assert "CONVENE_GRACE_SECONDS" in told["findings"][0]["value"]


def test_the_command_says_what_to_do_and_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in small_size(folder).items():
        monkeypatch.setenv(name, value)
    (folder / "notifier.db").unlink()
    ended = CliRunner().invoke(doctor, [])
    assert ended.exit_code == 1
    assert "→ Run `python -m services.notifier setup`." in ended.output


@pytest.fixture
def broker_of_our_own() -> Iterator[str]:
    """Topics of a real set-up have other partitions than those that tests share."""
    with KafkaServer(own=True) as server:
        yield f"kafka://{server.bootstrap_servers}"


@pytest.mark.postgres
@pytest.mark.kafka
def test_the_large_size_is_examined_as_well(
    request: pytest.FixtureRequest, broker_of_our_own: str, tmp_path: Path
) -> None:
    server = request.getfixturevalue("postgres_server")
    url = server.create_database("d" + new_id().replace("-", ""))
    settings = NotifierSettings(
        database_url=url, bus_url=broker_of_our_own, keys_dir=tmp_path / "keys", var=tmp_path
    )
    patient = replace(patient_of(settings), instruments=Instruments())
    assert one(list(check_database(patient))[:1]).value.startswith("none instead of ")
    setup(settings)
    assert [each.state for each in check_database(patient)] == ["good", "good"]
    assert [each.state for each in check_bus(patient)] == ["good"]

    late = replace(patient, instruments=Instruments(now=lambda: NOW - 90_000))
    assert [each.state for each in check_database(late)] == ["good", "wrong"]


def test_a_database_server_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    settings = NotifierSettings(
        database_url="postgresql+psycopg://convene:hidden-one@127.0.0.1:1/{service}",
        bus_url="kafka://127.0.0.1:1",
        keys_dir=tmp_path / "keys",
    )
    found = one(list(check_database(patient_of(settings))))
    assert (found.about, found.state) == ("database", "wrong")
    assert "hidden-one" not in str(found)


def test_a_damaged_log(examine: Examine, folder: Path) -> None:
    (folder / "bus.db").write_bytes(b"this is not a database" * 1000)
    found = one(examine())
    assert (found.about, found.state) == ("bus", "wrong")
