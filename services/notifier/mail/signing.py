"""DKIM signatures, when a key is configured; the unsubscribe headers are inside them (RFC 8058)."""

from collections.abc import Callable

import dkim

Sign = Callable[[bytes], bytes]

_SIGNED = (
    b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to",
    b"references", b"auto-submitted", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip


def unsigned(raw: bytes) -> bytes:
    """Leave the message as it is: no key is configured."""
    return raw


def signer(domain: str, selector: str, private_key_pem: bytes) -> Sign:
    """A function that puts a DKIM-Signature of `domain` in front of a message."""

    def sign(raw: bytes) -> bytes:
        present = raw.partition(b"\r\n\r\n")[0].lower()
        lines = b"\r\n" + present
        headers = [name for name in _SIGNED if b"\r\n" + name + b":" in lines]
        signature: bytes = dkim.sign(
            raw,
            selector.encode(),
            domain.encode(),
            private_key_pem,
            include_headers=headers,
            canonicalize=(b"relaxed", b"relaxed"),
        )
        return signature + raw

    return sign
