"""`make bench`: how fast the chain is, beside a peer or a limit measured in the same run.

Prints three tables and writes docs/benchmarks/chain.json: lines imported a second, the time from
a published need to its proposal on both buses, and events through the matcher's consumer beside
what kafka-python alone takes off the same topic.
"""

import json
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.chain import importing, latency, throughput
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresDatabases, PostgresServer

OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "chain.json"


def main() -> int:
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.python_version()}",
        "seed": 20261201,
    }
    with PostgresServer() as server, tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        postgres = PostgresDatabases(server.url)
        with KafkaServer(own=True) as kafka:
            stores = importing.Stores(postgres, f"kafka://{kafka.bootstrap_servers}")
            results["import"] = importing.measure(root / "import", stores)
            results["throughput"] = throughput.measure(root / "throughput", postgres, kafka)
        results["latency"] = latency.measure(root / "latency", postgres)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    tables.write("chain")
    print(f"written to {OUT.relative_to(Path.cwd()) if OUT.is_relative_to(Path.cwd()) else OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
