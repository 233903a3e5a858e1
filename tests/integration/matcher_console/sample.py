"""The sample coalition of the repository, told to a matcher's world as the registry would."""

from pathlib import Path
from typing import Any

from services.registry import sample
from shared.contracts.coalition import read_lines
from tests.integration.matcher.world import World

_KEYS = {"member": "member_id", "capability": "capability_id", "need": "need_id"}
_NOT_TOLD = {"id", "kind", "member", "contact", "conflicts", "status"}


def tell_sample(world: World) -> None:
    with (Path(str(sample.__file__)).parent / "coalition.jsonl").open("rb") as stream:
        lines = [line for line in read_lines(stream) if line.data is not None]
    for kind in _KEYS:
        for line in lines:
            if line.kind == kind and line.data is not None:
                _tell(world, kind, dict(line.data))


def _tell(world: World, kind: str, data: dict[str, Any]) -> None:
    fields = {name: value for name, value in data.items() if name not in _NOT_TOLD}
    if kind == "member":
        status = data.get("status") or "active"
        world.member(data["id"], **fields, status=status, can_be_asked=status == "active")
        return
    material = {"title": data["title"], "description": data["description"]}
    told = {**fields, "member_id": data["member"], "material": material}
    (world.capability if kind == "capability" else world.need)(data["id"], **told)
