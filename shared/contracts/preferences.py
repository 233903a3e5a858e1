"""What a contact decided about its mail, for the registry, which owns the contact."""

from shared.contracts.fields import Code, Id
from shared.contracts.shapes import Many, Shape


class ContactUnsubscribed(Shape):
    """choices: the kinds of mail the contact no longer wants."""

    contact_id = Id(required=True)
    member_id = Id(required=True)
    choices = Many(Code(), required=True)


class ContactBounced(Shape):
    """Mail to the contact came back for good."""

    contact_id = Id(required=True)
    member_id = Id(required=True)
    code = Code(required=True)


class InvitationAnswered(Shape):
    """A contact opted its member in or out."""

    contact_id = Id(required=True)
    member_id = Id(required=True)
