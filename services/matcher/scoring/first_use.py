"""Everything that is compiled, compiled once, so that no person waits for it.

`setup` and the image's build ask a toy coalition every kind of question; what that compiles is kept
on disk (`compiled`) and found there by every process that starts later.
"""

from datetime import date

from services.matcher.domain.entities import Capability, Conflict, Member, Need
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.market.compiled import freshly_compiled
from services.matcher.scoring.results import PairState
from shared.reference.places import Places

_DAY = date(2026, 1, 1)
_PLACES = ("E07000076", "E07000071", "E12000006", "K02000001")
_WORDS = ("reading", "engines", "gardens", "mentors", "laptops", "bakery", "tenants")
_MANY = 600
"""More than are asked one by one, so that the way of whole areas is taken too."""


def compile_everything(places: Places | None = None) -> int:
    """How many functions had to be compiled; 0 where all were found on disk."""
    model = Model(places or Places.load())
    index = model.build(_members(), _capabilities(), _needs(), _DAY, _state())
    _ask(index)
    index.upsert_capability(_capabilities()[1])
    _ask(index)
    return freshly_compiled()


def _ask(index: MatchIndex) -> None:
    needs, capabilities = index.need_ids(), index.capability_ids()
    index.rated_for_all(needs, 10)
    index.rated_for_all(needs[:40], 30)
    index.proposals_for(needs[0])
    index.refusals_for(needs[0])
    index.score_of(needs[0], capabilities[0])
    index.needs_affected_by(capabilities[0])
    index.needs_near(capabilities[:3], 10, 0.0)
    index.needs_near(capabilities[:300], 10, 0.3)


def _members() -> list[Member]:
    return [
        Member(f"m{n}", f"Member {n}", sector, places=(_PLACES[n % 3],), conflicts=against)
        for n, (sector, against) in enumerate(
            [
                ("local_government", (Conflict(member="m4"),)),
                ("business", ()),
                ("charity", ()),
                ("health", ()),
                ("housing", ()),
            ]
        )
    ]


def _text(n: int) -> str:
    return f"{_WORDS[n % 7]} and {_WORDS[n // 7 % 7]}"


def _capabilities() -> list[Capability]:
    return [
        Capability(
            f"c{n}", f"m{1 + n % 4}", _text(n), goals=(1 + n % 3,),
            delivers_in=(_PLACES[n % 4],), mode="remote" if n % 5 == 0 else "either",
            strict=("goals",) if n % 11 == 0 else (),
        )
        for n in range(_MANY)
    ]  # fmt: skip


def _needs() -> list[Need]:
    return [
        Need(f"n{n}", f"m{n % 2}", _text(n), goals=(1 + n % 3,), places=(_PLACES[n % 3],))
        for n in range(_MANY)
    ]


def _state() -> PairState:
    return PairState(cooling=frozenset({("n0", "c1"), ("n1", "c2")}), load={"m1": 3})
