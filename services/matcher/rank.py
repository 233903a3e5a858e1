"""Ranking a coalition file without any server, by the code path of the worker.

`python -m services.matcher rank COALITION.jsonl --top 10 [--refused] [--as-of DATE]` prints JSON
Lines; lines of the file that are not right are told on standard error and do not stop the rest.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from services.matcher.domain.entities import (
    Capability,
    Member,
    Need,
    capability_from,
    member_from,
    need_from,
)
from services.matcher.figures.of_file import read_publication
from services.matcher.figures.read import together
from services.matcher.scoring.choosing.bundle import Limits
from services.matcher.scoring.choosing.consortia import DEEP, consortium_for
from services.matcher.scoring.counting import counted_over
from services.matcher.scoring.index import MatchIndex, Model, load_model
from services.matcher.scoring.learning.scorer import PROPOSAL_THRESHOLD
from services.matcher.scoring.market.priority import Priorities
from services.matcher.scoring.reasons.near import near_line, near_misses
from services.matcher.scoring.results import PairState
from shared.clock import SystemClock
from shared.contracts.coalition import read_lines

Object = Mapping[str, Any]
RUNNING = ("introduced", "active")


@dataclass
class _Coalition:
    """What a file says, by kind and id; a later line of the same id replaces an earlier one."""

    members: dict[str, Member] = field(default_factory=dict)
    capabilities: dict[str, Capability] = field(default_factory=dict)
    needs: dict[str, Need] = field(default_factory=dict)
    partnerships: list[Object] = field(default_factory=list)

    def add(self, data: Object) -> None:
        kind = data["kind"]
        if kind == "member":
            self.members[str(data["id"])] = member_from(data)
        elif kind == "capability":
            self.capabilities[str(data["id"])] = capability_from(data)
        elif kind == "need":
            self.needs[str(data["id"])] = need_from(data)
        elif kind == "partnership":
            self.partnerships.append(data)

    def without_member(self) -> list[tuple[str, str]]:
        """Listings that cannot be matched, as (listing id, member id)."""
        listings: list[Capability | Need] = [*self.capabilities.values(), *self.needs.values()]
        return [(one.id, one.member_id) for one in listings if one.member_id not in self.members]

    def state(self) -> PairState:
        """Partnerships that run already take a partner place and are not proposed again."""
        left = {need.id: need.partners for need in self.needs.values()}
        cooling = set()
        for entry in self.partnerships:
            need_id = entry.get("need")
            if need_id in left and entry.get("state", "active") in RUNNING:
                left[need_id] -= 1
                cooling |= {
                    (need_id, one.id)
                    for one in self.capabilities.values()
                    if one.member_id in (entry.get("members") or ())
                }
        return PairState(places_left=left, cooling=frozenset(cooling))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to print of each need."""

    top: int
    refused: bool = False
    consortia: bool = False
    near_misses: bool = False


def rank(
    objects: Iterable[Object],
    *,
    model: Model,
    as_of: date,
    top: int = 10,
    refused: bool = False,
    consortia: bool = False,
    priorities: Priorities | None = None,
) -> Iterator[dict[str, object]]:
    """The `top` proposals of every need, needs by id; with `refused` also who was refused and why,
    with `consortia` also the consortium of each need where one is due.

    `objects` have the shape of coalition file lines, `kind` included. There is no threshold and
    no cap on open proposals.
    """
    coalition = _Coalition()
    for entry in objects:
        coalition.add(entry)
    asked = _Asked(top, refused, consortia)
    yield from _ranked(_index(coalition, model, as_of, priorities), asked)


@click.command("rank")
@click.argument("coalition", type=click.File("rb"))
@click.option("--top", default=10, show_default=True, type=click.IntRange(min=1),
              help="How many proposals a need.")  # fmt: skip
@click.option("--refused", is_flag=True,
              help="Also say which pairs a rule refused whose score was in the top.")  # fmt: skip
@click.option("--consortia", is_flag=True,
              help="Also print the consortium of each need where one is due.")  # fmt: skip
@click.option("--near-misses", is_flag=True,
              help="Also say what almost fitted and the smallest change that would make it a match.")  # fmt: skip
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]),
              help="The date on which the rules are read; today by default.")  # fmt: skip
@click.option("--model-dir", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Another ONNX sentence model: a folder with model.onnx and tokenizer.json.")  # fmt: skip
@click.option("--figures", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Official figures on places, .csv or .xlsx as published; may be given again.")  # fmt: skip
@click.option("--figures-date", type=click.DateTime(["%Y-%m-%d"]),
              help="When figures were published whose file does not say so.")  # fmt: skip
def rank_command(
    coalition: BinaryIO,
    as_of: datetime | None,
    model_dir: Path | None,
    figures: tuple[Path, ...],
    figures_date: datetime | None,
    **asked: Any,
) -> None:
    """Rank the capabilities for every need of a COALITION file, as JSON Lines."""
    day = (as_of or SystemClock().now()).date()
    read = _read(coalition)
    for listing_id, member_id in read.without_member():
        click.echo(f"{listing_id}: its member {member_id} is not in the file; left out", err=True)
    published = together(read_publication(file, undated=figures_date) for file in figures)
    priorities = Priorities(one.figures() for one in published)
    model = load_model(model_dir=model_dir)
    for line in _ranked(_index(read, model, day, priorities), _Asked(**asked)):
        click.echo(json.dumps(line, ensure_ascii=False))


def _read(stream: BinaryIO) -> _Coalition:
    found = _Coalition()
    for line in read_lines(stream):
        for error in line.errors:
            click.echo(f"line {line.number}: {error.field}: {error.message}", err=True)
        if line.data is not None:
            found.add(line.object)
    return found


def _index(
    coalition: _Coalition, model: Model, as_of: date, priorities: Priorities | None
) -> MatchIndex:
    listed = (
        coalition.members.values(),
        coalition.capabilities.values(),
        coalition.needs.values(),
    )
    return counted_over(model, *listed).build(*listed, as_of, coalition.state(), priorities)


def _ranked(index: MatchIndex, asked: _Asked) -> Iterator[dict[str, object]]:
    proposals = index.proposals_for_all(index.need_ids(), asked.top)
    for need_id, found in proposals.items():
        for place, one in enumerate(found, start=1):
            yield {
                "need": need_id,
                "rank": place,
                "capability": one.capability_id,
                "score": one.score,
                "reasons": [asdict(reason) for reason in one.reasons],
            }
        if asked.refused:
            for pair in index.refusals_for(need_id, asked.top):
                told = pair.refusal
                yield {
                    "need": need_id,
                    "capability": pair.capability_id,
                    "refused": told.rule,
                    "text": told.text,
                }
        if asked.consortia:
            yield from _together(index, need_id)
        if asked.near_misses:
            for near in near_misses(index, need_id, PROPOSAL_THRESHOLD):
                yield near_line(near)


def _together(index: MatchIndex, need_id: str) -> Iterator[dict[str, object]]:
    """The need's consortium as the worker would propose it, if one is due."""
    rated = index.rated_for_all([need_id], DEEP)[need_id]
    limits = Limits(least=PROPOSAL_THRESHOLD)
    found = consortium_for(index, index.market.needs[need_id], rated, limits)
    if found is not None:
        yield {
            "need": need_id,
            "consortium": list(found.capability_ids),
            "score": found.score,
            "convenes": found.convenes,
            "covers": {one: list(kinds) for one, kinds in found.covers.items()},
            "without": found.without,
            "reasons": [asdict(reason) for reason in found.reasons],
        }
