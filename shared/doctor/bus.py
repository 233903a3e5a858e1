"""The bus: reachable, and every topic kept as the reviewed table says."""

from __future__ import annotations

from collections.abc import Iterator

from shared.bus.connect import connect, embedded_file
from shared.bus.errors import BusError
from shared.bus.records import TopicSpec
from shared.bus.settings import BusSettings
from shared.contracts.topics import TOPICS
from shared.doctor.findings import Finding, good, wrong
from shared.doctor.patient import Patient
from shared.settings.faults import masked


def check_bus(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    file = embedded_file(settings.bus_url)
    if file is not None and not file.exists():  # opening it would make it
        yield wrong("bus", "The log does not exist", file, f"Run `{patient.setup}`.")
        return
    bus = connect(settings.bus_url, BusSettings(**settings.bus_options()))
    try:
        admin = bus.admin()
        there = admin.topic_configuration()
        admin.close()
    except BusError as error:
        yield wrong(
            "bus",
            f"The bus does not answer ({error})",
            masked(settings.bus_url),
            "Start the broker, or correct CONVENE_BUS_URL and the CONVENE_KAFKA_ settings.",
        )
        return
    finally:
        bus.close()
    yield from _topics(patient, there, embedded=file is not None)


def _topics(patient: Patient, there: dict[str, TopicSpec], *, embedded: bool) -> Iterator[Finding]:
    faults = 0
    for name, topic in TOPICS.items():
        if name not in there:
            faults += 1
            yield wrong("bus", "A topic is missing", name, f"Run `{patient.setup}`.")
            continue
        for finding in _differences(patient, topic.spec, there[name], embedded=embedded):
            faults += 1
            yield finding
    if not faults:
        yield good("bus", f"All {len(TOPICS)} topics are as the table of topics says", "")


def _differences(
    patient: Patient, wanted: TopicSpec, found: TopicSpec, *, embedded: bool
) -> Iterator[Finding]:
    if found.partitions != wanted.partitions:
        yield wrong(
            "bus",
            "A topic has another number of partitions, so keys lie in other places",
            f"{wanted.name}: {found.partitions} instead of {wanted.partitions}",
            "Stop the services, make the topic anew with the right number, and run "
            "`python -m services.registry reconcile`.",
        )
    fields = ["compacted", "retention_seconds", *(["restricted"] if embedded else [])]
    for field in fields:
        if getattr(found, field) != getattr(wanted, field):
            yield wrong(
                "bus",
                "A topic is kept in another way than reviewed",
                f"{wanted.name}: {field} is {getattr(found, field)} instead of "
                f"{getattr(wanted, field)}",
                f"Run `{patient.setup}`, which sets it right.",
            )
