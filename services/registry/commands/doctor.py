"""`doctor`: is this deployment of the registry in order?"""

from services.registry.settings import RegistrySettings
from services.registry.wiring import MIGRATIONS, SERVICE
from shared.doctor import CHECKS, Patient, doctor_command

KEYS = ("vault", "vault-digest")


def patient_of(settings: RegistrySettings) -> Patient:
    return Patient(SERVICE, settings, MIGRATIONS, KEYS)


doctor = doctor_command(SERVICE, RegistrySettings, patient_of, CHECKS)
