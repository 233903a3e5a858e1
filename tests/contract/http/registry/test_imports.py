"""The coalition file through the API: taken in at once, run by the worker, looked at later."""

import io
import json
from typing import Any

import openpyxl
import pytest

from services.registry.importing.queue import ImportTask
from services.registry.wiring import open_database, open_vault
from shared.messaging.tasks import pump
from tests.contract.http.registry.callers import Answer, Api

JSONL = "application/jsonl"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LINES: list[dict[str, Any]] = [
    {"kind": "member", "id": "essex", "name": "Essex", "sector": "local_government"},
    {"kind": "contact", "id": "c1", "member": "essex", "email": "canary@essex.example"},
    {"kind": "need", "id": "n1", "member": "essex", "title": "Reading", "goals": [1]},
]


def upload(api: Api, lines: list[dict[str, Any]], query: str = "", **headers: str) -> Answer:
    body = "\n".join(json.dumps(line) for line in lines).encode()
    return api.coordinator.send_file(f"/v1/imports{query}", body, JSONL, **headers)


def run(api: Api) -> None:
    database = open_database(api.settings)
    vault = open_vault(api.settings)
    task = ImportTask(database, vault, api.settings.rules, api.clock, batch_lines=2)
    pump([task])
    task.close()
    database.close()


def outcome(api: Api, answer: Answer) -> dict[str, Any]:
    run(api)
    return api.coordinator.get(answer.headers["Location"]).json


def test_an_upload_is_kept_run_and_told(api: Api) -> None:
    accepted = upload(api, [*LINES, {"kind": "need", "id": "n2", "member": "x", "title": "T"}])
    assert accepted.status_code == 202
    assert accepted.json["state"] == "waiting"
    told = outcome(api, accepted)
    assert told["state"] == "finished"
    assert told["counts"]["added"] == {"contact": 1, "member": 1, "need": 1}
    (error,) = told["errors"]
    assert (error["line"], error["field"], error["value"]) == (4, "member", "x")
    assert api.coordinator.get("/v1/needs/n1").status_code == 200


def test_neither_upload_nor_findings_keep_personal_data_readable(api: Api) -> None:
    broken = {"kind": "contact", "id": "c2", "member": "essex", "email": "canary at home"}
    accepted = upload(api, [*LINES, broken])
    folder = api.settings.var
    for moment in ("waiting", "finished"):
        if moment == "finished":
            outcome(api, accepted)
        for file in folder.glob("registry.db*"):
            if file.is_file():
                assert b"canary" not in file.read_bytes(), moment


def test_the_same_upload_under_one_key_is_one_import(api: Api) -> None:
    first = upload(api, LINES, Idempotency_Key="k1")
    second = upload(api, LINES, Idempotency_Key="k1")
    assert first.headers["Location"] == second.headers["Location"]


def test_an_interrupted_import_is_begun_again(api: Api) -> None:
    accepted = upload(api, LINES)
    database = open_database(api.settings)
    task = ImportTask(
        database, open_vault(api.settings), api.settings.rules, api.clock, batch_lines=1
    )
    assert task.step()
    task.close()
    database.close()
    assert api.coordinator.get(accepted.headers["Location"]).json["state"] == "running"
    told = outcome(api, accepted)
    assert told["state"] == "finished"
    assert told["counts"]["lines"] == 3


def test_kept_corrections_duplicates_and_overwriting(api: Api) -> None:
    outcome(api, upload(api, LINES))
    api.coordinator.put("/v1/needs/n1", {"title": "Corrected", "goals": [1]}, 1)
    twin = {"kind": "member", "id": "essex-2", "name": "ESSEX", "sector": "local_government"}
    told = outcome(api, upload(api, [*LINES, twin]))
    assert told["totals"] == {"errors": 0, "kept": 1, "duplicates": 1, "warnings": 0}
    assert told["kept"][0]["field"] == "title"
    assert "looks like essex" in told["duplicates"][0]["message"]
    outcome(api, upload(api, [*LINES, twin], "?overwrite=true&accept_duplicates=true"))
    assert api.coordinator.get("/v1/needs/n1").json["title"] == "Reading"
    assert api.coordinator.get("/v1/members/essex-2").status_code == 200


def test_a_dry_run_tells_and_keeps_nothing(api: Api) -> None:
    told = outcome(api, upload(api, LINES, "?dry_run=true"))
    assert told["counts"]["added"]["member"] == 1
    assert api.coordinator.get("/v1/members").json["items"] == []


def test_a_workbook_and_a_csv_come_in_too(api: Api) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "members"
    sheet.append(["name", "sector", "places"])
    sheet.append(["Essex County Council", "Council", "E10000012"])
    stream = io.BytesIO()
    book.save(stream)
    accepted = api.coordinator.send_file("/v1/imports", stream.getvalue(), XLSX)
    assert outcome(api, accepted)["counts"]["added"] == {"member": 1}
    rows = b"member,title,goals\nessex-county-council,Reading,1;2\n"
    accepted = api.coordinator.send_file("/v1/imports?sheet=needs", rows, "text/csv")
    told = outcome(api, accepted)
    assert told["counts"]["added"] == {"need": 1}
    assert "was made" in told["warnings"][0]["message"]


@pytest.mark.parametrize(
    ("body", "mimetype", "query", "status"),
    [
        (b"", JSONL, "", 422),
        (b"a,b", "text/csv", "", 422),
        (b"a,b", "text/csv", "?sheet=cats", 422),
        (b"{}", "application/json", "", 415),
        (b"{}", JSONL, "?colour=red", 422),
    ],
)
def test_an_upload_that_cannot_be_a_file_is_refused(
    api: Api, body: bytes, mimetype: str, query: str, status: int
) -> None:
    refused = api.coordinator.send_file(f"/v1/imports{query}", body, mimetype)
    assert refused.status_code == status, refused.text
    assert refused.json["detail"]


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00", b"PK\x03\x04 broken", b"\x00" * 500, b"[" * 5_000, b'null\n1\n"a"']
)
@pytest.mark.parametrize("mimetype", [JSONL, XLSX])
def test_a_file_of_nonsense_is_told_about_line_by_line(
    api: Api, body: bytes, mimetype: str
) -> None:
    told = outcome(api, api.coordinator.send_file("/v1/imports", body, mimetype))
    assert told["state"] == "finished"
    assert told["errors"]
    assert all(error["message"] for error in told["errors"])


def test_the_export_is_the_import(api: Api) -> None:
    outcome(api, upload(api, LINES))
    plain = api.coordinator.get("/v1/export").text
    assert "canary" not in plain
    whole = api.admin.get("/v1/export?contacts=true").text
    assert "canary@essex.example" in whole
    lines = [json.loads(line) for line in whole.splitlines()]
    told = outcome(api, upload(api, lines))
    assert told["counts"]["unchanged"] == {"contact": 1, "member": 1, "need": 1}


def test_nobody_waits_for_a_dry_run(api: Api) -> None:
    upload(api, LINES, "?dry_run=true")
    database = open_database(api.settings)
    task = ImportTask(
        database, open_vault(api.settings), api.settings.rules, api.clock, batch_lines=1
    )
    assert task.step()
    assert (
        api.coordinator.post("/v1/members", {"name": "A", "sector": "charity"}).status_code == 201
    )
    pump([task])
    task.close()
    database.close()
    assert not list(api.settings.var.glob("rehearsal-*"))


def test_a_file_that_trips_a_fault_of_ours_is_given_up(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: object) -> None:
        raise ZeroDivisionError

    first, second = upload(api, LINES), upload(api, LINES[:1])
    with monkeypatch.context() as patched:
        patched.setattr("services.registry.importing.run.take_members", trip)
        run(api)
    failed = api.coordinator.get(first.headers["Location"]).json
    assert failed["state"] == "failed"
    assert "ZeroDivisionError" in failed["failure"]
    assert api.coordinator.get(second.headers["Location"]).json["state"] == "failed"
    assert outcome(api, upload(api, LINES))["state"] == "finished"
