"""Partnership lines of a batch: made elsewhere, put on record."""

from collections.abc import Sequence
from datetime import date

from services.registry.content import contact_detail_in
from services.registry.domain.errors import Invalid, Problem
from services.registry.importing.batch import Batch, Change, Entry
from services.registry.record import Partnership, record_partnership


def take_partnerships(batch: Batch, entries: Sequence[Entry]) -> None:
    for entry in entries:
        try:
            _screen(batch, entry)
            recorded = record_partnership(batch.work, _partnership_of(entry))
        except Invalid as error:
            batch.refuse_for(entry, error)
            continue
        batch.deed(entry, "added" if recorded else "unchanged")
        if recorded:
            batch.changes.append(Change("partnership", None, _partnership_of(entry)))


def _screen(batch: Batch, entry: Entry) -> None:
    text = entry.content.get("text") or ""
    message = contact_detail_in(text) if batch.rules.screen_texts else None
    if message is not None:
        raise Invalid("text", [Problem("text", text, message)])


def _partnership_of(entry: Entry) -> Partnership:
    content = entry.content
    return Partnership(
        need_id=content.get("need"),
        text=content.get("text"),
        member_ids=tuple(content["members"]),
        state=content["state"],
        since=date.fromisoformat(content["since"]),
        goals=tuple(content.get("goals") or ()),
    )
