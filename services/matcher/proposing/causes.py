"""What a proposal was caused by: the need's last event, of which only the id is known here."""

from dataclasses import replace

from services.matcher.store import known
from shared.contracts.envelope import Event
from shared.storage import Work


def caused_by_need(work: Work, need_id: str) -> Work:
    """The same work with the need's last event as the cause of what it publishes."""
    event_id = known.event_id_of_need(work.connection, need_id)
    if event_id is None:
        return replace(work, cause=None)
    cause = Event(
        id=event_id,
        source="/registry",
        type="",
        subject="",
        time=work.now,
        sequence=1,
        correlation_id=event_id,
        causation_id=None,
        data=None,
    )
    return replace(work, cause=cause)
