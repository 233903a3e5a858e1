"""One golden example of every event type version ever published, as it was sent.

A file here is never changed and never removed: logs are kept for ever, so is decoding them.
"""

import json
from importlib import resources
from typing import Any

from shared.bus.records import Record


def golden_types() -> list[str]:
    """Every type that has an example, sorted, old versions included."""
    names = (entry.name for entry in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def golden_example(type_: str) -> dict[str, Any]:
    """topic, key, headers (name: text) and data (None for a tombstone)."""
    text = resources.files(__name__).joinpath(f"{type_}.json").read_text(encoding="utf-8")
    example: dict[str, Any] = json.loads(text)
    return example


def golden_record(type_: str) -> Record:
    """The example as the bus would hand it to a consumer."""
    example = golden_example(type_)
    data = example["data"]
    return Record(
        topic=example["topic"],
        key=example["key"].encode(),
        value=None if data is None else json.dumps(data, ensure_ascii=False).encode(),
        headers=tuple((name, text.encode()) for name, text in example["headers"].items()),
    )
