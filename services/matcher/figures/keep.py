"""Importing and forgetting official figures: in one transaction, and every need is looked at again.

Workers and web processes see the new number of the figures at their next look, as they see
changes of the projection.
"""

from dataclasses import replace
from typing import Literal

from services.matcher.figures.read import Publication
from services.matcher.store import known
from services.matcher.store.figures import Kept, all_kept, drop_figures, put_figures
from shared.storage import Work

Taken = Literal["imported", "replaced", "unchanged"]


def keep_figures(work: Work, publication: Publication) -> Taken:
    """Store a publication in place of its earlier import; the same again changes nothing."""
    stored = {one.figures.dataset: one for one in all_kept(work.connection)}
    before = stored.get(publication.shape.dataset)
    whole = publication.with_earlier(before.measures if before else {})
    fresh = Kept(whole.figures(), whole.measures, whole.lines, work.now)
    if before is not None and before == replace(fresh, imported_at=before.imported_at):
        return "unchanged"
    put_figures(work.connection, fresh)
    _look_again(work)
    details = {"cited": fresh.figures.cited, "lines": fresh.lines}
    work.audit("figures.imported", fresh.figures.dataset, details)
    return "replaced" if before else "imported"


def forget_figures(work: Work, dataset: str) -> bool:
    """False where nothing of the dataset was stored."""
    if not drop_figures(work.connection, [dataset]):
        return False
    _look_again(work)
    work.audit("figures.forgotten", dataset)
    return True


def _look_again(work: Work) -> None:
    known.mark_to_examine(work.connection, known.published_needs(work.connection))
