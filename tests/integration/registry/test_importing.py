"""The coalition file comes in: once, twice, corrected, broken, on both stores."""

from typing import Any

import pytest
from sqlalchemy import select

from services.registry.domain.rules import Rules
from services.registry.export import coalition_lines
from services.registry.keep_contacts import change_contact
from services.registry.move_member import move_member
from services.registry.publish import change_listing, move_listing
from services.registry.register import change_member
from services.registry.store import tables
from services.registry.store.contacts import load_contacts
from services.registry.store.listings import load_listings
from services.registry.store.members import load_members
from tests.integration.registry.support import Registry, capability, contact, member, need

COALITION: list[dict[str, Any]] = [
    need(contact="c1"),
    contact(),
    member(conflicts=[{"member": "bbc", "code": "live_tender", "until": "2027-01-01"}]),
    capability(),
    member("bbc", name="BBC", sector="public_body", places=["United Kingdom"]),
    {
        "kind": "partnership",
        "need": "reading",
        "members": ["essex", "bbc"],
        "state": "introduced",
        "since": "2022-12-01",
    },
]


def test_a_coalition_comes_in_whatever_the_order_of_its_lines(registry: Registry) -> None:
    report = registry.take(COALITION)
    assert not report.of_sort("error")
    assert report.counts()["added"] == {
        "capability": 1,
        "contact": 1,
        "member": 2,
        "need": 1,
        "partnership": 1,
    }
    told = registry.told()
    assert sorted(told[:3]) == [
        "conflict.declared essex",
        "member.registered bbc",
        "member.registered essex",
    ]
    assert sorted(told[3:5]) == ["capability.published words", "need.published reading"]
    assert told[5].startswith("partnership.recorded ")
    assert registry.last_state("essex")["conflicts"][0].keys() == {"member_id", "sector", "until"}


def test_a_member_with_a_contact_can_be_asked_from_its_first_event_on(registry: Registry) -> None:
    registry.take([member(), contact(), member("bbc"), contact("c2", "bbc", ground=None)])
    states = {subject: data for _, subject, data in registry.events() if data}
    assert states["essex"]["can_be_asked"] is True
    assert states["bbc"]["can_be_asked"] is False
    assert len(registry.told()) == 2


def test_the_same_file_twice_changes_nothing(registry: Registry) -> None:
    registry.take(COALITION)
    before, rows = registry.told(), _rows(registry)
    registry.clock.advance(days=1)
    report = registry.take(COALITION)
    assert registry.told() == before
    assert _rows(registry) == rows
    assert set(report.counts()) == {"lines", "unchanged", "findings"}


def test_an_exported_coalition_is_the_one_that_came_in(registry: Registry) -> None:
    registry.take(COALITION)
    with registry.database.read() as connection:
        lines = list(coalition_lines(connection, registry.vault))
        without = "".join(coalition_lines(connection, None))
    report = registry.take([line.strip() for line in lines])
    assert set(report.counts()) - {"lines", "findings"} == {"unchanged"}
    assert len(lines) == len(COALITION)
    assert "c1" not in without
    assert "example" not in without


def test_corrections_outlive_the_file_and_are_listed(registry: Registry) -> None:
    registry.take(COALITION)
    with registry.work() as work:
        held = load_listings(work.connection, "need", ["reading"])["reading"]
        content = {**held.content, "title": "Reading in Tendring"}
        change_listing(work, held, content, held.contact_id, rules=Rules())
        essex = load_members(work.connection, ["essex"])["essex"]
        change_member(work, essex, {**essex.content, "name": "Essex CC"}, rules=Rules())
        jane = load_contacts(work.connection, registry.vault, ["c1"])["c1"]
        change_contact(
            work, registry.vault, jane, {**jane.content, "email": "new@essex.example"}, main=True
        )
    before = registry.told()
    report = registry.take([*COALITION[1:], need(contact="c1", urgency="high")])
    kept = {(finding.kind, finding.field) for finding in report.of_sort("kept")}
    assert kept == {("need", "title"), ("member", "name"), ("contact", "email")}
    state = registry.last_state("reading")
    assert (state["title"], state["urgency"]) == ("Reading in Tendring", "high")
    assert registry.told() == [*before, "need.changed reading"]
    registry.take(COALITION, overwrite=True)
    assert registry.last_state("reading")["title"] == "Reading before school"


def test_what_is_told_of_contacts_holds_no_personal_data(registry: Registry) -> None:
    registry.take(COALITION)
    with registry.work() as work:
        jane = load_contacts(work.connection, registry.vault, ["c1"])["c1"]
        content = {**jane.content, "email": "other@essex.example"}
        change_contact(work, registry.vault, jane, content, main=True)
    (kept,) = registry.take(COALITION).of_sort("kept")
    assert "c1@essex.example" in kept.message
    stored = kept.without_personal_data()
    assert "example" not in f"{stored.value}{stored.message}"


def test_a_bad_line_is_told_and_the_others_come_in(registry: Registry) -> None:
    report = registry.take(
        [
            member(),
            "{not json",
            member("bad", sector="councils of war"),
            need(member="essex", id="one"),
            need("two", "nobody"),
            need("three", contact="c9"),
            need("four", places=["Essexx"]),
            need("five", title="Ring 01206 282 000"),
            need("six", description="x" * 100_000),
            need("seven", colour="red"),
            contact("c2", "ghost"),
            capability("eight", "essex", capacity={"amount": 0}),
            member(name="Again"),
        ]
    )
    errors = {finding.line: finding for finding in report.of_sort("error")}
    assert sorted(errors) == [2, 3, 5, 6, 7, 8, 9, 10, 11, 13]
    assert errors[3].field == "sector"
    assert errors[5].value == "nobody"
    assert "is not the id of a member" in errors[5].message
    assert "Essex" in errors[7].message
    assert "telephone number" in errors[8].message
    assert "100,000 characters" in errors[9].message
    assert errors[10].field == "colour"
    assert "line 1 already" in errors[13].message
    assert sorted(registry.told()) == [
        "capability.published eight",
        "member.registered essex",
        "need.published one",
    ]


def test_likely_duplicates_are_listed_and_not_added(registry: Registry) -> None:
    registry.take([member("essex", name="Essex County Council", identifiers={"gss": "E10000012"})])
    lines = [
        member("essex-cc", name="ESSEX COUNTY COUNCIL"),
        member("ecc", name="The County", identifiers={"gss": "e10000012 "}),
        member("one", name="Same Name Ltd"),
        member("two", name="same name"),
        need("for-it", "essex-cc"),
    ]
    report = registry.take(lines)
    duplicates = {finding.line: finding for finding in report.of_sort("duplicate")}
    assert sorted(duplicates) == [1, 2, 4]
    assert "essex" in duplicates[1].message
    assert duplicates[2].field == "identifiers.gss"
    assert "line 1, which has it, was not taken" in report.of_sort("error")[0].message
    registry.take(lines, accept_duplicates=True)
    with registry.database.read() as connection:
        assert set(load_members(connection, ["essex-cc", "ecc", "two"])) == {
            "essex-cc",
            "ecc",
            "two",
        }


def test_a_withdrawn_member_stays_withdrawn(registry: Registry) -> None:
    registry.take(COALITION)
    with registry.work() as work:
        move_member(work, load_members(work.connection, ["essex"], lock=True)["essex"], "withdraw")
    assert registry.told()[-2:] == ["member.withdrawn essex", "need.closed reading"]
    explicit = [member(status="active"), *COALITION[3:5], need("another")]
    report = registry.take(explicit, overwrite=True)
    with registry.database.read() as connection:
        assert load_members(connection, ["essex"])["essex"].status == "withdrawn"
    assert report.of_sort("kept")[0].field == "status"
    assert "has withdrawn" in report.of_sort("error")[0].message


def test_a_status_that_the_file_changes_is_told_as_the_step_it_is(registry: Registry) -> None:
    registry.take([member(), contact()])
    for status, event in (("paused", "paused"), ("active", "resumed"), ("withdrawn", "withdrawn")):
        registry.take([member(status=status)])
        assert registry.told()[-1] == f"member.{event} essex"
        assert registry.last_state("essex")["can_be_asked"] is (status == "active")


def test_a_closed_listing_is_left_as_it_is(registry: Registry) -> None:
    registry.take(COALITION)
    with registry.work() as work:
        held = load_listings(work.connection, "need", ["reading"], lock=True)["reading"]
        move_listing(work, held, "close", "met")
    assert not registry.take(COALITION).of_sort("error")
    report = registry.take([need(contact="c1", urgency="high")])
    assert "is closed (met)" in report.of_sort("error")[0].message


def test_a_dry_run_tells_everything_and_keeps_nothing(registry: Registry) -> None:
    lines = [*COALITION, need("bad", "nobody")]
    dry = registry.take(lines, dry_run=True)
    assert registry.told() == []
    assert registry.take(lines).counts() == dry.counts()


@pytest.mark.parametrize("batch_lines", [1, 2, 3])
def test_the_size_of_batches_changes_nothing(registry: Registry, batch_lines: int) -> None:
    report = registry.take(COALITION, batch_lines=batch_lines)
    assert not report.of_sort("error")
    assert len(registry.told()) == 6


def test_two_main_contacts_leave_one(registry: Registry) -> None:
    registry.take([member(), contact("c1", main=True), contact("c2", main=True)])
    with registry.database.read() as connection:
        held = load_contacts(connection, registry.vault, ["c1", "c2"])
    assert [held[name].main for name in ("c1", "c2")] == [False, True]


def test_the_second_copy_of_an_address_is_refused(registry: Registry) -> None:
    report = registry.take([member(), contact("c1"), contact("c2", email="C1@essex.example")])
    assert "is already the address of contact c1" in report.of_sort("error")[0].message


def _rows(registry: Registry) -> dict[str, list[Any]]:
    shown = {}
    with registry.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            if table.name not in {"audit", "contacts", "contact_keys"}:
                rows = connection.execute(select(table)).all()
                shown[table.name] = sorted(str(tuple(row)) for row in rows)
    return shown
