"""What is wrong with a deployment, said with the value and the fix: `python -m services.X doctor`.

Above everything else in shared, because it looks at everything: settings, database, bus, keys,
neighbours, clock and disk. It changes nothing, makes no file and prints no secret.
"""

from shared.doctor.checks import CHECKS
from shared.doctor.commands import doctor_command
from shared.doctor.findings import Check, Finding, good, odd, wrong
from shared.doctor.patient import Instruments, Patient

__all__ = [
    "CHECKS",
    "Check",
    "Finding",
    "Instruments",
    "Patient",
    "doctor_command",
    "good",
    "odd",
    "wrong",
]
