"""A coordinator imports a spreadsheet of its own with three faulty rows, corrects them, undoes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.test_introduction import sign_in
from tests.flow.real_processes import RealProcesses, small_house

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

MEMBERS = [
    ["Organisation", "Type", "Area", "Favourite colour"],
    ["Essex County Council", "local government", "E10000012", "red"],
    ["BBC", "pirates", "United Kingdom", "=1+1"],
    ["Harwich Archive", "charity", "Nowhere at all", "green"],
]
NEEDS = [
    ["Organisation", "Challenge", "Details", "Goals"],
    ["Essex County Council", "Reading before school", "Books at home.", "1"],
    ["Essex County Council", "", "No title.", "2"],
]
RIGHT = {"pirates": "public body", "Nowhere at all": "Tendring", None: "Jobs after school"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[RealProcesses]:
    with small_house(tmp_path) as running:
        yield running


def test_three_faulty_rows_are_corrected_and_all_is_undone(
    house: RealProcesses, new_page: NewPage, tmp_path: Path
) -> None:
    desk = new_page(java_script=False)
    sign_in(desk, house)
    upload(desk, house, workbook(tmp_path / "own.xlsx", {"Partners": MEMBERS, "Wishes": NEEDS}))
    expect(desk.get_by_label("Type is read as")).to_have_value("sector")
    expect(desk.get_by_label("Favourite colour is read as")).to_have_value("")
    desk.get_by_role("button", name=re.compile("^Try it")).click()
    finished(desk, "What the file would do")
    desk.get_by_role("button", name="Take it in now").click()
    finished(desk, "The file is taken in")
    expect(desk.locator(".cell-wrong")).to_have_count(3)
    with desk.expect_download() as coming:
        desk.get_by_role("link", name="Download these rows as a workbook").click()
    again = tmp_path / "again.xlsx"
    coming.value.save_as(again)
    upload(desk, house, correct(again))
    expect(desk.get_by_text("These headings came before")).to_have_count(2)
    desk.get_by_role("button", name="Take it in", exact=True).click()
    finished(desk, "The file is taken in")
    expect(desk.get_by_text("Every line was taken in.")).to_be_visible()
    desk.get_by_text("Undo this import").click()
    desk.get_by_role("button", name="Undo all of it").click()
    expect(desk.locator("h1")).to_have_text("The import is undone")
    desk.goto(f"{house.matcher.base_url}/import")
    expect(desk.get_by_role("cell", name="Undone")).to_be_visible()


def upload(desk: Page, house: RealProcesses, file: Path) -> None:
    desk.goto(f"{house.matcher.base_url}/import")
    desk.get_by_label("File").set_input_files(file)
    desk.get_by_role("button", name="Upload and look at it").click()
    expect(desk.locator("h1")).to_have_text("What are its columns?")


def finished(desk: Page, title: str) -> None:
    """Without JavaScript the page itself asks to be loaded again, every few seconds."""
    expect(desk.locator("h1")).to_have_text(title, timeout=60_000)


def workbook(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def correct(path: Path) -> Path:
    """As a person would in a spreadsheet: the wrong cells, and nothing else."""
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows(min_row=2) for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    for cell in cells:
        if cell.value in RIGHT:
            cell.value = RIGHT[cell.value]
    book.save(path)
    return path
