"""Official figures by upload: recognised, tried, taken in, told of with their source, dropped."""

import io

from services.matcher.store.figures import all_kept
from tests.integration.matcher_console.desk import Desk, Office
from tests.published_figures import as_csv, summary


def upload(desk: Desk, content: bytes, how: str, **form: str) -> tuple[int, str]:
    file = (io.BytesIO(content), "file-10.csv")
    answer = desk.post("/figures", via="/figures", file=file, how=how, **form)
    return answer.status_code, answer.text


def in_use(office: Office) -> list[str]:
    with office.world.database.read() as connection:
        return [one.figures.dataset for one in all_kept(connection)]


def test_figures_are_tried_taken_in_and_dropped(office: Office) -> None:
    desk = office.desk("Ada Admin", "administrator")
    assert "every place counts the same" in desk.text("/figures")
    content = as_csv(summary(["E07000076"]))
    status, page = upload(desk, content, "try")
    assert status == 200
    assert "What would be taken in" in page
    assert "published 30 October 2025, Open Government Licence v3.0" in page
    assert in_use(office) == [], "a try keeps nothing"
    assert upload(desk, content, "take")[0] == 303
    [dataset] = in_use(office)
    page = desk.text("/figures", done="imported")
    assert "Every need is looked at again" in page
    assert "30 October 2025" in page
    assert desk.post(f"/figures/{dataset}/forget", via="/figures").status_code == 303
    assert in_use(office) == []
    assert desk.post(f"/figures/{dataset}/forget", via="/figures").status_code == 404


def test_what_is_wrong_is_said_and_nothing_is_kept(office: Office) -> None:
    desk = office.desk("Ada Admin", "administrator")
    for content in (b"a,b\n1,2\n", as_csv(summary(["E07000076"]))[:-2000], b""):
        status, page = upload(desk, content, "take")
        assert status == 422
        assert 'role="alert"' in page
    assert upload(desk, as_csv(summary(["E07000076"])), "take", date="soon")[0] == 422
    assert in_use(office) == []
    assert office.desk("Cora", "coordinator").get("/figures").status_code == 403
