"""What a row of the table came to."""

from dataclasses import dataclass, field

from tests.faults.checker import check
from tests.faults.history import History


@dataclass
class Reached:
    """`numbers` say how far it went; `wrong` is empty when every promise was kept."""

    history: History = field(default_factory=History)
    numbers: dict[str, float] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        found = [f"{finding.rule}: {finding.text}" for finding in check(self.history)]
        return found + self.differences
