"""What follows a restore before anybody looks: erasures again, and the topics told what differs."""

from services.registry.erase import ErasureList, erase_again
from services.registry.reconcile import SOURCE, reconcile
from services.registry.vault import Vault
from shared.bus.port import Bus
from shared.clock import Clock
from shared.messaging.ahead import catch_up
from shared.storage import Database, unit_of_work


def finish_restore(
    database: Database, bus: Bus, clock: Clock, vault: Vault, listed: ErasureList
) -> list[str]:
    """May be repeated; says what it did and what only the bus knows."""
    with unit_of_work(database, source=SOURCE, clock=clock, actor="restore") as work:
        erased = erase_again(work, vault, listed)
        work.audit("database.restored", "registry", {"erased_again": erased})
    result = reconcile(database, bus, clock)
    missing = catch_up(database, bus, clock)
    return [
        f"{erased} contact(s) erased after the backup were erased again.",
        f"{len(result.told)} of {result.compared} states on the bus differed and are told again.",
        *(f"{one}; left as it is there" for one in missing),
    ]
