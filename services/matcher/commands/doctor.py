"""`doctor`: is this deployment of the matcher in order?"""

from services.matcher.settings import MatcherSettings
from services.matcher.wiring import MIGRATIONS, SERVICE
from shared.doctor import CHECKS, Patient, doctor_command


def patient_of(settings: MatcherSettings) -> Patient:
    return Patient(SERVICE, settings, MIGRATIONS, key_names=())


doctor = doctor_command(SERVICE, MatcherSettings, patient_of, CHECKS)
