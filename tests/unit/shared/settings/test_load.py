"""Settings come from the environment or a file, and every fault is named with its fix."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import pytest

from shared.bus.settings import BusSettings
from shared.settings import Settings, SettingsRefused, load_settings, setting
from shared.settings.fields import declared_settings


@dataclass(frozen=True, kw_only=True)
class ToySettings(Settings):
    """One setting of each type."""

    word: str | None = setting(None, help="A word.")
    count: int = setting(3, help="A count.", minimum=1, maximum=9)
    share: float = setting(0.5, help="A share.", minimum=0)
    on: bool = setting(False, help="A switch.")
    folder: Path | None = setting(None, help="A folder.")
    hosts: tuple[str, ...] = setting((), help="Hosts.")
    colour: str = setting("red", help="A colour.", choices=("red", "blue"))
    password: str | None = setting(None, help="A password.", secret=True)


def refused(**environ: str) -> list[str]:
    named = {f"CONVENE_{name}": value for name, value in environ.items()}
    with pytest.raises(SettingsRefused) as refusal:
        load_settings(ToySettings, named)
    return refusal.value.faults


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load_settings(ToySettings, {})
    assert settings == ToySettings()
    assert settings.bus_url == "embedded:///var/bus.db"
    assert settings.database_url_for("matcher") == "sqlite:///var/matcher.db"


def test_every_type_is_read() -> None:
    settings = load_settings(
        ToySettings,
        {
            "CONVENE_WORD": "hello",
            "CONVENE_COUNT": "7",
            "CONVENE_SHARE": "0.25",
            "CONVENE_ON": "true",
            "CONVENE_FOLDER": "a/b",
            "CONVENE_HOSTS": "a, b,,c",
            "CONVENE_COLOUR": "blue",
        },
    )
    assert (settings.word, settings.count, settings.share, settings.on) == ("hello", 7, 0.25, True)
    assert (settings.folder, settings.hosts, settings.colour) == (
        Path("a/b"),
        ("a", "b", "c"),
        "blue",
    )


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ToySettings().count = 4  # type: ignore[misc]


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    environ = {"CONVENE_PASSWORD_FILE": str(tmp_path / "secret")}
    assert load_settings(ToySettings, environ).password == "from a file"


def test_an_empty_value_counts_as_unset() -> None:
    assert load_settings(ToySettings, {"CONVENE_COUNT": ""}).count == 3


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("COUNT", "many", "is not a whole number"),
        ("COUNT", "9" * 5000, "is not a whole number"),
        ("COUNT", "0", "is below the least allowed, 1"),
        ("COUNT", "10", "is above the most allowed, 9"),
        ("SHARE", "half", "is not a number"),
        ("SHARE", "nan", "is not a "),
        ("SHARE", "inf", "is not a "),
        ("ON", "perhaps", "is not true or false"),
        ("COLOUR", "green", "is not one of red, blue"),
    ],
)
def test_a_bad_value_is_named_with_its_fix(name: str, value: str, why: str) -> None:
    (fault,) = refused(**{name: value})
    assert f"CONVENE_{name} has '{value}'" in fault
    assert why in fault
    assert f"Set CONVENE_{name} to" in fault
    assert "or unset it for" in fault


def test_all_faults_are_said_at_once() -> None:
    assert len(refused(COUNT="x", SHARE="y", COLOUR="z")) == 3


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (fault,) = refused(PASSWORD_FILE="/nowhere/at/all")
    assert "CONVENE_PASSWORD_FILE names '/nowhere/at/all'" in fault
    (tmp_path / "empty").touch()
    (fault,) = refused(PASSWORD_FILE=str(tmp_path / "empty"))
    assert "is empty" in fault
    (fault,) = refused(PASSWORD="a", PASSWORD_FILE="b")
    assert "both set" in fault


@pytest.mark.parametrize(
    ("bus", "database"),
    [
        ("kafka://k:9092", "sqlite:///var/{service}.db"),
        ("embedded:///var/bus.db", "postgresql+psycopg://u:hidden@h/{service}"),
    ],
)
def test_a_mixed_pair_is_refused(bus: str, database: str) -> None:
    (fault,) = refused(BUS_URL=bus, DATABASE_URL=database)
    assert "a mixed pair" in fault
    assert bus in fault
    assert "hidden" not in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BUS_URL", "amqp://x"),
        ("DATABASE_URL", "mysql://x/{service}"),
        ("DATABASE_URL", "sqlite:///var/one.db"),
        ("MATCHER_URL", "convene.example"),
        ("MATCHER_URL", "http://x:99999"),
        ("MATCHER_INTERNAL_URL", "ftp://x"),
        ("COALITION_EMAIL", "a@b, c@d"),
        ("SENDER_EMAIL", "a@b\r\nBcc: c@d"),
    ],
)
def test_addresses_that_cannot_be_used(name: str, value: str) -> None:
    assert any(f"CONVENE_{name} has '{value}'" in fault for fault in refused(**{name: value}))


def test_short_keys_are_refused_and_not_shown() -> None:
    (fault,) = refused(SERVICE_KEY="x" * 40 + ",tooshort")
    assert "8 characters" in fault
    assert "tooshort" not in fault


PRODUCTION = {
    "CONVENE_ENVIRONMENT": "production",
    "CONVENE_REGISTRY_URL": "https://registry.example",
    "CONVENE_MATCHER_URL": "https://matcher.example",
    "CONVENE_NOTIFIER_URL": "https://notifier.example",
    "CONVENE_SMTP_URL": "smtps://u:p@mail.example:465",
    "CONVENE_COALITION_NAME": "Essex partners",
    "CONVENE_COALITION_EMAIL": "partners@essex.example",
    "CONVENE_SENDER_EMAIL": "convene@essex.example",
}


def test_production_with_its_own_values_starts() -> None:
    assert load_settings(ToySettings, PRODUCTION).environment == "production"


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "CONVENE_ENVIRONMENT"])
def test_production_refuses_each_default(name: str) -> None:
    environ = {key: value for key, value in PRODUCTION.items() if key != name}
    with pytest.raises(SettingsRefused, match=f"{name} has its default"):
        load_settings(ToySettings, environ)


def test_production_refuses_plain_http_and_known_passwords() -> None:
    with pytest.raises(SettingsRefused, match="not https"):
        load_settings(ToySettings, {**PRODUCTION, "CONVENE_MATCHER_URL": "http://matcher.example"})
    large = {
        "CONVENE_BUS_URL": "kafka://k:9092",
        "CONVENE_DATABASE_URL": "postgresql+psycopg://convene:convene@h/{service}",
    }
    with pytest.raises(SettingsRefused, match="well-known password"):
        load_settings(ToySettings, {**PRODUCTION, **large})


def test_internal_addresses_fall_back_to_public_ones() -> None:
    settings = load_settings(
        ToySettings,
        {
            "CONVENE_REGISTRY_URL": "https://registry.example/",
            "CONVENE_MATCHER_INTERNAL_URL": "http://matcher:8000",
        },
    )
    assert settings.internal_url("registry") == "https://registry.example"
    assert settings.internal_url("matcher") == "http://matcher:8000"
    assert settings.uses_tls("registry")
    assert not settings.uses_tls("matcher")


def test_an_undeclared_field_is_a_mistake_of_ours() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Careless(Settings):
        bare: str = "x"

    with pytest.raises(TypeError, match=r"Careless\.bare is not declared"):
        list(declared_settings(Careless))


def test_bus_options_are_what_the_bus_takes() -> None:
    environ = {"CONVENE_KAFKA_SASL_MECHANISM": "PLAIN", "CONVENE_KAFKA_REPLICATION_FACTOR": "3"}
    chosen = BusSettings(**load_settings(ToySettings, environ).bus_options())
    assert (chosen.sasl_mechanism, chosen.replication_factor) == ("PLAIN", 3)
    assert BusSettings(**Settings().bus_options()) == BusSettings()
