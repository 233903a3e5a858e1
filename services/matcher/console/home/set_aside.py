"""Events that one of the other services could not handle, as far as it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.observability.logging import get_logger
from shared.web.client import ServiceClient, ServiceUnavailable

_log = get_logger()


@dataclass(frozen=True, slots=True)
class SetAside:
    """`number` is None where the service does not answer."""

    service: str
    number: int | None


def set_aside_by(others: Mapping[str, ServiceClient], acting_for: str) -> Sequence[SetAside]:
    """Only what went wrong; nothing where all is well."""
    found = [SetAside(name, _number(name, one, acting_for)) for name, one in others.items()]
    return [one for one in found if one.number != 0]


def _number(name: str, client: ServiceClient, acting_for: str) -> int | None:
    try:
        answer = client.request("GET", "/parked", acting_for=acting_for)
    except ServiceUnavailable as error:
        _log.warning("service_away", service=name, reason=str(error))
        return None
    return int(answer.json().get("open", 0)) if answer.is_success else None
