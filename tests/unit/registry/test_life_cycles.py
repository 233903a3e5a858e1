"""Members and listings step through their lives; a step that is not possible says why."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from services.registry.domain import contacts, listings, members
from services.registry.domain.contacts import Contact, whom_to_ask
from services.registry.domain.errors import InvalidMove
from services.registry.domain.listings import Listing, ListingStatus, ListingStep
from services.registry.domain.members import Member, MemberStatus, MemberStep

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def a_member(status: MemberStatus = "active") -> Member:
    content = {"name": "Essex County Council", "sector": "local_government", "places": []}
    return Member(id="essex", content=content, status=status, changed_at=NOW, created_at=NOW)


def a_need(status: ListingStatus = "published") -> Listing:
    content = {"title": "Reading before school", "description": "", "goals": [1], "places": []}
    need = listings.new_listing("need", "reading", "essex", content, NOW, draft=status == "draft")
    if status == "paused":
        return listings.moved(need, "pause", NOW)
    if status == "closed":
        return listings.moved(need, "close", NOW, "met")
    return need


MEMBER_MOVES = {
    ("invited", "invite"): "invited",
    ("invited", "activate"): "active",
    ("invited", "pause"): "paused",
    ("invited", "withdraw"): "withdrawn",
    ("active", "pause"): "paused",
    ("active", "withdraw"): "withdrawn",
    ("paused", "activate"): "active",
    ("paused", "resume"): "active",
    ("paused", "withdraw"): "withdrawn",
    ("withdrawn", "invite"): "invited",
}


@pytest.mark.parametrize("status", get_args(MemberStatus))
@pytest.mark.parametrize("step", get_args(MemberStep))
def test_every_step_of_a_member_from_every_state(status: MemberStatus, step: MemberStep) -> None:
    expected = MEMBER_MOVES.get((status, step))
    if expected is None:
        with pytest.raises(InvalidMove, match=rf"cannot {step} member essex: it is {status}"):
            members.moved(a_member(status), step, LATER)
        return
    after = members.moved(a_member(status), step, LATER)
    assert (after.status, after.version, after.changed_at) == (expected, 2, LATER)


LISTING_MOVES = {
    ("draft", "publish"): "published",
    ("draft", "close"): "closed",
    ("published", "pause"): "paused",
    ("published", "close"): "closed",
    ("published", "confirm"): "published",
    ("paused", "resume"): "published",
    ("paused", "close"): "closed",
    ("paused", "confirm"): "paused",
}


@pytest.mark.parametrize("status", get_args(ListingStatus))
@pytest.mark.parametrize("step", get_args(ListingStep))
def test_every_step_of_a_listing_from_every_state(status: ListingStatus, step: ListingStep) -> None:
    before = a_need(status)
    expected = LISTING_MOVES.get((status, step))
    if expected is None:
        with pytest.raises(InvalidMove, match=rf"cannot {step} need reading: it is {status}"):
            listings.moved(before, step, LATER)
        return
    after = listings.moved(before, step, LATER, "met" if step == "close" else None)
    assert (after.status, after.version) == (expected, before.version + 1)
    assert after.closed_code == ("met" if step == "close" else None)


def test_a_draft_tells_nobody_until_it_is_published() -> None:
    draft = a_need("draft")
    assert draft.confirmed_at is None
    assert listings.event_of(listings.moved(draft, "close", LATER), "close") is None
    published = listings.moved(draft, "publish", LATER)
    assert listings.event_of(published, "publish") == "published"
    assert published.published_at == published.confirmed_at == LATER


def test_an_unchanged_content_is_no_change() -> None:
    need = a_need()
    assert listings.changed(need, dict(need.content), None, LATER) is None
    member = a_member()
    assert members.changed(member, dict(member.content), LATER) is None


def test_a_trivial_change_keeps_the_material_version_and_the_scored_texts() -> None:
    need = a_need()
    after = listings.changed(need, {**need.content, "title": "Reading before shool"}, None, LATER)
    assert after is not None
    assert (after.version, after.material_version) == (2, 1)
    assert after.material["title"] == "Reading before school"
    assert after.confirmed_at == LATER


def test_small_changes_add_up_to_a_material_one() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve"
    content = {**a_need().content, "description": words}
    need = listings.new_listing("need", "reading", "essex", content, NOW)
    for old, new in [
        ("two", "guitars"),
        ("five", "oxygen"),
        ("nine", "museum"),
        ("eleven", "bicycle"),
    ]:
        words = words.replace(old, new)
        after = listings.changed(need, {**need.content, "description": words}, None, LATER)
        assert after is not None
        need = after
        if need.material_version > 1:
            break
    assert need.material_version == need.version > 2
    assert need.material["description"] == words


def test_a_closed_listing_is_not_changed() -> None:
    closed = a_need("closed")
    with pytest.raises(InvalidMove, match="publish a new one with another id"):
        listings.changed(closed, {**closed.content, "title": "Other"}, None, LATER)


def a_contact(**changes: object) -> Contact:
    content = {"email": "jane@essex.example", "ground": {"basis": "consent"}, "choices": {}}
    fields: dict[str, object] = {
        "id": "c1",
        "member_id": "essex",
        "content": content,
        "changed_at": NOW,
        **changes,
    }
    return Contact(**fields)  # type: ignore[arg-type]


def test_nobody_is_asked_without_a_ground_or_against_their_choice() -> None:
    assert a_contact().can_be_asked
    assert not a_contact(content={"email": "a@b.example", "ground": None}).can_be_asked
    refused = {**a_contact().content, "choices": {"proposals": False}}
    assert not a_contact(content=refused).can_be_asked
    assert not a_contact(unsubscribed_at=NOW).can_be_asked
    assert not a_contact(unreachable_code="bounced").can_be_asked


def test_a_corrected_address_starts_afresh_and_a_new_role_does_not() -> None:
    bounced = a_contact(unreachable_code="bounced", unsubscribed_at=NOW)
    role = contacts.changed(bounced, {**bounced.content, "role": "Head"}, main=False, now=LATER)
    assert role is not None
    assert not role.can_be_asked
    corrected = {**bounced.content, "email": "jane.smith@essex.example"}
    after = contacts.changed(bounced, corrected, main=False, now=LATER)
    assert after is not None
    assert after.can_be_asked


def test_whom_to_ask_is_the_listings_own_contact_then_the_main_one() -> None:
    people = [a_contact(id="a"), a_contact(id="b", main=True), a_contact(id="c")]
    assert [c.id for c in whom_to_ask(people, "c")] == ["c", "b", "a"]
    assert [c.id for c in whom_to_ask(people, None)] == ["b", "a", "c"]
