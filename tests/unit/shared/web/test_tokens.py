"""Signed texts: nothing but the text that was signed, for its purpose, in its time, is accepted."""

from __future__ import annotations

import pytest

from shared.clock import ManualClock
from shared.web.tokens import LinkRefused, ServiceTokens, SignedLinks, TokenRefused

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_link_gives_back_its_claims(clock: ManualClock) -> None:
    links = SignedLinks(NEW, clock)
    assert links.read(links.make("answer", {"match": "1"}), "answer") == {"match": "1"}


def test_the_same_claims_give_the_same_link(clock: ManualClock) -> None:
    links = SignedLinks(NEW, clock)
    first = links.make("answer", {"match": "1"})
    clock.advance(days=3)
    assert links.make("answer", {"match": "1"}) == first


def test_a_link_is_bound_to_its_purpose(clock: ManualClock) -> None:
    links = SignedLinks(NEW, clock)
    with pytest.raises(LinkRefused, match="tampered"):
        links.read(links.make("answer", {"match": "1"}), "unsubscribe")


def test_a_link_expires_when_asked_to(clock: ManualClock) -> None:
    links = SignedLinks(NEW, clock)
    token = links.make("answer", {"match": "1"}, seconds=60)
    clock.advance(seconds=59)
    assert links.read(token, "answer") == {"match": "1"}
    clock.advance(seconds=2)
    with pytest.raises(LinkRefused) as refused:
        links.read(token, "answer")
    assert refused.value.reason == "expired"


def test_no_bit_of_a_link_can_be_changed(clock: ManualClock) -> None:
    links = SignedLinks(NEW, clock)
    token = links.make("answer", {"match": "0190", "party": "a"})
    for index in range(len(token)):
        for bit in range(7):
            changed = chr(ord(token[index]) ^ (1 << bit))
            with pytest.raises(LinkRefused):
                links.read(token[:index] + changed + token[index + 1 :], "answer")


@pytest.mark.parametrize("text", ["", ".", "é", "a.b", "x" * 5000, "\x00", "a" * 43, "e30."])
def test_nonsense_is_refused(clock: ManualClock, text: str) -> None:
    with pytest.raises(LinkRefused):
        SignedLinks(NEW, clock).read(text, "answer")


def test_a_rotated_key_still_reads_what_the_old_one_signed(clock: ManualClock) -> None:
    token = SignedLinks(OLD, clock).make("answer", {"match": "1"})
    assert SignedLinks([NEW, OLD], clock).read(token, "answer") == {"match": "1"}
    signed_after = SignedLinks([NEW, OLD], clock).make("answer", {})
    with pytest.raises(LinkRefused):
        SignedLinks(OLD, clock).read(signed_after, "answer")


def test_short_keys_are_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SignedLinks(b"short", clock)


def test_a_service_token_says_who_calls_and_for_whom(clock: ManualClock) -> None:
    tokens = ServiceTokens(NEW, clock)
    token = tokens.issue("matcher", "registry", acting_for="coordinator:7", scope=["contacts"])
    caller = tokens.verify(token, "registry")
    assert (caller.label, caller.acting_for) == ("service:matcher", "coordinator:7")
    assert caller.scopes == {"contacts"}


def test_a_service_token_is_for_one_audience_and_a_minute(clock: ManualClock) -> None:
    tokens = ServiceTokens(NEW, clock)
    token = tokens.issue("matcher", "registry")
    with pytest.raises(TokenRefused):
        tokens.verify(token, "notifier")
    clock.advance(seconds=66)
    with pytest.raises(TokenRefused) as refused:
        tokens.verify(token, "registry")
    assert refused.value.reason == "expired"


def test_a_link_is_no_service_token(clock: ManualClock) -> None:
    claims = {"iss": "matcher", "exp": clock.now().timestamp() + 60}
    link = SignedLinks(NEW, clock).make("service:registry", claims)
    with pytest.raises(TokenRefused):
        ServiceTokens(NEW, clock).verify(f"cvs_{link}", "registry")
