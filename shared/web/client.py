"""How one service calls another: a token for each call, bounded waiting, repeats where harmless."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from shared import failpoints
from shared.observability import tracing
from shared.observability.logging import get_logger
from shared.web.failures import ServiceUnavailable
from shared.web.tokens import ServiceTokens

__all__ = ["ServiceClient", "ServiceUnavailable"]

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_NOT_NOW = frozenset({502, 503, 504})
_TRIES = 3
_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a call carries besides its address."""

    params: Mapping[str, str | int] | None
    headers: Mapping[str, str] | None
    json: Any = None
    content: bytes | None = None


class ServiceClient:
    """Calls one other service.

    A call that may be repeated (GET, PUT, DELETE, or any with an Idempotency-Key) is tried three
    times when the connection fails or the service says it is not ready; another only when nothing
    was sent. Then ServiceUnavailable. Refusals (4xx) are returned, for the caller to understand.
    """

    def __init__(
        self,
        base_url: str,
        tokens: ServiceTokens,
        service: str,
        audience: str,
        transport: httpx.BaseTransport | None = None,
        *,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._tokens = tokens
        self._service = service
        self._audience = audience
        self._http = httpx.Client(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(timeout_seconds, connect=3.0),
            trust_env=False,  # a proxy meant for the outside must not see these calls
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        acting_for: str | None = None,
    ) -> httpx.Response:
        """One call; `acting_for` is the opaque label of the person it is made for."""
        return self._call(method, path, _Sent(params, headers, json=json), acting_for)

    def send_file(
        self,
        path: str,
        content: bytes,
        media_type: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        acting_for: str | None = None,
    ) -> httpx.Response:
        """POST the content of a file as it is."""
        named = {**(headers or {}), "Content-Type": media_type}
        return self._call("POST", path, _Sent(params, named, content=content), acting_for)

    def _call(self, method: str, path: str, body: _Sent, acting_for: str | None) -> httpx.Response:
        sent = dict(body.headers or {})
        repeatable = method.upper() in _HARMLESS or "Idempotency-Key" in sent
        for attempt in range(1, _TRIES + 1):
            sent["Authorization"] = f"Bearer {self._token(acting_for)}"
            with tracing.span("service_call") as traceparent:
                sent["traceparent"] = traceparent
                request = self._http.build_request(
                    method,
                    path,
                    json=body.json,
                    content=body.content,
                    params=body.params,
                    headers=sent,
                )
                response, failure, arrived = self._send(request)
            if response is not None:
                return response
            last = attempt == _TRIES
            if last or (arrived and not repeatable):
                raise ServiceUnavailable(
                    f"{self._audience} did not answer {method} ({failure}). It is tried again "
                    f"later; check that {self._http.base_url} is reachable and ready."
                )
            _log.info("service_call_repeated", audience=self._audience, reason=failure)
            time.sleep(0.1 * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads load
        raise AssertionError("unreachable: the last try returns or raises")

    def close(self) -> None:
        self._http.close()

    def _token(self, acting_for: str | None) -> str:
        return self._tokens.issue(self._service, self._audience, acting_for=acting_for)

    def _send(self, request: httpx.Request) -> tuple[httpx.Response | None, str, bool]:
        """The answer, or why there is none and whether the service may have acted."""
        failpoints.reach("call.sending")
        try:
            response = self._http.send(request)
            failpoints.reach("call.answered")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return None, type(error).__name__, False
        except httpx.TransportError as error:
            return None, type(error).__name__, True
        if response.status_code in _NOT_NOW:
            return None, f"status {response.status_code}", True
        return response, "", True
