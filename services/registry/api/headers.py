"""Headers that writes take, as the API's description shows them."""

from typing import Any

_IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "1 to 200 visible characters; the same request again with it is done once.",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
}
_IF_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of the version that is to be changed. Without it 428, too old 412.",
    "required": True,
    "schema": {"type": "string"},
}
REPEATABLE = [_IDEMPOTENCY_KEY]
VERSIONED = [_IF_MATCH, _IDEMPOTENCY_KEY]
