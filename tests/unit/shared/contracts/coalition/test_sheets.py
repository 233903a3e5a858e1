"""A workbook and .csv files say the same as lines do, in the way people fill in sheets."""

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.coalition import Line, read_csv, read_workbook, slug

Rows = Sequence[Sequence[Any]]


def workbook(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def data_of(line: Line) -> dict[str, Any]:
    assert line.errors == []
    assert line.data is not None
    return line.data


MEMBERS: Rows = [
    ["Name", "Sector", "Places", "Coalitions", "Identifiers GSS", "Website"],
    ["Essex County Council", "Council", "E10000012", "councils", "E10000012", "essex.example"],
    [],
    ["BBC", "broadcaster"],
]
NEEDS: Rows = [
    ["Member", "Title", "Goals", "Places", "Wants", "Partners", "By", "Welcomes same sector"],
    [
        "essex-county-council",
        "Reading before school",
        "1; Open recruitment",
        "Tendring\nCO15 2LF",
        "advice;reach",
        2.0,
        dt.datetime(2027, 9, 1),  # noqa: DTZ001 - as openpyxl gives it
        "Yes",
    ],
    ["essex-county-council", "Homes", 12, "", None, "1,000", "31/03/2027", "n"],
]


def test_rows_are_lines_with_goals_places_and_words_as_people_write_them() -> None:
    lines = list(read_workbook(workbook(Members=MEMBERS, needs=NEEDS)))
    assert [(line.kind, line.number) for line in lines] == [
        ("member", 2),
        ("member", 4),
        ("need", 2),
        ("need", 3),
    ]
    essex, bbc, reading, homes = map(data_of, lines)
    assert essex["identifiers"] == {"gss": "E10000012"}
    assert essex["website"] == "https://essex.example"
    assert bbc["sector"] == "public_body"
    assert reading["goals"] == [1, 5]
    assert reading["places"] == ["E07000076"]
    assert reading["wants"] == ["expertise", "reach"]
    assert (reading["partners"], reading["by"]) == (2, "2027-09-01")
    assert reading["welcomes_same_sector"] is True
    assert homes["goals"] == [12]
    assert (homes["partners"], homes["by"]) == (1000, "2027-03-31")
    assert homes["welcomes_same_sector"] is False


def test_a_missing_id_is_made_and_shown_and_is_the_same_next_time() -> None:
    lines = list(read_workbook(workbook(members=MEMBERS, needs=NEEDS)))
    again = list(read_workbook(workbook(members=MEMBERS, needs=NEEDS)))
    assert [line.object["id"] for line in lines] == [
        "essex-county-council",
        "bbc",
        "essex-county-council-reading-before-school",
        "essex-county-council-homes",
    ]
    assert lines == again
    assert [note.field for note in lines[1].notes] == ["id"]
    assert lines[1].notes[0].value == "bbc"


def test_the_id_made_for_a_contact_holds_nothing_of_the_person() -> None:
    rows = [["member", "name", "email"], ["bbc", "Sam Smith", "Sam.Smith@bbc.example"]]
    (line,) = read_workbook(workbook(contacts=rows))
    made = line.object["id"]
    assert len(made) == 36
    assert not {"sam", "smith", "bbc"} & set(made.lower().split("-"))
    other = [["member", "email"], ["bbc", "sam.smith@bbc.example"]]
    (same,) = read_workbook(workbook(contacts=other))
    assert same.object["id"] == made


def test_an_id_that_cannot_be_made_is_missing() -> None:
    (line,) = read_workbook(workbook(members=[["name", "sector"], ["教育", "charity"]]))
    assert [error.field for error in line.errors] == ["id"]


def test_objects_inside_have_columns_of_their_own_or_are_taken_apart() -> None:
    rows: Rows = [
        ["id", "member", "title", "Capacity", "Available from", "available.until"],
        ["a", "bbc", "A", "500 apprenticeship starts a year", dt.date(2027, 1, 4), None],
        ["b", "bbc", "B", "3 partnerships at a time", None, "2027-12-31"],
        ["c", "bbc", "C", 7, None, None],
        ["d", "bbc", "D", "plenty", None, None],
    ]
    a, b, c, d = read_workbook(workbook(capabilities=rows))
    assert data_of(a)["capacity"] == {
        "amount": 500,
        "unit": "apprenticeship starts",
        "per": "year",
    }
    assert data_of(a)["available"] == {"from": "2027-01-04", "until": None}
    assert data_of(b)["capacity"] == {"amount": 3, "unit": "partnerships", "per": "at a time"}
    assert data_of(c)["capacity"]["amount"] == 7
    assert [error.field for error in d.errors] == ["capacity"]
    assert "capacity.amount" in d.errors[0].message


def test_conflicts_of_a_member_fit_into_a_cell() -> None:
    rows = [
        ["name", "sector", "conflicts"],
        ["BBC", "public_body", "itv code=live_tender until=2027-03-31; sector=business"],
        ["ITV", "business", "bbc foo=bar"],
    ]
    good, bad = read_workbook(workbook(members=rows))
    assert data_of(good)["conflicts"] == [
        {"member": "itv", "sector": None, "code": "live_tender", "until": "2027-03-31"},
        {"member": None, "sector": "business", "code": "conflict", "until": None},
    ]
    assert [error.field for error in bad.errors] == ["conflicts.1.foo"]


def test_a_value_in_an_unknown_column_is_refused_by_name_and_an_empty_one_is_not() -> None:
    rows: Rows = [["name", "sector", "Region?", None], ["A", "charity"], ["B", "charity", "x", "y"]]
    good, bad = read_workbook(workbook(members=rows))
    assert good.errors == []
    assert [error.field for error in bad.errors] == ["Region?", "column 4 without a heading"]


def test_wrong_cells_are_named_with_their_value() -> None:
    rows = [["member", "title", "partners", "goals", "by"], ["a", "T", "two", "99; 1", "soon"]]
    (line,) = read_workbook(workbook(needs=rows))
    assert [(error.field, error.value) for error in line.errors] == [
        ("by", "soon"),
        ("goals.1", "99"),
        ("partners", "two"),
    ]


def test_an_id_used_twice_in_a_sheet_is_refused_with_the_row() -> None:
    rows = [["id", "name", "sector"], ["a", "A", "charity"], ["a", "B", "charity"]]
    _, bad = read_workbook(workbook(members=rows))
    assert "on line 2" in bad.errors[0].message


def test_other_sheets_are_named_and_a_workbook_without_ours_says_so() -> None:
    lines = list(read_workbook(workbook(Notes=[["hello"]])))
    assert [line.number for line in lines] == [0, 0]
    assert lines[0].errors[0].value == "Notes"
    assert "has none of the sheets" in lines[1].errors[0].message


def test_a_sheet_without_headings_is_one_error() -> None:
    (line,) = read_workbook(workbook(members=[["BBC", "x"], ["ITV", "y"]]))
    assert "is no heading row" in line.errors[0].message


def test_what_is_no_workbook_is_one_error() -> None:
    for raw in (b"", b"nonsense", b"PK\x03\x04", workbook(members=MEMBERS)[:2_000]):
        lines = list(read_workbook(raw))
        assert lines[-1].number == 0
        assert "cannot be read" in lines[-1].errors[0].message


WHOLE = workbook(members=MEMBERS, needs=NEEDS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=20))
def test_a_damaged_workbook_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    raw = bytearray(WHOLE)
    for at, value in damage:
        raw[at] = value
    for line in read_workbook(bytes(raw)):
        assert (line.data is None) == bool(line.errors)


def test_csv_files_of_every_delimiter_mark_and_line_end_are_read() -> None:
    for text in (
        "name,sector,places\nA,charity,Tendring;Leeds\n",
        '\ufeffname;sector;places\r\n"A";charity;"Tendring;Leeds"\r\n',
        "name\tsector\tplaces\nA\tcharity\tTendring;Leeds",
    ):
        (line,) = read_csv("members.csv", io.BytesIO(text.encode()))
        assert data_of(line)["places"] == ["E07000076", "E08000035"]


def test_csv_rows_are_numbered_as_an_editor_shows_them() -> None:
    text = 'id,member,title,description\nn1,a,T,"one\ntwo"\n\nn2,a,,\n'
    good, bad = read_csv("needs", io.BytesIO(text.encode()))
    assert (good.number, data_of(good)["description"]) == (2, "one\ntwo")
    assert (bad.number, [error.field for error in bad.errors]) == (5, ["title"])


def test_a_csv_row_that_is_not_utf8_is_an_error_of_that_row() -> None:
    raw = b"name,sector\nCaf\xe9,charity\nB,charity\n"
    bad, good = read_csv("members", io.BytesIO(raw))
    assert "CSV UTF-8" in bad.errors[0].message
    assert data_of(good)["name"] == "B"


def test_a_csv_file_of_another_name_is_told_the_names() -> None:
    (line,) = read_csv("memberz.csv", io.BytesIO(b""))
    assert "members, contacts, capabilities, needs" in line.errors[0].message
    assert list(read_csv("members", io.BytesIO(b""))) == []


@settings(deadline=None)
@given(st.sampled_from(["members", "contacts", "capabilities", "needs"]), st.binary(max_size=300))
def test_random_bytes_as_csv_are_lines_with_errors(sheet: str, raw: bytes) -> None:
    headings = b"id,name,title,member,email,places,goals\n"
    for line in read_csv(sheet, io.BytesIO(headings + raw)):
        assert (line.data is None) == bool(line.errors)


def test_slugs_are_plain_and_stable() -> None:
    assert slug("Essex County Council") == "essex-county-council"
    assert slug("  Barts Health & Co. (NHS)  ") == "barts-health-and-co-nhs"
    assert slug("King's College", "Été à Paris") == "kings-college-ete-a-paris"
    assert slug("教育") == ""
    assert len(slug("x" * 500)) == 120
