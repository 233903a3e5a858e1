"""The checks that every service has, in the order in which one explains the next."""

from shared.doctor.bus import check_bus
from shared.doctor.database import check_database
from shared.doctor.findings import Check
from shared.doctor.machine import check_disk, check_keys, check_settings
from shared.doctor.neighbours import check_neighbours

CHECKS = (
    Check("settings", check_settings),
    Check("keys", check_keys),
    Check("disk", check_disk),
    Check("database", check_database),
    Check("bus", check_bus),
    Check("neighbours", check_neighbours),
)
