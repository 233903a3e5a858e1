"""Signed texts: tokens between services, and the links in emails.

HMAC-SHA-256 through itsdangerous; the purpose is part of the key derivation, so a text made for
one purpose is worthless for another. Base64 has spare bits in a last character: a signature that
is not in its one canonical form is refused, so that no bit can be changed unnoticed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from shared.clock import Clock
from shared.web.policy import Authenticator, Principal
from shared.web.problems import problem

_LONGEST = 4_096
_TOKEN_PREFIX = "cvs_"  # noqa: S105 - tells a service token from other bearer credentials
_CLOCK_SKEW_SECONDS = 5.0


class _Refused(Exception):
    """`reason` is malformed, tampered, expired or, for tokens, audience."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason


class TokenRefused(_Refused):
    """A service token cannot be accepted."""


class LinkRefused(_Refused):
    """A signed link cannot be accepted."""


class _Signer:
    """Signs with the first key, accepts all of them."""

    def __init__(self, keys: bytes | Sequence[bytes], refusal: type[_Refused]) -> None:
        newest_first = [keys] if isinstance(keys, bytes) else list(keys)
        if not newest_first or any(len(key) < 32 for key in newest_first):
            raise ValueError("Every signing key needs at least 32 bytes; use keys.signing_keys.")
        self._oldest_first = newest_first[::-1]
        self._refusal = refusal

    def sign(self, purpose: str, claims: Mapping[str, Any]) -> str:
        text = self._serializer(purpose).dumps(dict(claims))
        return text if isinstance(text, str) else text.decode()

    def read(self, purpose: str, text: str) -> dict[str, Any]:
        if not text or len(text) > _LONGEST or not text.isascii():
            raise self._refusal("malformed")
        signature = text.rpartition(".")[2]
        try:
            if base64_encode(base64_decode(signature)).decode() != signature:
                raise self._refusal("tampered")
            claims = self._serializer(purpose).loads(text)
        except BadData as error:
            raise self._refusal("tampered") from error
        if not isinstance(claims, dict):
            raise self._refusal("malformed")
        return claims

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._oldest_first,
            salt=f"convene:{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


class ServiceTokens:
    """Short-lived tokens by which one service calls another, carrying the person it acts for."""

    def __init__(self, keys: bytes | Sequence[bytes], clock: Clock) -> None:
        self._signer = _Signer(keys, TokenRefused)
        self._clock = clock

    def issue(
        self,
        service: str,
        audience: str,
        acting_for: str | None = None,
        scope: Sequence[str] | None = None,
        seconds: float = 60.0,
    ) -> str:
        claims: dict[str, Any] = {
            "iss": service,
            "exp": round(self._clock.now().timestamp() + seconds, 3),
            "jti": secrets.token_urlsafe(9),
        }
        if acting_for is not None:
            claims["act"] = acting_for
        if scope:
            claims["scp"] = list(scope)
        return _TOKEN_PREFIX + self._signer.sign(f"service:{audience}", claims)

    def verify(self, token: str, audience: str) -> Principal:
        """Who calls; raises TokenRefused. A token for another audience does not verify here."""
        if not token.startswith(_TOKEN_PREFIX):
            raise TokenRefused("malformed")
        claims = self._signer.read(f"service:{audience}", token.removeprefix(_TOKEN_PREFIX))
        if self._clock.now().timestamp() > float(claims["exp"]) + _CLOCK_SKEW_SECONDS:
            raise TokenRefused("expired")
        return Principal(
            "service",
            str(claims["iss"]),
            scopes=frozenset(claims.get("scp", ())),
            acting_for=claims.get("act"),
        )


class SignedLinks:
    """Texts for the links in emails: unguessable, bound to a purpose, expiring if asked to."""

    def __init__(self, keys: bytes | Sequence[bytes], clock: Clock) -> None:
        self._signer = _Signer(keys, LinkRefused)
        self._clock = clock

    def make(self, purpose: str, claims: Mapping[str, Any], seconds: float | None = None) -> str:
        """The same claims without `seconds` give the same text, so a re-rendered email is equal."""
        if "_exp" in claims:
            raise ValueError("'_exp' is ours; give the lifetime as `seconds`.")
        body = dict(claims)
        if seconds is not None:
            body["_exp"] = round(self._clock.now().timestamp() + seconds, 3)
        return self._signer.sign(f"link:{purpose}", body)

    def read(self, token: str, purpose: str) -> dict[str, Any]:
        """The claims; raises LinkRefused with its reason: malformed, tampered or expired."""
        claims = self._signer.read(f"link:{purpose}", token)
        expires = claims.pop("_exp", None)
        if expires is not None and self._clock.now().timestamp() > float(expires):
            raise LinkRefused("expired")
        return claims


def service_authenticator(tokens: ServiceTokens, audience: str) -> Authenticator:
    """Accepts `Authorization: Bearer cvs_…` for `audience`; other credentials are left to others."""

    def authenticate(request: Request) -> Principal | None:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not credential.startswith(_TOKEN_PREFIX):
            return None
        try:
            return tokens.verify(credential.strip(), audience)
        except TokenRefused as refused:
            problem(
                401,
                "token_refused",
                f"The service token is {refused.reason} here. Ask for a new one for '{audience}'; "
                "check that both services share one CONVENE_SERVICE_KEY and the right time.",
                headers={"WWW-Authenticate": "Bearer"},
            )

    return authenticate
