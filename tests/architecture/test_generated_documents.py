"""`make docs` makes what is committed. Most of it is compared by tests beside what it is made from."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts import docs
from services.matcher.scoring.learning.priors import FEATURES
from shared.settings.common import SERVICES

ADVICE = "Write them anew: make docs"


def test_drawings_are_up_to_date() -> None:
    drawn = docs.of_drawings()
    assert drawn
    assert docs.differing(drawn) == [], ADVICE


def test_the_model_card_is_up_to_date_and_tells_of_every_feature() -> None:
    made = docs.of_model()
    assert docs.differing(made) == [], ADVICE
    for name in FEATURES:
        assert f"| {name} | " in made["model-card.md"]


def test_nothing_is_left_of_what_is_gone() -> None:
    pages = {f"api-{service}.yaml": "" for service in SERVICES}
    assert docs.orphans({**docs.of_events(), **pages}) == [], ADVICE


def test_what_differs_is_named_and_writing_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docs, "MAKERS", (docs.of_events, docs.of_settings))
    runner = CliRunner()
    assert runner.invoke(docs.main, ["--docs", str(tmp_path)]).exit_code == 0
    assert runner.invoke(docs.main, ["--check", "--docs", str(tmp_path)]).exit_code == 0
    (tmp_path / "configuration.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "api-postman.yaml").write_text("of no service", encoding="utf-8")
    checked = runner.invoke(docs.main, ["--check", "--docs", str(tmp_path)])
    assert checked.exit_code == 1
    assert "configuration.md is not" in checked.output
    assert "api-postman.yaml is not" in checked.output
    assert "events.md is not" not in checked.output


def test_only_what_is_generated_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "privacy.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "api-postman.yaml").write_text("of no service", encoding="utf-8")
    docs.write({"events.md": "made"}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.md", "privacy.md"]
