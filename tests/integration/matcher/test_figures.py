"""Official figures in the matcher's store: imported, replaced, forgotten, and taken in by whoever
scores.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from services.matcher.__main__ import main
from services.matcher.explaining.insight import Insight
from services.matcher.figures.keep import Taken, forget_figures, keep_figures
from services.matcher.figures.read import Publication, read_figures
from services.matcher.store import tables as t
from services.matcher.store.figures import all_kept, figures_number, priorities_in, priorities_of
from shared.storage import unit_of_work
from tests import published_figures as made
from tests.integration.matcher.world import World

Run = Callable[..., Result]


def _publication(*worst: str) -> Publication:
    return read_figures(made.as_csv(made.summary(worst)))


def _keep(world: World, publication: Publication) -> Taken:
    with unit_of_work(world.database, source="/matcher", clock=world.clock) as work:
        return keep_figures(work, publication)


def test_the_same_again_changes_nothing_and_another_edition_takes_its_place(world: World) -> None:
    first, second = _publication(made.TENDRING), _publication(made.UTTLESFORD)
    assert _keep(world, first) == "imported"
    with world.database.read() as connection:
        number = figures_number(connection)
        before = all_kept(connection)
    world.clock.advance(seconds=3600)
    assert _keep(world, first) == "unchanged"
    with world.database.read() as connection:
        assert figures_number(connection) == number
        assert all_kept(connection) == before
        assert priorities_of(connection).priority_of(made.TENDRING) == 1.0
    assert _keep(world, second) == "replaced"
    with world.database.read() as connection:
        assert figures_number(connection) > number
        assert len(all_kept(connection)) == 1
        assert priorities_of(connection).priority_of(made.UTTLESFORD) == 1.0
        audited = connection.execute(select(t.STANDARD.audit.c.action)).scalars().all()
    assert audited == ["figures.imported", "figures.imported"]


def test_what_comes_back_is_what_was_stored(world: World) -> None:
    publication = _publication(made.TENDRING, made.COLCHESTER)
    _keep(world, publication)
    with world.database.read() as connection:
        (kept,) = all_kept(connection)
    assert kept.figures == publication.figures()
    assert kept.measures == publication.measures
    assert (kept.lines, kept.imported_at) == (296, world.clock.now())


def test_composites_arrive_one_file_at_a_time(world: World) -> None:
    day = world.clock.now().date()
    for code, value in (("ci1", -1.0), ("ci2", 3.0), ("ci1", -2.0)):
        table = made.composite(code, dict.fromkeys(made.areas(), 0.0) | {"Essex": value})
        _keep(world, read_figures(made.as_csv(table), published=day))
    with world.database.read() as connection:
        (kept,) = all_kept(connection)
    assert kept.measures[made.TENDRING] == {
        "conditions_of_childhood": -2.0,
        "innovation_and_growth": 3.0,
    }
    assert kept.figures.hardship[made.TENDRING] == -0.5


def test_a_few_districts_are_read_as_all_of_them_are(world: World) -> None:
    day = world.clock.now().date()
    table = made.composite("ci1", dict.fromkeys(made.areas(), 0.0) | {"Essex": -2.0})
    for publication in (
        read_figures(made.as_csv(table), published=day),
        _publication(made.TENDRING, made.COLCHESTER),
    ):
        _keep(world, publication)
        with world.database.read() as connection:
            whole = priorities_of(connection)
            few = priorities_in(connection, [made.TENDRING, made.UTTLESFORD, "E0nowhere"])
        for code in (made.TENDRING, made.UTTLESFORD):
            assert few.of_district(code) == whole.of_district(code) is not None
        assert few.of_district(made.COLCHESTER) is None


def test_needs_are_looked_at_again_with_new_figures_whose_source_is_told(world: World) -> None:
    world.story()
    far = {"title": "Books for libraries", "description": "Reading in public libraries."}
    world.capability("first-words", "capability.changed", material=far, beneficiaries=["adults"])
    score = world.knowledge().index.score_of("reading", "first-words").score
    world.settings_changed(least_score=score + 0.001)
    world.propose()
    assert world.all() == []
    _keep(world, _publication(made.TENDRING))
    world.propose()
    match = world.proposed()
    assert match.score > score + 0.001
    assert match.features["priority"] == 1.0
    (told,) = [one["text"] for one in match.reasons if one["feature"] == "priority"]
    assert told.startswith("Tendring is more deprived than every other district with figures")
    assert "published 30 October 2025, Open Government Licence v3.0" in told


def test_the_web_process_takes_figures_in_and_lets_them_go(world: World) -> None:
    world.story()
    insight = Insight(world.database, world.deps.model, world.clock)

    def priority() -> float | None:
        with insight.index() as index:
            score = index.score_of("reading", "first-words")
        return score.features.get("priority")

    assert priority() is None
    _keep(world, _publication(made.TENDRING))
    assert priority() == 1.0
    with unit_of_work(world.database, source="/matcher", clock=world.clock) as work:
        assert forget_figures(work, "iod2025-districts")
        assert not forget_figures(work, "iod2025-districts")
    assert priority() is None


# --- by command ---
@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    before, _, after = world.database.url.rpartition("matcher")
    monkeypatch.setenv("CONVENE_DATABASE_URL", f"{before}{{service}}{after}")
    if world.database.dialect == "postgresql":
        monkeypatch.setenv("CONVENE_BUS_URL", "kafka://127.0.0.1:9")
    monkeypatch.setenv("CONVENE_ENVIRONMENT", "test")
    monkeypatch.setenv("CONVENE_KEYS_DIR", str(tmp_path / "keys"))
    return lambda *arguments: CliRunner().invoke(main, ["figures", *map(str, arguments)])


def test_figures_are_imported_listed_and_forgotten_by_command(run: Run, tmp_path: Path) -> None:
    assert run("list").output == "No figures were imported; every place counts the same.\n"
    file = tmp_path / "File_10.xlsx"
    file.write_bytes(made.as_workbook(made.summary([made.TENDRING])))
    said = run("import", file)
    assert said.exit_code == 0, said.output
    assert "iod2025-districts: 296 districts of 2023 from 296 lines, imported" in said.output
    assert "nothing changed" in run("import", file).output
    mobility = tmp_path / "ci1.csv"
    mobility.write_bytes(made.as_csv(made.composite("ci1", dict.fromkeys(made.areas(), 0.0))))
    refused = run("import", mobility)
    assert refused.exit_code == 1
    assert "give --date YYYY-MM-DD" in refused.stderr
    assert run("import", mobility, "--date", "2025-12-01").exit_code == 0
    listed = run("list").output
    assert "speaks for 296 of its 296 districts" in listed
    assert "speaks for 65 of its 361 districts" in listed
    assert "Social Mobility Commission, State of the Nation composites, published" in listed
    assert "forgotten" in run("forget", "iod2025-districts").output
    assert "nothing of it was imported" in run("forget", "iod2025-districts").output


def test_a_bad_line_is_named_and_nothing_is_taken(run: Run, tmp_path: Path, world: World) -> None:
    table = made.summary([made.TENDRING])
    table[3][3] = "n/a"
    file = tmp_path / "figures.csv"
    file.write_bytes(made.as_csv(table))
    refused = run("import", file)
    assert refused.exit_code == 1
    assert "figures.csv: line 4: imd - average score: “n/a” is no number from 0 to 100." in (
        refused.stderr
    )
    assert "nothing was taken" in refused.stderr
    with world.database.read() as connection:
        assert all_kept(connection) == []
    file.write_bytes(b"a,b\n1,2\n")
    assert "The header is none that is known" in run("import", file).stderr
