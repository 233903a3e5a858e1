"""Outlines of districts, worked out from postcode points: python -m scripts.reference.build

Every point of the country belongs to the district of the nearest postcode (a Voronoi diagram,
its cells dissolved by district), as far out as people live: where no postcode is near, sites of
nobody are set, and what lies open to the sea beyond them is sea. Borders are kept once, as arcs that
both districts share, so that neighbours still meet after each arc was made simpler.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from scripts.reference import grids
from scripts.reference.postcodes import Postcodes

SEA = -1
UNIT_M = 100
_SITE_M = 200.0
_SQUARE_M = 500.0
_CLOSES_SQUARES = 4
"""Gaps between postcodes of up to twice as many squares are land."""
_CLOSES_WHERE_FEW, _CROWD_SQUARES, _FEW = 20, 41, 0.1
"""The same where less than this part of the squares around has a postcode: glens and moors."""
_SEA_SQUARES = 2
_MARGIN_SQUARES = 20
_AROUND_SQUARES = 7
_STRAY_SITES = 12
_FINE, _LEAST_M, _MOST_M = 0.03, 120.0, 1_500.0
"""An arc may leave its line by this part of the square root of the smaller district's area."""
Points = NDArray[np.float64]
Owners = NDArray[np.int64]


class Arc(NamedTuple):
    """A border from vertex to vertex, one owner on its left, another on its right."""

    vertices: tuple[int, ...]
    left: int
    right: int


class Ground(NamedTuple):
    """Squares by column and row from `origin`: where each site is, and which are land."""

    origin: Points
    at: NDArray[np.int64]
    land: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Borders:
    """Edges between cells of different owners: vertex numbers and owners, of shape (n, 2)."""

    where: Points
    ends: NDArray[np.int64]
    owners: NDArray[np.int64]


def outlines(postcodes: Postcodes) -> bytes:
    """The file of outlines: arcs in whole units, and the rings of each district as arc numbers."""
    sites, owners = _sites(postcodes)
    ground = _ground(sites)
    sea, telling = _sea_sites(ground), _telling(ground, owners)
    sites, owners = sites[telling], owners[telling]
    cells = Voronoi(np.concatenate([sites, sea]))
    owners = np.concatenate([owners, np.full(len(sea), SEA, dtype=np.int64)])
    borders = _borders(cells, _settled(owners, cells.ridge_points))
    areas = _areas(borders, len(postcodes.codes))
    drawn, kept = [], []
    for arc in _arcs(borders):
        line = _drawn(borders.where[list(arc.vertices)], _tolerance(arc, areas))
        if line is not None:
            drawn.append(line)
            kept.append(arc)
    rings = {
        code: [list(ring) for ring in _rings(kept, number)]
        for number, code in enumerate(postcodes.codes)
    }
    return _file(drawn, rings)


def _sites(postcodes: Postcodes) -> tuple[Points, Owners]:
    """One site a square, in the middle of its postcodes, of the district with most of them; all on
    the grid of Great Britain.
    """
    easting, northing = postcodes.easting.copy(), postcodes.northing.copy()
    irish = postcodes.irish
    told = grids.IRELAND.to_wgs84(easting[irish], northing[irish])
    easting[irish], northing[irish] = grids.GREAT_BRITAIN.from_wgs84(*told)
    known = np.isfinite(easting) & np.isfinite(northing)
    points = np.stack([easting[known], northing[known]], axis=1)
    column, row = (points // _SITE_M).astype(np.int64).T
    square, owner = column * 10_000_000 + row, postcodes.district[known]
    unique, member, counts = np.unique(
        square * 1_000 + owner, return_inverse=True, return_counts=True
    )
    means = np.stack([np.bincount(member, points[:, axis]) for axis in (0, 1)], axis=1)
    order = np.lexsort((unique, -counts, unique // 1_000))
    first = np.append(True, np.diff(unique[order] // 1_000) != 0)
    chosen = order[first]
    return means[chosen] / counts[chosen, None], unique[chosen] % 1_000


def _ground(sites: Points) -> Ground:
    """A square without postcodes that land encloses is land, and so is a gap that is no wider than
    gaps inland are; where few people live gaps are wider.
    """
    origin = np.floor(sites.min(axis=0) / _SQUARE_M) - _MARGIN_SQUARES
    at = (sites // _SQUARE_M - origin).astype(np.int64)
    lived = np.zeros(at.max(axis=0) + 1 + _MARGIN_SQUARES, dtype=bool)
    lived[at[:, 0], at[:, 1]] = True
    crowd = ndimage.uniform_filter(lived.astype(np.float32), _CROWD_SQUARES, mode="constant")
    land = _closed(lived, _CLOSES_SQUARES) | _closed(lived & (crowd < _FEW), _CLOSES_WHERE_FEW)
    return Ground(origin, at, ndimage.binary_fill_holes(land | lived))


def _closed(lived: NDArray[np.bool_], squares: float) -> NDArray[np.bool_]:
    near = ndimage.distance_transform_edt(~lived) <= squares
    return np.asarray(ndimage.distance_transform_edt(near) > squares)


def _sea_sites(ground: Ground) -> Points:
    """Middles of the squares along the shore."""
    away = ndimage.distance_transform_edt(~ground.land)
    column, row = np.nonzero((away > 0) & (away <= _SEA_SQUARES))
    return np.asarray((np.stack([column, row], axis=1) + ground.origin + 0.5) * _SQUARE_M)


def _telling(ground: Ground, owners: Owners) -> NDArray[np.bool_]:
    """Which sites a border may depend on: not those with one owner's sites close on all sides."""
    column, row = ground.at.T
    least, most = np.full(ground.land.shape, 1_000), np.full(ground.land.shape, -1)
    np.minimum.at(least, (column, row), owners)
    np.maximum.at(most, (column, row), owners)
    crowd = ndimage.uniform_filter((most >= 0).astype(np.float32), _AROUND_SQUARES)
    inside = ndimage.minimum_filter(ground.land, _AROUND_SQUARES) & (crowd > 0.5)
    low = ndimage.minimum_filter(least, _AROUND_SQUARES)
    inside &= low == ndimage.maximum_filter(most, _AROUND_SQUARES)
    return np.asarray(~inside[column, row])


def _settled(owners: Owners, ridges: NDArray[np.int32]) -> Owners:
    """Owners with strays given to whoever lies around them: a few sites cut off from the main part
    of their district are misplaced postcodes, or islets that no map of this size shows.
    """
    same = owners[ridges[:, 0]] == owners[ridges[:, 1]]
    one, other = ridges[same].T
    graph = coo_matrix((np.ones(len(one), dtype=bool), (one, other)), shape=(len(owners),) * 2)
    _, part = connected_components(graph, directed=False)
    size = np.bincount(part)
    main = np.zeros(int(owners.max()) + 1, dtype=np.int64)
    np.maximum.at(main, owners[owners >= 0], size[part[owners >= 0]])
    stray = (owners >= 0) & (size[part] < np.minimum(_STRAY_SITES, main[owners]))
    around: dict[int, dict[int, int]] = {}
    for a, b in ridges[~same].tolist():
        for inside, outside in ((a, b), (b, a)):
            if stray[inside] and not stray[outside]:
                votes = around.setdefault(int(part[inside]), {})
                votes[int(owners[outside])] = votes.get(int(owners[outside]), 0) + 1
    given = {one: max(sorted(votes), key=lambda who: votes[who]) for one, votes in around.items()}
    settled = owners.copy()
    for place in np.nonzero(stray)[0].tolist():
        settled[place] = given.get(int(part[place]), SEA)
    return settled


def _borders(cells: Voronoi, owners: Owners) -> Borders:
    """Every edge between two owners, once, as it runs with the first owner on its left."""
    apart = owners[cells.ridge_points[:, 0]] != owners[cells.ridge_points[:, 1]]
    pairs = cells.ridge_points[apart]
    ends = np.asarray(cells.ridge_vertices, dtype=np.int64)[apart]
    start, end, site = cells.vertices[ends[:, 0]], cells.vertices[ends[:, 1]], pairs[:, 0]
    along, aside = end - start, cells.points[site] - start
    turned = along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0] < 0
    ends[turned] = ends[turned][:, ::-1]
    return Borders(cells.vertices, ends, owners[pairs])


def _areas(borders: Borders, count: int) -> Points:
    """In square metres, of shape (count,)."""
    start, end = borders.where[borders.ends[:, 0]], borders.where[borders.ends[:, 1]]
    crossed = (start[:, 0] * end[:, 1] - end[:, 0] * start[:, 1]) / 2
    total = np.zeros(count + 1)
    np.add.at(total, borders.owners[:, 0], crossed)
    np.add.at(total, borders.owners[:, 1], -crossed)
    return total[:count]


def _arcs(borders: Borders) -> Iterator[Arc]:
    """Edges end to end between the vertices where other than two meet; then what is closed."""
    meeting: dict[int, list[int]] = {}
    for edge, (a, b) in enumerate(borders.ends.tolist()):
        meeting.setdefault(a, []).append(edge)
        meeting.setdefault(b, []).append(edge)
    used = np.zeros(len(borders.ends), dtype=bool)
    corners = sorted(vertex for vertex, edges in meeting.items() if len(edges) != 2)
    for vertex in (*corners, *sorted(meeting)):
        for edge in meeting[vertex]:
            if not used[edge]:
                yield _walked(borders, meeting, used, vertex, edge)


def _walked(
    borders: Borders,
    meeting: dict[int, list[int]],
    used: NDArray[np.bool_],
    vertex: int,
    edge: int,
) -> Arc:
    forward = int(borders.ends[edge, 0]) == vertex
    left, right = borders.owners[edge].tolist() if forward else borders.owners[edge, ::-1].tolist()
    path = [vertex]
    while True:
        used[edge] = True
        a, b = borders.ends[edge].tolist()
        path.append(b if a == path[-1] else a)
        edges = meeting[path[-1]]
        onward = [one for one in edges if not used[one]]
        if len(edges) != 2 or not onward or path[-1] == vertex:
            return Arc(tuple(path), left, right)
        edge = onward[0]


def _tolerance(arc: Arc, areas: Points) -> float:
    smaller = min(float(areas[one]) for one in (arc.left, arc.right) if one != SEA)
    return float(np.clip(_FINE * np.sqrt(smaller), _LEAST_M, _MOST_M))


def _drawn(line: Points, tolerance: float) -> NDArray[np.int64] | None:
    """The arc with fewer points, in whole units; None for a loop that has become too small."""
    if np.array_equal(line[0], line[-1]):
        middle = int(np.argmax(((line - line[0]) ** 2).sum(axis=1)))
        kept = np.concatenate([_simpler(line[: middle + 1], tolerance)[:-1],
                               _simpler(line[middle:], tolerance)])  # fmt: skip
    else:
        kept = _simpler(line, tolerance)
    whole = np.rint(kept / UNIT_M).astype(np.int64)
    moved = np.ones(len(whole), dtype=bool)
    moved[1:] = np.any(np.diff(whole, axis=0) != 0, axis=1)
    whole = whole[moved]
    closed = np.array_equal(line[0], line[-1])
    return None if closed and len(whole) < 4 else whole


def _simpler(line: Points, tolerance: float) -> Points:
    """Ramer, Douglas and Peucker: points that leave the chord by more than the tolerance stay."""
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        low, high = spans.pop()
        if high - low < 2:
            continue
        chord, aside = line[high] - line[low], line[low + 1 : high] - line[low]
        length = float(np.hypot(*chord))
        if length:
            away = np.abs(chord[0] * aside[:, 1] - chord[1] * aside[:, 0]) / length
        else:
            away = np.hypot(aside[:, 0], aside[:, 1])
        most = int(np.argmax(away))
        if away[most] > tolerance:
            keep[low + 1 + most] = True
            spans += [(low, low + 1 + most), (low + 1 + most, high)]
    return line[keep]


def _rings(arcs: Sequence[Arc], owner: int) -> Iterator[Sequence[int]]:
    """Arc numbers in order, the owner on the left; `~n` is arc n from its end to its beginning."""
    leaving: dict[int, list[int]] = {}
    for number, arc in enumerate(arcs):
        if arc.left == owner:
            leaving.setdefault(arc.vertices[0], []).append(number)
        elif arc.right == owner:
            leaving.setdefault(arc.vertices[-1], []).append(~number)
    for start in sorted(leaving):
        while leaving[start]:
            ring, at = [leaving[start].pop()], start
            while (at := _end(arcs, ring[-1])) != start:
                ring.append(leaving[at].pop())
            yield ring


def _end(arcs: Sequence[Arc], signed: int) -> int:
    return arcs[signed].vertices[-1] if signed >= 0 else arcs[~signed].vertices[0]


def _file(drawn: Iterable[NDArray[np.int64]], rings: dict[str, list[list[int]]]) -> bytes:
    """Of each arc where it begins, then every step."""
    arcs = [np.concatenate([line[:1], np.diff(line, axis=0)]).ravel().tolist() for line in drawn]
    content = {"unit_m": UNIT_M, "arcs": arcs, "districts": rings}
    return (json.dumps(content, separators=(",", ":")) + "\n").encode()
