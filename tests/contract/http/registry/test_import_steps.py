"""An import step by step: its columns told, its faulty rows given back, the whole of it undone."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from tests.contract.http.registry.callers import Answer, Api
from tests.contract.http.registry.test_imports import LINES, XLSX, outcome, upload

MEMBERS = [
    ["Organisation", "Type", "Area", "Favourite colour"],
    ["Essex County Council", "local government", "E10000012", "red"],
    ["BBC", "pirates", "K02000001", "blue"],
    ["Kent Archive", "charity", "Nowhere at all", "green"],
]
NEEDS = [
    ["Organisation", "Challenge", "Details", "Goals"],
    ["Essex County Council", "Reading before school", "Books at home.", "1"],
    ["Essex County Council", "", "No title.", "2"],
]


def workbook(**sheets: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def held(api: Api, content: bytes, media_type: str = XLSX) -> str:
    answer = api.coordinator.send_file("/v1/imports?hold=true", content, media_type)
    assert (answer.status_code, answer.json["state"]) == (202, "held")
    return f"/v1/imports/{answer.json['id']}"


def as_guessed(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"title": one["title"], "kind": one["kind"], "columns": one["guesses"][one["kind"]]}
        for one in seen["sheets"]
    ]


def started(api: Api, at: str, **body: Any) -> dict[str, Any]:
    answer = api.coordinator.post(f"{at}/start", body)
    assert answer.status_code == 202, answer.json
    return outcome(api, answer)


def test_three_faulty_rows_are_given_back_corrected_and_taken(api: Api) -> None:
    at = held(api, workbook(Organisations=MEMBERS, Wishes=NEEDS))
    seen = api.coordinator.get(f"{at}/columns").json
    members, needs = seen["sheets"]
    assert (members["kind"], needs["kind"]) == ("member", "need")
    assert members["guesses"]["member"] == {
        "Organisation": "name", "Type": "sector", "Area": "places", "Favourite colour": "",
    }  # fmt: skip
    assert members["rows"][0] == MEMBERS[1]
    assert "locality.postcode" in seen["fields"]["need"]

    tried = started(api, at, dry_run=True, sheets=as_guessed(seen))
    assert tried["counts"]["added"] == {"member": 1, "need": 1}
    assert api.coordinator.get("/v1/members/essex-county-council").status_code == 404
    told = started(api, at)
    assert told["counts"]["added"] == {"member": 1, "need": 1}
    assert [(one["line"], one["field"]) for one in told["errors"]] == [
        (3, "sector"), (3, "title"), (4, "places.1"),
    ]  # fmt: skip
    assert api.coordinator.post(f"{at}/start", {}).status_code == 409, "it was taken in"

    faulty = api.coordinator.get(f"{at}/faulty").json["sheets"]
    assert [row["cells"][0] for row in faulty[0]["rows"]] == ["BBC", "Kent Archive"]
    correct = {"pirates": "public body", "Nowhere at all": "Tendring", "": "A title"}
    again = workbook(**{
        sheet["title"]: [
            [*sheet["headings"], "What to correct"],
            *([*(correct.get(cell or "", cell) for cell in row["cells"]), "x"]
              for row in sheet["rows"]),
        ]
        for sheet in faulty
    })  # fmt: skip
    at = held(api, again)
    seen = api.coordinator.get(f"{at}/columns").json
    assert all(one["remembered"] for one in seen["sheets"]), "the same headings as last time"
    told = started(api, at, sheets=as_guessed(seen))
    assert told["counts"]["added"] == {"member": 2, "need": 1}, told["errors"]
    assert told["errors"] == []


def test_a_csv_file_is_told_what_it_is(api: Api) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows(MEMBERS[:2])
    at = held(api, stream.getvalue().encode(), "text/csv")
    seen = api.coordinator.get(f"{at}/columns").json
    assert started(api, at, sheets=as_guessed(seen))["counts"]["added"] == {"member": 1}


def test_what_is_no_workbook_is_refused_in_words(api: Api) -> None:
    answer = api.coordinator.get(f"{held(api, b'PK nonsense')}/columns")
    assert answer.status_code == 422
    assert "no .xlsx workbook" in answer.json["detail"]
    assert api.coordinator.post("/v1/imports/none/start", {}).status_code == 404


def taken(api: Api, lines: list[dict[str, Any]]) -> str:
    answer = upload(api, lines)
    assert outcome(api, answer)["errors"] == []
    return answer.headers["Location"]


def undone(api: Api, at: str) -> Answer:
    return api.coordinator.post(f"{at}/undo", {})


CHANGED: list[dict[str, Any]] = [
    {**LINES[0], "name": "Essex CC", "places": ["E10000012"]},
    {**LINES[1], "email": "other@essex.example"},
    {**LINES[2], "title": "Reading and writing"},
    {"kind": "member", "id": "bbc", "name": "BBC", "sector": "public_body"},
    {"kind": "capability", "id": "words", "member": "bbc", "title": "First words"},
]


def test_an_import_is_undone_as_a_whole_and_can_be_done_again(api: Api) -> None:
    taken(api, LINES)
    addresses = ("/v1/members/essex", "/v1/contacts/c1", "/v1/needs/n1")
    before = [api.coordinator.get(one).json for one in addresses]
    at = taken(api, CHANGED)
    assert {one["kind"] for one in api.coordinator.get(f"{at}/subjects").json["items"]} == {
        "member", "contact", "need", "capability",
    }  # fmt: skip
    answer = undone(api, at)
    assert (answer.status_code, answer.json["state"]) == (200, "undone")
    told = {"version", "material_version", "changed_at", "confirmed_at", "material"}
    for was, one in zip(before, addresses, strict=True):
        now = api.coordinator.get(one).json
        assert {k: v for k, v in now.items() if k not in told} == {
            k: v for k, v in was.items() if k not in told
        }
    for one in ("/v1/members/bbc", "/v1/capabilities/words"):
        assert api.coordinator.get(one).status_code == 404
    assert undone(api, at).status_code == 409, "there is nothing left of it to undo"
    taken(api, CHANGED)
    assert api.coordinator.get("/v1/capabilities/words").json["title"] == "First words"


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/members/bbc/pause", {}, "member"),
        ("/v1/capabilities", {"id": "more", "member": "bbc", "title": "More"}, "capability"),
    ],
)
def test_what_somebody_did_since_stands_in_the_way(
    api: Api, path: str, body: dict[str, Any], said: str
) -> None:
    at = taken(api, CHANGED)
    tag = api.coordinator.get("/v1/members/bbc").headers["ETag"]
    assert api.coordinator.post(path, body, If_Match=tag).status_code < 300
    answer = undone(api, at)
    assert answer.status_code == 409
    assert said in answer.json["detail"]
    assert api.coordinator.get("/v1/members/bbc").status_code == 200, "nothing was undone"
