"""The documents under docs are what the contracts say, and say it in valid form."""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from shared.contracts.__main__ import differing_files, main
from shared.contracts.documents import asyncapi_document, data_schema, generated_files
from shared.contracts.golden import golden_example, golden_types
from shared.contracts.topics import TOPICS
from shared.contracts.types import EVENT_TYPES

pytestmark = pytest.mark.thorough

DOCS = Path(__file__).parents[3] / "docs"
ASYNCAPI_SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json.gz")
WITH_DATA = [name for name in golden_types() if not EVENT_TYPES[name].tombstone]


def validator_of(schema: dict[str, Any]) -> Any:
    made = jsonschema.validators.validator_for(schema)
    made.check_schema(schema)
    return made(schema, format_checker=made.FORMAT_CHECKER)


def test_the_committed_documents_are_what_the_contracts_generate() -> None:
    assert differing_files(DOCS) == [], "run `python -m shared.contracts write`"


@pytest.mark.parametrize("type_", WITH_DATA)
def test_a_golden_example_fits_its_json_schema(type_: str) -> None:
    validator_of(data_schema(EVENT_TYPES[type_])).validate(golden_example(type_)["data"])


@pytest.mark.parametrize("type_", WITH_DATA)
def test_the_json_schema_refuses_what_the_codec_refuses(type_: str) -> None:
    kind = EVENT_TYPES[type_]
    assert kind.schema is not None
    validator = validator_of(data_schema(kind))
    for name, entry in kind.schema().fields.items():
        data = golden_example(type_)["data"]
        wrong = {**data, name: [[3.5]]}
        assert not validator.is_valid(wrong), name
        assert not kind.schema.accepts(wrong, strict=True), name
        if entry.required:
            del data[name]
            assert not validator.is_valid(data), name


def test_the_asyncapi_document_is_valid_by_the_schema_of_asyncapi() -> None:
    schema = json.loads(gzip.decompress(ASYNCAPI_SCHEMA.read_bytes()))
    document = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    errors = [error.message for error in validator_of(schema).iter_errors(document)]
    assert errors == []


def test_the_schema_of_asyncapi_would_notice_a_broken_document() -> None:
    schema = json.loads(gzip.decompress(ASYNCAPI_SCHEMA.read_bytes()))
    document = asyncapi_document()
    next(iter(document["operations"].values()))["action"] = "shout"
    assert not validator_of(schema).is_valid(document)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi_document()
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found, reference


def test_the_asyncapi_document_names_every_type_and_topic() -> None:
    document = asyncapi_document()
    names = {message["name"] for message in document["components"]["messages"].values()}
    assert names == set(EVENT_TYPES)
    assert {channel["address"] for channel in document["channels"].values()} == set(TOPICS)
    sends = [name for name, made in document["operations"].items() if made["action"] == "send"]
    assert len(sends) == len(TOPICS)


def test_every_link_of_the_page_of_events_leads_somewhere() -> None:
    files = {str(name) for name in generated_files()}
    page = (DOCS / "events.md").read_text(encoding="utf-8")
    linked = {part.split(")")[0] for part in page.split("](schemas/")[1:]}
    assert {f"schemas/{name}" for name in linked} == files - {"asyncapi.yaml", "events.md"}
    headings = {line[4:].lower() for line in page.splitlines() if line.startswith("### ")}
    assert {part.split(")")[0] for part in page.split("](#")[1:]} <= headings


def test_the_command_says_which_document_is_stale_and_mends_it(tmp_path: Path) -> None:
    runner = CliRunner()
    written = runner.invoke(main, ["write", "--docs", str(tmp_path)])
    assert written.exit_code == 0
    assert runner.invoke(main, ["check", "--docs", str(tmp_path)]).exit_code == 0
    (tmp_path / "events.md").write_text("edited by hand", encoding="utf-8")
    (tmp_path / "schemas" / "need.vanished.v1.json").write_text("{}", encoding="utf-8")
    checked = runner.invoke(main, ["check", "--docs", str(tmp_path)])
    assert checked.exit_code == 1
    assert "events.md is out of date" in checked.output
    assert "need.vanished.v1.json" in checked.output


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for entry in value.values() for found in _references(entry)]
    if isinstance(value, list):
        return [found for entry in value for found in _references(entry)]
    return []
