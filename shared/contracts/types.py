"""Every event type, one reviewed record each: where it travels, who says it, who listens.

A type is never changed except by adding optional fields; anything else is a new version beside
the old one, whose golden example is decoded for ever.
"""

from dataclasses import dataclass

from shared.contracts import topics
from shared.contracts.correspondence import (
    AnswerGiven,
    ChangeSuggested,
    IntroductionSent,
    MessageFailed,
    MessageFate,
    OutcomeReported,
)
from shared.contracts.listings import CapabilityState, NeedState, PartnershipRecorded
from shared.contracts.matches import MatchState
from shared.contracts.members import ConflictsDeclared, MemberState
from shared.contracts.preferences import ContactBounced, ContactUnsubscribed, InvitationAnswered
from shared.contracts.shapes import Shape

PREFIX = "org.convene."
ShapeClass = type[Shape]


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type.

    `consumers` are services of ours; empty means it is told to the outside only. A tombstone
    has no schema and no data: on a compacted topic it deletes what the key had.
    `subject_field` is the field of the data that must equal the event's subject.
    """

    type: str
    topic: str
    schema: ShapeClass | None
    producer: str
    consumers: tuple[str, ...]
    description: str
    tombstone: bool = False
    subject_field: str = ""

    @property
    def source(self) -> str:
        return f"/{self.producer}"

    @property
    def dataschema(self) -> str:
        """Names the JSON Schema of the data; a URN, so that it outlives every host."""
        return f"urn:convene:schema:{self.type}"


MEMBER_REGISTERED = "org.convene.member.registered.v1"
MEMBER_INVITED = "org.convene.member.invited.v1"
MEMBER_ACTIVATED = "org.convene.member.activated.v1"
MEMBER_CHANGED = "org.convene.member.changed.v1"
MEMBER_PAUSED = "org.convene.member.paused.v1"
MEMBER_RESUMED = "org.convene.member.resumed.v1"
MEMBER_WITHDRAWN = "org.convene.member.withdrawn.v1"
MEMBER_ERASED = "org.convene.member.erased.v1"

CONFLICT_DECLARED = "org.convene.conflict.declared.v1"
CONFLICT_ERASED = "org.convene.conflict.erased.v1"

CAPABILITY_PUBLISHED = "org.convene.capability.published.v1"
CAPABILITY_CHANGED = "org.convene.capability.changed.v1"
CAPABILITY_CONFIRMED = "org.convene.capability.confirmed.v1"
CAPABILITY_PAUSED = "org.convene.capability.paused.v1"
CAPABILITY_RESUMED = "org.convene.capability.resumed.v1"
CAPABILITY_CLOSED = "org.convene.capability.closed.v1"
CAPABILITY_ERASED = "org.convene.capability.erased.v1"

NEED_PUBLISHED = "org.convene.need.published.v1"
NEED_CHANGED = "org.convene.need.changed.v1"
NEED_CONFIRMED = "org.convene.need.confirmed.v1"
NEED_PAUSED = "org.convene.need.paused.v1"
NEED_RESUMED = "org.convene.need.resumed.v1"
NEED_CLOSED = "org.convene.need.closed.v1"
NEED_ERASED = "org.convene.need.erased.v1"
PARTNERSHIP_RECORDED = "org.convene.partnership.recorded.v1"

MATCH_PROPOSED = "org.convene.match.proposed.v1"
MATCH_APPROVED = "org.convene.match.approved.v1"
MATCH_REJECTED = "org.convene.match.rejected.v1"
MATCH_SUPERSEDED = "org.convene.match.superseded.v1"
MATCH_EXPIRED = "org.convene.match.expired.v1"
MATCH_HELD = "org.convene.match.held.v1"
MATCH_RELEASED = "org.convene.match.released.v1"
MATCH_ASKED = "org.convene.match.asked.v1"
MATCH_UNREACHABLE = "org.convene.match.unreachable.v1"
MATCH_DECLINED = "org.convene.match.declined.v1"
MATCH_LAPSED = "org.convene.match.lapsed.v1"
MATCH_REOPENED = "org.convene.match.reopened.v1"
MATCH_AGREED = "org.convene.match.agreed.v1"
MATCH_WITHDRAWN = "org.convene.match.withdrawn.v1"
MATCH_INTRODUCED = "org.convene.match.introduced.v1"
MATCH_STARTED = "org.convene.match.started.v1"
MATCH_COMPLETED = "org.convene.match.completed.v1"
MATCH_ENDED = "org.convene.match.ended.v1"
MATCH_RECORDED = "org.convene.match.recorded.v1"

MESSAGE_SENT = "org.convene.message.sent.v1"
MESSAGE_FAILED = "org.convene.message.failed.v1"
ANSWER_ACCEPTED = "org.convene.answer.accepted.v1"
ANSWER_DECLINED = "org.convene.answer.declined.v1"
ANSWER_DEFERRED = "org.convene.answer.deferred.v1"
ANSWER_UNDONE = "org.convene.answer.undone.v1"
CHANGE_SUGGESTED = "org.convene.change.suggested.v1"
CHANGE_TAKEN_BACK = "org.convene.change.taken_back.v1"
INTRODUCTION_SENT = "org.convene.introduction.sent.v1"
OUTCOME_REPORTED = "org.convene.outcome.reported.v1"

CONTACT_UNSUBSCRIBED = "org.convene.contact.unsubscribed.v1"
CONTACT_BOUNCED = "org.convene.contact.bounced.v1"
INVITATION_ACCEPTED = "org.convene.invitation.accepted.v1"
INVITATION_DECLINED = "org.convene.invitation.declined.v1"

_NOBODY: tuple[str, ...] = ()
_MATCHER = ("matcher",)
_NOTIFIER = ("notifier",)
_BOTH = ("matcher", "notifier")
_REGISTRY = ("registry",)

# (type, data or None for a tombstone, consumers, description) by topic and subject field.
_Row = tuple[str, ShapeClass | None, tuple[str, ...], str]

_MEMBERS: tuple[_Row, ...] = (
    (MEMBER_REGISTERED, MemberState, _MATCHER, "A member was entered in the registry."),
    (MEMBER_INVITED, MemberState, _BOTH, "The invitation may be sent: check, opt in or out."),
    (MEMBER_ACTIVATED, MemberState, _MATCHER, "The member may be asked from now on."),
    (MEMBER_CHANGED, MemberState, _MATCHER, "Something we hold about the member changed."),
    (MEMBER_PAUSED, MemberState, _MATCHER, "The member takes no proposals for a while."),
    (MEMBER_RESUMED, MemberState, _MATCHER, "The member takes proposals again."),
    (MEMBER_WITHDRAWN, MemberState, _BOTH, "The member left; its open matches are withdrawn."),
    (MEMBER_ERASED, None, _BOTH, "Nothing is kept about the member any more."),
)

_CONFLICTS: tuple[_Row, ...] = (
    (CONFLICT_DECLARED, ConflictsDeclared, _MATCHER, "The whole list of a member's conflicts."),
    (CONFLICT_ERASED, None, _MATCHER, "The member has no conflicts on record any more."),
)

_CAPABILITIES: tuple[_Row, ...] = (
    (CAPABILITY_PUBLISHED, CapabilityState, _MATCHER, "A member offers this."),
    (CAPABILITY_CHANGED, CapabilityState, _MATCHER, "The offer changed; see material_version."),
    (CAPABILITY_CONFIRMED, CapabilityState, _MATCHER, "The member said: still true."),
    (CAPABILITY_PAUSED, CapabilityState, _MATCHER, "The offer is not to be proposed for now."),
    (CAPABILITY_RESUMED, CapabilityState, _MATCHER, "The offer may be proposed again."),
    (CAPABILITY_CLOSED, CapabilityState, _MATCHER, "The offer ended; closed_code says how."),
    (CAPABILITY_ERASED, None, _MATCHER, "Nothing is kept about the capability any more."),
)

_NEEDS: tuple[_Row, ...] = (
    (NEED_PUBLISHED, NeedState, _MATCHER, "A member or its place lacks this."),
    (NEED_CHANGED, NeedState, _MATCHER, "The need changed; see material_version."),
    (NEED_CONFIRMED, NeedState, _MATCHER, "The member said: still true."),
    (NEED_PAUSED, NeedState, _MATCHER, "No proposals for this need for now."),
    (NEED_RESUMED, NeedState, _MATCHER, "The need may get proposals again."),
    (NEED_CLOSED, NeedState, _MATCHER, "The need ended; closed_code says how."),
    (NEED_ERASED, None, _MATCHER, "Nothing is kept about the need any more."),
)

_PARTNERSHIPS: tuple[_Row, ...] = (
    (
        PARTNERSHIP_RECORDED,
        PartnershipRecorded,
        _MATCHER,
        "A partnership made elsewhere is put on record.",
    ),
)

_MATCHES: tuple[_Row, ...] = (
    (MATCH_PROPOSED, MatchState, _NOBODY, "The matcher proposes it, with its reasons."),
    (MATCH_APPROVED, MatchState, _NOTIFIER, "A coordinator approved it; the parties are asked."),
    (MATCH_REJECTED, MatchState, _NOTIFIER, "A coordinator rejected it; ending says why in code."),
    (MATCH_SUPERSEDED, MatchState, _NOTIFIER, "A better match took its place."),
    (MATCH_EXPIRED, MatchState, _NOTIFIER, "Nobody decided on the proposal in time."),
    (MATCH_HELD, MatchState, _NOTIFIER, "It waits: no mail, clocks stopped."),
    (MATCH_RELEASED, MatchState, _NOTIFIER, "It goes on from where it was held."),
    (MATCH_ASKED, MatchState, _NOTIFIER, "Every party that is to be asked was sent its email."),
    (MATCH_UNREACHABLE, MatchState, _NOTIFIER, "A party cannot be reached; clocks stopped."),
    (MATCH_DECLINED, MatchState, _NOTIFIER, "A party that is necessary said no or not now."),
    (MATCH_LAPSED, MatchState, _NOTIFIER, "No reply after the reminders."),
    (MATCH_REOPENED, MatchState, _NOTIFIER, "An answer was undone or a role is open again."),
    (MATCH_AGREED, MatchState, _NOTIFIER, "Every party that is necessary said yes."),
    (MATCH_WITHDRAWN, MatchState, _NOTIFIER, "It was taken back; ending says why in code."),
    (MATCH_INTRODUCED, MatchState, _NOTIFIER, "The parties have been put in touch."),
    (MATCH_STARTED, MatchState, _NOTIFIER, "The parties met or began; the match is active."),
    (MATCH_COMPLETED, MatchState, _NOTIFIER, "What they set out to do is done."),
    (MATCH_ENDED, MatchState, _NOTIFIER, "It ended after the introduction."),
    (MATCH_RECORDED, MatchState, _NOTIFIER, "Made elsewhere, kept and followed up here."),
)

_CORRESPONDENCE: tuple[_Row, ...] = (
    (MESSAGE_SENT, MessageFate, _MATCHER, "A mail server took the message."),
    (MESSAGE_FAILED, MessageFailed, _MATCHER, "The message will not arrive; code says why."),
    (ANSWER_ACCEPTED, AnswerGiven, _MATCHER, "A party said yes."),
    (ANSWER_DECLINED, AnswerGiven, _MATCHER, "A party said no."),
    (ANSWER_DEFERRED, AnswerGiven, _MATCHER, "A party said not now; until says when again."),
    (ANSWER_UNDONE, AnswerGiven, _MATCHER, "A party took its answer back."),
    (CHANGE_SUGGESTED, ChangeSuggested, _MATCHER, "A party would like something changed first."),
    (CHANGE_TAKEN_BACK, ChangeSuggested, _MATCHER, "No suggested change is open any more."),
    (INTRODUCTION_SENT, IntroductionSent, _MATCHER, "Every party's copy was delivered."),
    (OUTCOME_REPORTED, OutcomeReported, _MATCHER, "A member told what came of it."),
)

_PREFERENCES: tuple[_Row, ...] = (
    (CONTACT_UNSUBSCRIBED, ContactUnsubscribed, _REGISTRY, "A contact wants less mail."),
    (CONTACT_BOUNCED, ContactBounced, _REGISTRY, "Mail to a contact came back for good."),
    (INVITATION_ACCEPTED, InvitationAnswered, _REGISTRY, "A contact opted its member in."),
    (INVITATION_DECLINED, InvitationAnswered, _REGISTRY, "A contact opted its member out."),
)


def _records(topic: str, subject_field: str, rows: tuple[_Row, ...]) -> dict[str, EventType]:
    return {
        name: EventType(
            type=name,
            topic=topic,
            schema=shape,
            producer=topics.TOPICS[topic].owner,
            consumers=consumers,
            description=description,
            tombstone=shape is None,
            subject_field=subject_field,
        )
        for name, shape, consumers, description in rows
    }


EVENT_TYPES: dict[str, EventType] = {
    **_records(topics.MEMBERS, "member_id", _MEMBERS),
    **_records(topics.CONFLICTS, "member_id", _CONFLICTS),
    **_records(topics.CAPABILITIES, "capability_id", _CAPABILITIES),
    **_records(topics.NEEDS, "need_id", _NEEDS),
    **_records(topics.NEEDS, "partnership_id", _PARTNERSHIPS),
    **_records(topics.MATCHES, "match_id", _MATCHES),
    **_records(topics.CORRESPONDENCE, "match_id", _CORRESPONDENCE),
    **_records(topics.PREFERENCES, "contact_id", _PREFERENCES),
}
