"""Rows as verdicts leave them, by coordinators who care for the place above all."""

from datetime import timedelta

import numpy as np

from services.matcher.domain.codes import FIRST_CODES, VERDICT
from services.matcher.scoring.learning.priors import NEUTRAL
from services.matcher.store.learning import TrainingRow, add_training_row
from shared.storage import Database
from tests.integration.matcher.world import START, rules_model

TEACHES = {code.code: code.teaches for code in FIRST_CODES if code.of_list == VERDICT}


def put_verdicts(database: Database, count: int, *, first: int = 0, hours: int = 1, cares: float = 6.0) -> None:  # fmt: skip
    """`count` verdicts, three a need; `cares` is how much the place counts."""
    random = np.random.default_rng([first, count])
    with database.write() as connection:
        for number in range(first, first + count):
            features = dict(NEUTRAL) | {
                "words": float(random.uniform(0.1, 0.3)),
                "place": float(random.random()),
                "goals": float(random.random()),
            }
            del features["meaning"]
            yes = random.random() < 1 / (1 + np.exp(-cares * (features["place"] - 0.5)))
            code = None if yes else str(random.choice(["wrong_place", "not_relevant", "other"]))
            add_training_row(
                connection,
                TrainingRow(
                    source=f"verdict:m{number:05}",
                    match_id=f"m{number:05}",
                    need_id=f"n{number // 3:05}",
                    capability_set=f"c{number}",
                    kind="verdict",
                    side="coordinator",
                    label=int(yes),
                    reason_code=code,
                    teaches=TEACHES[code] if code else "all",
                    features=features,
                    model_version=rules_model().version,
                    at=START + timedelta(hours=hours * number),
                ),
            )
