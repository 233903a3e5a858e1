"""The three web processes as this machine reaches them: alive, ready, and keeping our time."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from shared.doctor.database import clock_finding
from shared.doctor.findings import Finding, good, wrong
from shared.doctor.patient import Patient
from shared.settings.common import SERVICES

_TIMEOUT_SECONDS = 5.0


def check_neighbours(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    with httpx.Client(
        transport=patient.instruments.transport, timeout=_TIMEOUT_SECONDS, trust_env=False
    ) as http:
        for service in SERVICES:
            yield from _examined(patient, http, service, settings.internal_url(service))


def _examined(patient: Patient, http: httpx.Client, service: str, url: str) -> Iterator[Finding]:
    name = f"CONVENE_{service.upper()}_INTERNAL_URL"
    before = patient.instruments.now()
    try:
        answer = http.get(f"{url}/readyz")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield wrong(
            "neighbours",
            f"The {service}'s web process does not answer ({type(error).__name__})",
            url,
            f"Start it, or say in {name} how this machine reaches it.",
        )
        return
    if answer.status_code == 200:
        yield good("neighbours", f"The {service}'s web process is ready", url)
    else:
        yield wrong(
            "neighbours",
            f"The {service}'s web process answers and is not ready",
            f"{answer.status_code} from {url}/readyz",
            f"Read what {url}/readyz and its log say; run `python -m services.{service} doctor`.",
        )
    yield from _clock(answer, service, before, patient.instruments.now())


def _clock(answer: httpx.Response, service: str, before: float, after: float) -> Iterator[Finding]:
    """The Date header counts whole seconds, so up to one second of difference is none."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except ValueError:
        return
    ahead = 0.0
    if theirs > after:
        ahead = theirs - after
    elif theirs + 1 < before:
        ahead = theirs + 1 - before
    yield clock_finding("neighbours", f"the {service}", ahead)
