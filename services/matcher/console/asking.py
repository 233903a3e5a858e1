"""What another service answers, or why it did not take what it was asked."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

Body = dict[str, Any]


class Refused(Exception):
    """The other service did not take it; `faults` by field where it said so."""

    def __init__(self, detail: str, faults: Mapping[str, str], status: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = dict(faults)
        self.status = status


def part(value: str) -> str:
    return quote(value, safe="")


def taken(response: httpx.Response) -> Body:
    body = _body(response)
    if response.is_success:
        return body
    faults = {
        name: str(one.get("message", ""))
        for one in body.get("errors") or ()
        for name in _fields(str(one.get("field", "")))
    }
    detail = str(body.get("detail") or f"The other service answered {response.status_code}.")
    raise Refused(detail, faults, response.status_code)


def _fields(path: str) -> set[str]:
    """`json.capacity.amount` as `amount` and as `capacity_amount`; `json.places.2` as `places`."""
    parts = [part for part in path.removeprefix("json.").split(".") if not part.isdecimal()]
    return {"_".join(parts), parts[-1]} if parts else {""}


def _body(response: httpx.Response) -> Body:
    try:
        found = response.json() if response.content else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {"items": found}
