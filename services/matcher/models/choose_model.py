"""An administrator decides which learned weights score: accepted, refused, or back to the priors.

Every decision has a reason, is in the audit log, and changes no match that waits: what is proposed
from now on is scored with the new weights, what was proposed before keeps its score and its place.
"""

from services.matcher.domain.errors import ModelNotOffered, ReasonMissing, UnknownModel
from services.matcher.store import known
from services.matcher.store import models as store
from services.matcher.store.models import IN_USE, OFFERED, REFUSED, REPLACED, StoredModel
from shared.storage import Work

LONGEST_REASON = 2_000


def accept_model(work: Work, version: str, reason: str) -> None:
    """Score with these weights from now on; one that was replaced may be taken again.

    Raises
    ------
    UnknownModel, ModelNotOffered, ReasonMissing

    """
    said = _reason(reason)
    _find(work, version, (OFFERED, REPLACED))
    replaced = store.move_models(work.connection, IN_USE, REPLACED)
    store.set_decision(work.connection, version, IN_USE, work.now, _who(work), said)
    work.audit("model.accept", version, {"reason": said, "replaced": replaced})
    known.examine_everything(work.connection)


def refuse_model(work: Work, version: str, reason: str) -> None:
    """Raises as `accept_model`."""
    said = _reason(reason)
    _find(work, version, (OFFERED,))
    store.set_decision(work.connection, version, REFUSED, work.now, _who(work), said)
    work.audit("model.refuse", version, {"reason": said})


def return_to_priors(work: Work, reason: str) -> str:
    """Score with the stated priors again; the version that was in use. Raises as `accept_model`."""
    said = _reason(reason)
    in_use = store.model_in_use(work.connection)
    if in_use is None:
        raise ModelNotOffered("priors", "in use already")
    store.set_decision(work.connection, in_use.version, REPLACED, work.now, _who(work), said)
    work.audit("model.return_to_priors", in_use.version, {"reason": said})
    known.examine_everything(work.connection)
    return in_use.version


def _find(work: Work, version: str, allowed: tuple[str, ...]) -> StoredModel:
    found = store.find_model(work.connection, version)
    if found is None:
        raise UnknownModel(version)
    if found.status not in allowed:
        raise ModelNotOffered(version, found.status.replace("_", " "))
    return found


def _reason(given: str) -> str:
    said = given.strip()[:LONGEST_REASON]
    if not said:
        raise ReasonMissing
    return said


def _who(work: Work) -> str:
    return work.actor or "system"
