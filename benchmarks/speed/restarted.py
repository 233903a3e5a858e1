"""What a worker does until it can propose, in a process of its own: `python -m benchmarks.speed.restarted FILE`.

Imports what a worker imports and nothing else; prints seconds of the processor as JSON.
"""

import json
import resource
import sys
import time
from typing import Any

from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.scoring.index import load_model
from services.matcher.store.vectors import StoredVectors
from shared.clock import SystemClock
from shared.storage import Database


def start(url: str) -> dict[str, Any]:
    imported = time.process_time()
    database = Database(url, service="matcher")
    now = SystemClock().now()
    shipped = load_model(cache=StoredVectors(database))
    model = ModelsInUse(database, shipped).now()
    loaded = time.process_time()
    knowledge = Knowledge(model, now.date(), keeps_rows=True)
    knowledge.catch_up(database, now.date())
    with database.read() as connection:
        knowledge.refresh_standing(connection, now)
    ready = time.process_time()
    needs, capabilities = knowledge.index.need_ids(), knowledge.index.capability_ids()
    knowledge.rate(needs[:1], 10)
    asked = time.process_time()
    return {
        "of these importing": round(imported, 1),
        "loading the model": round(loaded - imported, 1),
        "reading and indexing": round(ready - loaded, 1),
        "first list": round(asked - ready, 1),
        "indexed": len(needs) + len(capabilities),
        "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


if __name__ == "__main__":
    print(json.dumps(start(f"sqlite:///{sys.argv[1]}")))
