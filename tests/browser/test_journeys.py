"""A coordinator's morning and a member's minute, each on SQLite with the embedded log and on
PostgreSQL with Kafka, all of it real processes. Both are spent in one house of each size.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import NARROW, NewPage
from tests.browser.minute import (
    answer_on_a_phone,
    asked,
    correct_an_offer,
    heard_by_the_coordinators,
    report_an_outcome,
)
from tests.browser.morning import (
    answer_a_members_question,
    compare_what_fits_a_need,
    edit_an_email_and_approve_two,
    import_a_spreadsheet_and_correct_three_rows,
    print_the_local_project_of_essex,
    review_ten_proposals,
    see_where_help_is_missing_and_whom_to_recruit,
)
from tests.browser.test_introduction import SAMPLE, sign_in
from tests.flow.real_processes import RealProcesses, large_house, small_house
from tests.flow.walk import Walk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

LARGE = pytest.param("large", marks=[pytest.mark.kafka, pytest.mark.postgres])


@pytest.fixture(scope="module", params=["small", LARGE])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealProcesses]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "small":
        with small_house(folder) as running:
            yield running
    else:
        with large_house(folder, request.getfixturevalue("postgres_server")) as running:
            yield running


def test_a_coordinators_morning(house: RealProcesses, new_page: NewPage, tmp_path: Path) -> None:
    house.command("registry", "import", str(SAMPLE))
    desk = new_page()
    sign_in(desk, house)
    import_a_spreadsheet_and_correct_three_rows(desk, house, tmp_path)
    review_ten_proposals(desk, house)
    compare_what_fits_a_need(desk, house)
    edit_an_email_and_approve_two(desk, house)
    answer_a_members_question(desk, new_page(), house)
    see_where_help_is_missing_and_whom_to_recruit(desk, house)
    print_the_local_project_of_essex(desk, house)


def test_a_members_minute(house: RealProcesses, new_page: NewPage) -> None:
    walk, phone = Walk(house), new_page(NARROW, touch=True)
    asked(new_page(), walk, house)
    answer_on_a_phone(phone, walk, house)
    correct_an_offer(phone, walk, house)
    report_an_outcome(phone, walk, house)
    heard_by_the_coordinators(walk, house)
