"""What the registry hears about its contacts, and what it does once an hour."""

from typing import Any

import pytest

from services.registry.consumer import handlers
from services.registry.erase import erase_member
from services.registry.expire import close_past_listings, count_unconfirmed
from services.registry.publish import move_listing
from services.registry.store.contacts import load_contacts
from services.registry.store.listings import load_listings
from services.registry.store.members import load_members
from services.registry.tasks import upkeep
from shared.contracts import types
from shared.contracts.envelope import Event
from shared.ids import new_id
from tests.integration.registry.support import Registry, capability, contact, member, need


def hear(registry: Registry, kind: str, **data: Any) -> None:
    with registry.work() as work:
        event = Event(
            id=new_id(),
            source="/notifier",
            type=kind,
            subject=data["contact_id"],
            time=work.now,
            sequence=1,
            correlation_id=new_id(),
            causation_id=None,
            data=data,
            traceparent=None,
        )
        handlers(registry.vault)[kind](work, event)


def state_of(registry: Registry) -> tuple[str, bool]:
    with registry.database.read() as connection:
        essex = load_members(connection, ["essex"])["essex"]
    return essex.status, essex.can_be_asked


def test_unsubscribing_from_proposals_ends_asking(registry: Registry) -> None:
    registry.take([member(), contact()])
    told = registry.told()
    hear(
        registry, types.CONTACT_UNSUBSCRIBED, contact_id="c1", member_id="essex", choices=["digest"]
    )
    assert registry.told() == told
    hear(registry, types.CONTACT_UNSUBSCRIBED, contact_id="c1", member_id="essex", choices=[])
    assert registry.told() == [*told, "member.changed essex"]
    assert state_of(registry) == ("active", False)
    with registry.database.read() as connection:
        held = load_contacts(connection, registry.vault, ["c1"])["c1"]
    assert held.content["choices"] == {"digest": False, "proposals": False}


def test_a_bounce_ends_asking_until_another_contact_is_there(registry: Registry) -> None:
    registry.take([member(), contact()])
    hear(registry, types.CONTACT_BOUNCED, contact_id="c1", member_id="essex", code="undeliverable")
    assert state_of(registry) == ("active", False)
    told = registry.told()
    hear(registry, types.CONTACT_BOUNCED, contact_id="c1", member_id="essex", code="undeliverable")
    assert registry.told() == told
    registry.take([contact("c2")])
    assert state_of(registry) == ("active", True)


def test_an_accepted_invitation_is_the_ground_and_makes_the_member_active(
    registry: Registry,
) -> None:
    registry.take([member(status="invited"), contact(ground=None)])
    assert state_of(registry) == ("invited", False)
    hear(registry, types.INVITATION_ACCEPTED, contact_id="c1", member_id="essex")
    assert state_of(registry) == ("active", True)
    assert registry.told()[-1] == "member.activated essex"
    hear(registry, types.INVITATION_ACCEPTED, contact_id="c1", member_id="essex")
    assert state_of(registry) == ("active", True)


def test_a_declined_invitation_withdraws_and_closes(registry: Registry) -> None:
    registry.take([member(status="invited"), contact(), need()])
    hear(registry, types.INVITATION_DECLINED, contact_id="c1", member_id="essex")
    assert state_of(registry)[0] == "withdrawn"
    assert registry.told()[-2:] == ["member.withdrawn essex", "need.closed reading"]


@pytest.mark.parametrize(
    "kind",
    [
        types.CONTACT_BOUNCED,
        types.CONTACT_UNSUBSCRIBED,
        types.INVITATION_ACCEPTED,
        types.INVITATION_DECLINED,
    ],
)
def test_what_is_said_of_someone_erased_changes_nothing(registry: Registry, kind: str) -> None:
    registry.take([member()])
    told = registry.told()
    more: dict[str, dict[str, Any]] = {
        types.CONTACT_BOUNCED: {"code": "x"},
        types.CONTACT_UNSUBSCRIBED: {"choices": []},
    }
    hear(registry, kind, contact_id="gone", member_id="nobody", **more.get(kind, {}))
    assert registry.told() == told


def test_a_listing_whose_day_is_over_is_closed_once(registry: Registry) -> None:
    registry.take(
        [
            member(),
            need("past", by="2026-11-30"),
            need("open"),
            capability("over", "essex", available={"until": "2026-11-30"}),
        ]
    )
    registry.clock.advance(days=7)
    with registry.work() as work:
        assert close_past_listings(work) == 0
    registry.clock.advance(days=1)
    task = upkeep(registry.database, registry.rules, registry.clock)
    assert task.step()
    assert not task.step()
    task.close()
    assert sorted(registry.told()[-2:]) == ["capability.closed over", "need.closed past"]
    assert registry.last_state("past")["closed_code"] == "date_passed"


def test_what_nobody_confirmed_is_counted_until_somebody_does(registry: Registry) -> None:
    registry.take([member(), need(), capability("words", "essex")])
    registry.clock.advance(days=registry.rules.confirm_after_days + 1)
    with registry.work() as work:
        assert count_unconfirmed(work.connection, registry.rules, work.now) == {
            "capability": 1,
            "need": 1,
        }
        held = load_listings(work.connection, "need", ["reading"], lock=True)["reading"]
        move_listing(work, held, "confirm")
        assert count_unconfirmed(work.connection, registry.rules, work.now)["need"] == 0
    kind, _, state = registry.events()[-1]
    assert kind == "need.confirmed"
    assert state is not None
    confirmed = state["confirmed_at"]
    assert confirmed == f"{registry.clock.now():%Y-%m-%dT%H:%M:%S}Z"


def test_an_erased_member_is_tombstones_on_every_topic(registry: Registry) -> None:
    registry.take([member(), contact(), need(), capability("words", "essex")])
    with registry.work() as work:
        erase_member(work, registry.vault, load_members(work.connection, ["essex"])["essex"])
    tombstones = [f"{kind} {subject}" for kind, subject, data in registry.events() if data is None]
    assert sorted(tombstones) == [
        "capability.erased words",
        "conflict.erased essex",
        "member.erased essex",
        "need.erased reading",
    ]
    registry.take([member()])
    assert registry.told()[-1] == "member.registered essex"
