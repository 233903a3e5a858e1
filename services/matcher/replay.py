"""Explaining later: a match's stored features give its stored score and reasons again, or the
first difference is named.
"""

import numpy as np
from sqlalchemy import Connection

from services.matcher.scoring.index import Model
from services.matcher.scoring.scorer import FEATURES
from services.matcher.store.matches import load_match

_TOLERANCE = 0.0005  # features are stored with four decimals


def replay_match(connection: Connection, model: Model, match_id: str) -> str | None:
    """None when the match comes out the same, else a sentence with the first difference."""
    match = load_match(connection, match_id)
    if match.origin == "elsewhere":
        return "This match was made elsewhere; no model scored it."
    if match.model_version != model.version:
        return (
            f"It was scored by model {match.model_version}; this process has {model.version}. "
            "Start it with the same model to replay."
        )
    if match.rules_version != model.rules_version:
        return f"It was made under {match.rules_version}; this process has {model.rules_version}."
    total = sum(float(reason["contribution"]) for reason in match.reasons)
    if abs(total - match.score) > _TOLERANCE:
        return f"Its reasons add up to {total:.4f}, its score is {match.score:.4f}."
    known = [match.features.get(name, np.nan) for name in FEATURES]
    again = float(model.scorer.probability(np.array([known], dtype=np.float64))[0])
    if abs(again - match.score) > _TOLERANCE:
        return f"Its features give {again:.4f}, its stored score is {match.score:.4f}."
    return None
