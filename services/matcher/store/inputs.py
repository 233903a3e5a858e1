"""What each match was scored from, beside its texts, and a seal over both (item 10: replay)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, String, Table, Text, insert, select

from services.matcher.domain.matches import Match
from services.matcher.store.metadata import METADATA

match_inputs = Table(
    "match_inputs",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("inputs", Text, nullable=False),  # canonical JSON, so that bytes can be compared
    Column("seal", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True)
class KeptInputs:
    inputs: Mapping[str, Any]
    seal: str


def keep_inputs(connection: Connection, match: Match) -> None:
    """Called once, when the match is made; there is nothing to keep of one made elsewhere."""
    if match.inputs is None:
        return
    row = {
        "match_id": match.match_id,
        "inputs": canonical(match.inputs),
        "seal": seal_of(match, match.inputs),
    }
    connection.execute(insert(match_inputs).values(**row))


def inputs_of_match(connection: Connection, match_id: str) -> KeptInputs | None:
    """None: made elsewhere, or before inputs were kept."""
    query = select(match_inputs).where(match_inputs.c.match_id == match_id)
    row = connection.execute(query).mappings().first()
    return KeptInputs(json.loads(row["inputs"]), row["seal"]) if row else None


def seal_of(match: Match, inputs: Mapping[str, Any]) -> str:
    """Changes with every byte of the inputs, of both texts and of the versions it was made under,
    also where no score would notice.
    """
    texts = [dict(match.need), [dict(one) for one in match.capabilities]]
    versions = [match.model_version, match.rules_version, match.framework]
    return hashlib.sha256(canonical([inputs, texts, versions]).encode()).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
