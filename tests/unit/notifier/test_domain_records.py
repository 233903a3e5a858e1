"""What the world can look up about the sender's domain, and what is said when it is wrong."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from services.notifier.commands.doctor import mail_check, patient_of
from services.notifier.mail.domain_records import LookupFailed, examine_dkim, examine_domain
from services.notifier.settings import NotifierSettings

DOMAIN = "coalition.example"
GOOD = {
    (DOMAIN, "TXT"): ["some-verification=1", "v=spf1 include:mail.example -all"],
    (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject; rua=mailto:post@coalition.example"],
    (DOMAIN, "MX"): ["10 mail.example."],
}
Records = dict[tuple[str, str], list[str]]


class Names:
    def __init__(self, records: Records) -> None:
        self._records = records

    def records(self, name: str, kind: str) -> list[str]:
        return self._records.get((name, kind), [])


class Silent:
    def records(self, name: str, kind: str) -> list[str]:
        raise LookupFailed(f"LifetimeTimeout of {kind} {name}")


def states(records: Records) -> list[str]:
    return [finding.state for finding in examine_domain(Names(records), DOMAIN)]


def test_a_domain_in_order() -> None:
    assert states(GOOD) == ["good", "good", "good"]


@pytest.mark.parametrize(
    ("name", "kind", "records", "expected"),
    [
        (DOMAIN, "TXT", [], ["wrong", "good", "good"]),
        (DOMAIN, "TXT", ["v=spf1 +all"], ["wrong", "good", "good"]),
        (DOMAIN, "TXT", ["v=spf1 -all", "v=spf1 ~all"], ["wrong", "good", "good"]),
        (DOMAIN, "TXT", ["v=spf10 -all"], ["wrong", "good", "good"]),
        (f"_dmarc.{DOMAIN}", "TXT", [], ["good", "wrong", "good"]),
        (f"_dmarc.{DOMAIN}", "TXT", ["v=DMARC1; rua=x"], ["good", "wrong", "good"]),
        (f"_dmarc.{DOMAIN}", "TXT", ["v=DMARC1; p=none"], ["good", "odd", "good"]),
        (DOMAIN, "MX", [], ["good", "good", "wrong"]),
    ],
)
def test_each_fault_is_told(name: str, kind: str, records: list[str], expected: list[str]) -> None:
    assert states({**GOOD, (name, kind): records}) == expected


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_the_dkim_key_that_signs_must_be_the_one_published(key: rsa.RSAPrivateKey) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    ours = base64.b64encode(
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    name = (f"convene._domainkey.{DOMAIN}", "TXT")

    def told(*texts: str, key_pem: bytes = pem) -> tuple[str, str]:
        (one,) = examine_dkim(Names({name: list(texts)}), DOMAIN, "convene", key_pem)
        assert "PRIVATE" not in str(one)
        return one.state, one.said

    assert told(f"v=DKIM1; k=rsa; p={ours[:100]} {ours[100:]}")[0] == "good"
    assert told() == ("wrong", "The DKIM key is not published")
    assert told("v=DKIM1; p=AAAA") == ("wrong", "Another DKIM key is published")
    assert told("v=DKIM1; p=AAAA", key_pem=b"nonsense")[0] == "wrong"


def test_name_servers_that_do_not_answer_are_no_fault_of_the_domain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.notifier.mail.smtp.reach", lambda _: None)
    settings = NotifierSettings(smtp_url="smtps://mail.example:465", sender_email=f"c@{DOMAIN}")
    found = list(mail_check(Silent()).look(patient_of(settings)))
    assert [finding.state for finding in found] == ["good", "odd", "odd"]
    assert "did not answer" in found[1].said
