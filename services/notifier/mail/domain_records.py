"""What the world can look up about the sender's domain: SPF, DKIM, DMARC, and where bounces go.

Mail from a domain without them is refused or filed as unwanted by the large mailbox providers.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Protocol

import dns.exception
import dns.resolver
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from shared.doctor.findings import Finding, good, odd, wrong

_LIFETIME_SECONDS = 5.0


class LookupFailed(Exception):
    """The name servers did not answer, so nothing is known."""


class Resolver(Protocol):
    def records(self, name: str, kind: str) -> list[str]:
        """Texts of the records of a name, none where there are none; raises LookupFailed."""
        ...


class DnsResolver:
    """The machine's own name servers."""

    def records(self, name: str, kind: str) -> list[str]:
        resolver = dns.resolver.Resolver()
        try:
            answer = resolver.resolve(name, kind, lifetime=_LIFETIME_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise LookupFailed(type(error).__name__) from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]


def examine_domain(resolver: Resolver, domain: str) -> Iterator[Finding]:
    """SPF, DMARC and MX of the domain that emails come from."""
    yield _spf(resolver.records(domain, "TXT"), domain)
    yield _dmarc(resolver.records(f"_dmarc.{domain}", "TXT"), domain)
    servers = resolver.records(domain, "MX")
    if servers:
        yield good("mail", "Bounces have somewhere to go", f"MX {servers[0]}")
    else:
        yield wrong(
            "mail",
            "The sender's domain takes no mail, so bounces are lost",
            domain,
            f"Publish an MX record for {domain}, or change CONVENE_SENDER_EMAIL.",
        )


def _spf(texts: list[str], domain: str) -> Finding:
    found = [text for text in texts if text.lower().split(" ", 1)[0] == "v=spf1"]
    fix = f'Publish one TXT record at {domain}: "v=spf1 include:YOUR-MAIL-SERVER -all".'
    if len(found) != 1:
        said = (
            "SPF is missing" if not found else "There is more than one SPF record, so none counts"
        )
        return wrong("mail", said, domain if not found else "; ".join(found), fix)
    if found[0].rstrip().lower().endswith("+all"):
        return wrong("mail", "SPF lets anybody send in this name", found[0], fix)
    return good("mail", "SPF is published", found[0])


def _dmarc(texts: list[str], domain: str) -> Finding:
    found = [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
    name = f"_dmarc.{domain}"
    fix = f'Publish one TXT record at {name}: "v=DMARC1; p=quarantine; rua=mailto:YOUR-MAILBOX".'
    if len(found) != 1:
        return wrong("mail", "DMARC is missing or published twice", name, fix)
    policy = _tags(found[0]).get("p", "")
    if policy not in {"none", "quarantine", "reject"}:
        return wrong("mail", "DMARC states no policy", found[0], fix)
    if policy == "none":
        return odd("mail", "DMARC only watches", found[0], "Raise p to quarantine, then reject.")
    return good("mail", "DMARC is published", found[0])


def examine_dkim(
    resolver: Resolver, domain: str, selector: str, private_key_pem: bytes
) -> Iterator[Finding]:
    """The published key is the one that signs."""
    name = f"{selector}._domainkey.{domain}"
    try:
        ours = _public_half(private_key_pem)
    except (ValueError, TypeError) as error:
        yield wrong(
            "mail",
            f"The DKIM key cannot be read ({type(error).__name__})",
            "CONVENE_DKIM_KEY (not shown)",
            "Give an RSA private key in PEM, without a password, as CONVENE_DKIM_KEY_FILE.",
        )
        return
    published = [_tags(text).get("p", "") for text in resolver.records(name, "TXT")]
    if ours in published:
        yield good("mail", "The DKIM key that signs is published", name)
    else:
        yield wrong(
            "mail",
            "Another DKIM key is published" if any(published) else "The DKIM key is not published",
            name,
            f'Publish one TXT record at {name}: "v=DKIM1; k=rsa; p={ours}".',
        )


def _public_half(private_key_pem: bytes) -> str:
    key = load_pem_private_key(private_key_pem, password=None)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()


def _tags(record: str) -> dict[str, str]:
    """`a=b; c=d` as a mapping; space inside a value does not count."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}
