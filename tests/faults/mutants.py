"""The services broken in the obvious way, one promise at a time. Production code carries none of it:
each mutant replaces parts of the running code, and the scenario named must tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from tests.faults import breaking_messages as messages
from tests.faults import breaking_services as services


@dataclass(frozen=True, slots=True)
class Mutant:
    """`rule` of the checker must speak up in `scenario`."""

    name: str
    promise: str
    says: str
    scenario: str
    rule: str
    apply: Callable[[pytest.MonkeyPatch], None]


MUTANTS: Mapping[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        Mutant(
            "acknowledge-without-commit",
            "P1",
            "a client is told of a change whose transaction did not last",
            "writes",
            "lost",
            messages.acknowledge_without_commit,
        ),
        Mutant(
            "publish-without-outbox",
            "P2",
            "events go straight to the bus, whatever becomes of their transaction",
            "messages",
            "event twice",
            messages.publish_without_outbox,
        ),
        Mutant(
            "new-id-at-each-sending",
            "P2",
            "an event that is sent again gets another id",
            "messages",
            "event twice",
            messages.new_id_at_each_sending,
        ),
        Mutant(
            "mark-before-sending",
            "P1",
            "outbox rows are marked before the bus has called them durable",
            "messages",
            "unseen",
            messages.mark_before_sending,
        ),
        Mutant(
            "send-old-rows-without-lease",
            "P3",
            "a relay sends what it read before another one took its place",
            "messages",
            "regression",
            messages.send_old_rows_without_lease,
        ),
        Mutant(
            "inbox-off",
            "P3",
            "a consumer applies whatever comes, also what it applied before",
            "messages",
            "regression",
            messages.inbox_off,
        ),
        Mutant(
            "position-first",
            "P4",
            "the position is committed before the effect",
            "messages",
            "gap",
            messages.position_first,
        ),
        Mutant(
            "capacity-not-counted",
            "P4",
            "an approval does not look at what others hold",
            "matching",
            "double effect",
            services.capacity_not_counted,
        ),
        Mutant(
            "messages-not-deduplicated",
            "P4",
            "a cause that is told twice plans its mail twice",
            "mail",
            "double effect",
            services.messages_not_deduplicated,
        ),
        Mutant(
            "mail-lease-ignored",
            "P4",
            "a second worker takes up what the first is sending",
            "mail",
            "mail twice",
            services.mail_lease_ignored,
        ),
        Mutant(
            "changes-not-looked-at",
            "P5",
            "the projection leaves out changes of a capability",
            "matching",
            "unseen",
            services.changes_not_looked_at,
        ),
        Mutant(
            "parked-thrown-away",
            "P6",
            "a record that cannot be handled is dropped",
            "messages",
            "unbalanced",
            messages.parked_thrown_away,
        ),
        Mutant(
            "broken-publisher-kept",
            "P7",
            "the relay goes on with a publisher that has failed",
            "messages",
            "not recovered",
            messages.broken_publisher_kept,
        ),
        Mutant(
            "lost-consumer-kept",
            "P7",
            "the runner goes on with a consumer that has failed",
            "messages",
            "not recovered",
            messages.lost_consumer_kept,
        ),
        Mutant(
            "get-answers",
            "P8",
            "opening the link in an email says yes",
            "mail",
            "consent",
            services.get_answers,
        ),
        Mutant(
            "introduce-at-one-yes",
            "P8",
            "contacts pass when the first party has said yes",
            "mail",
            "consent",
            services.introduce_at_one_yes,
        ),
        Mutant(
            "erased-contact-kept",
            "P8",
            "a contact that was removed is still there",
            "writes",
            "lost",
            services.erased_contact_kept,
        ),
    )
}
"""By name; docs/promises.md names every one of them."""
