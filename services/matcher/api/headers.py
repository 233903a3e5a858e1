"""Headers that decisions take, as the API's description shows them."""

from typing import Any

DECISION: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": "If-Match",
        "description": "The ETag of the match as it was read. Without it 428, too old 412.",
        "required": True,
        "schema": {"type": "string"},
    },
    {
        "in": "header",
        "name": "Idempotency-Key",
        "description": "1 to 200 visible characters; the same request again with it is done once.",
        "required": False,
        "schema": {"type": "string", "maxLength": 200},
    },
]
