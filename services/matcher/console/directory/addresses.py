"""Where the page of a need, capability or member is."""

from typing import Any

from flask import url_for


def page_url(name: str, id_: str, *, saved: bool = False) -> str:
    """`name` as in the coalition file. Saved just now, it may not have arrived here yet."""
    values: dict[str, Any] = {f"{name}_id": id_}
    if saved:
        values["saved"] = 1
    return url_for(f"console.{name}", **values)
