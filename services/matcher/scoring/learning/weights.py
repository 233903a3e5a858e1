"""What a scorer knows by learning: a weight for each feature and where it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds per unit of each feature, and the log-odds where every feature is neutral.

    A feature that is not named keeps its prior: it came to be after these were learned.
    """

    by_feature: Mapping[str, float]
    intercept: float

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> "Weights":
        """From what `as_parameters` gave, as JSON has it."""
        named = {str(name): float(value) for name, value in parameters["weights"].items()}
        return cls(named, float(parameters["intercept"]))

    def as_parameters(self) -> dict[str, Any]:
        return {"weights": dict(self.by_feature), "intercept": self.intercept}
