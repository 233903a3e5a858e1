"""Addresses are compared as people mean them and refused where they could do harm."""

import pytest

from services.notifier.domain.contacts import Contact
from services.notifier.domain.errors import RecipientRefused
from services.notifier.mail.addresses import (
    AllowList,
    address_hash,
    canonical,
    check_recipient,
    envelope_sender,
    token_in,
)


def test_spellings_of_one_address_are_one() -> None:
    assert canonical(" Jo@Member.EXAMPLE ") == canonical("ｊｏ@member.example")
    key = b"k" * 32
    assert address_hash(key, "JO@x.example") == address_hash(key, "jo@x.example")
    assert "jo" not in address_hash(key, "jo@x.example")
    assert address_hash(b"o" * 32, "jo@x.example") != address_hash(key, "jo@x.example")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jo",
        "@x.example",
        "jo@",
        "jo@x.example\r\nRCPT TO:<a@b>",
        "jo@x.example, al@x.example",
        "jo@x.example>",
        "jo\u2028@x.example",
        "jö@x.example",
        "jo" * 200 + "@x.example",
    ],
)
def test_what_could_name_a_second_recipient_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(RecipientRefused) as refused:
        check_recipient(address)
    assert not address or address not in str(refused.value)


def test_a_domain_with_other_letters_is_written_as_mail_needs_it() -> None:
    assert check_recipient("jo@bücher.example") == "jo@xn--bcher-kva.example"


def test_the_return_path_carries_the_token() -> None:
    token = "abcdefghijklmnopqrstuvwx"
    sender = envelope_sender("convene@c.example", token)
    assert sender == f"convene+b-{token}@c.example"
    assert token_in(f"<{sender}>") == token
    assert token_in("convene+b-short@c.example") is None


def test_the_allow_list_knows_addresses_and_domains() -> None:
    allowed = AllowList.of(["Jo@x.example", "@y.example", " "])
    assert allowed.allows("jo@X.example")
    assert allowed.allows("anyone@y.example")
    assert not allowed.allows("al@x.example")
    assert not allowed.allows("jo@sub.y.example")


def test_a_contact_does_not_print_itself() -> None:
    contact = Contact("c1", "bbc", "jo@x.example", name="Jo Bloggs")
    assert repr(contact) == "Contact(c1)"
    assert "Bloggs" not in f"{contact}"
