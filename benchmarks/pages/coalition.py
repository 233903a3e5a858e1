"""A large coalition in the matcher's database, by events and proposals as in life.

Texts are sentences of the sample coalition's listings in a new order, so that they share words as
real ones do; places, goals, groups and kinds of help are drawn by seed.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from shared.contracts.envelope import wire_time
from shared.reference.places import Places
from shared.reference.vocabulary import BENEFICIARIES, GIVES, SECTORS
from tests.integration.matcher.world import START, World

SAMPLE = Path(__file__).resolve().parents[2] / "services/registry/sample/coalition.jsonl"
SEED = 20261201

Rng = np.random.Generator


def fill(world: World, size: int) -> None:
    """`size` needs and as many capabilities of a fifth as many members, all proposed for."""
    rng = np.random.default_rng(SEED)
    words = Words(rng)
    members = [f"member-{number}" for number in range(max(10, size // 5))]
    events = [
        world.event("member.registered", id_, member_state(rng, id_, number))
        for number, id_ in enumerate(members)
    ]
    for number in range(size):
        for kind in ("capability", "need"):
            owner = members[int(rng.integers(len(members)))]
            id_ = f"{kind}-{number}"
            state = listing_state(words, kind, id_, owner)
            events.append(world.event(f"{kind}.published", id_, state))
    for event in events:
        world.handle(event)
    world.propose()


def member_state(rng: Rng, id_: str, number: int) -> dict[str, Any]:
    return {
        "member_id": id_,
        "name": f"Organisation {number}",
        "sector": SECTORS.ids[int(rng.integers(len(SECTORS.ids)))],
        "places": ["K02000001"],
        "status": "active",
        "can_be_asked": True,
        "version": 1,
        "material_version": 1,
        "changed_at": wire_time(START),
    }


def listing_state(words: "Words", kind: str, id_: str, owner: str) -> dict[str, Any]:
    """Of a `need` or a `capability`."""
    title, description = words.text()
    state: dict[str, Any] = {
        f"{kind}_id": id_,
        "member_id": owner,
        "title": title,
        "description": description,
        "status": "published",
        "version": 1,
        "material_version": 1,
        "material": {"title": title, "description": description},
        "published_at": wire_time(START),
        "goals": sorted(words.some(range(1, 15))),
        "beneficiaries": words.some(BENEFICIARIES.ids),
    }
    if kind == "need":
        state |= {"places": [words.district()], "wants": words.some(GIVES.ids)}
    else:
        state |= {"delivers_in": [words.reach()], "gives": words.some(GIVES.ids)}
    return state


class Words:
    """Texts, fields and places of listings, drawn as they are asked for."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        lines = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
        told = [one for one in lines if one.get("description")]
        self._titles = [one["title"] for one in told]
        self._sentences = [s for one in told for s in one["description"].split(". ")]
        places = Places.load().all()
        self._districts = [one.code for one in places if one.kind == "district"]
        self._wide = [one.code for one in places if one.kind in ("county", "region")]

    def text(self) -> tuple[str, str]:
        chosen = self._rng.choice(self._sentences, size=4)
        return str(self._rng.choice(self._titles)), ". ".join(map(str, chosen))

    def some(self, choices: Any) -> list[Any]:
        listed = list(choices)
        return list(dict.fromkeys(listed[i] for i in self._rng.integers(len(listed), size=2)))

    def district(self) -> str:
        return str(self._rng.choice(self._districts))

    def reach(self) -> str:
        return str(self._rng.choice(self._districts if self._rng.random() < 0.5 else self._wide))
