"""Who is proposed to whom, worked out before anything is written (step 8 of the walk).

Needs ask down their lists; a supplier that has enough gives up its worst for a better one, and the
need that lost it asks on. Both sides rank a pair alike, so the outcome does not depend on the order.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Rank = tuple[float, str, str]
Key = tuple[str, str]
"""Need and capability set."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A proposal among those of its supplier. `rank` is best first; `match_id` is None until it
    is made; one that is pinned (seen or held by a coordinator) gives way to none.
    """

    supplier: str
    rank: Rank
    match_id: str | None = None
    pinned: bool = False

    @property
    def key(self) -> Key:
        return self.rank[1], self.rank[2]

    @property
    def capability_ids(self) -> list[str]:
        return self.rank[2].split("\n")


@dataclass(slots=True)
class Wishes:
    """What one need would have: at most `slots` of `seats`, best first. `deeper` gives a longer
    list, asked where suppliers of the first one had enough.
    """

    slots: int
    seats: Sequence[Seat]
    deeper: Callable[[], Sequence[Seat]] | None = None
    kept: list[Seat] = field(default_factory=list)
    turned_away_by: set[str] = field(default_factory=set)


class Plan:
    """Deferred acceptance over some needs, beside everything that is open already."""

    def __init__(
        self,
        most: int,
        wishes: Mapping[str, Wishes],
        brought_by: Callable[[str], Iterable[Seat]],
        room_of: Callable[[str], int] | None = None,
    ) -> None:
        """`most` proposals a supplier; `brought_by` says which it has open. With `room_of`, the
        places a capability has left bound its proposals too, and what is open beyond either bound
        is given up: so it is while the choice of an assignment round holds.
        """
        self.wishes = wishes
        self._most = most
        self._brought_by = brought_by
        self._room_of = room_of
        self._books: dict[str, dict[Key, Seat]] = {}
        self._waiting: dict[str, set[str]] = {}
        self._queue = deque(wishes)
        self._queued = set(wishes)
        self.given_up: dict[str, dict[Key, Seat]] = {}
        """By supplier: what was open and had to give way to something better."""
        while self._queue:
            need_id = self._queue.popleft()
            self._queued.discard(need_id)
            self._fill(self.wishes[need_id])

    def _fill(self, wish: Wishes) -> None:
        before = list(wish.kept)
        self._ask_down(wish)
        if len(wish.kept) < wish.slots and wish.turned_away_by and wish.deeper is not None:
            wish.seats, wish.deeper = wish.deeper(), None
            self._ask_down(wish)
        kept = {seat.key for seat in wish.kept}
        for seat in (*before, *wish.seats):
            if seat.key not in kept:
                self._leave(seat)

    def _ask_down(self, wish: Wishes) -> None:
        wish.kept, wish.turned_away_by = [], set()
        for seat in wish.seats:
            if len(wish.kept) >= wish.slots:
                break
            if self._accepts(seat):
                wish.kept.append(seat)
            else:
                wish.turned_away_by.add(seat.supplier)
                self._waiting.setdefault(seat.supplier, set()).add(seat.rank[1])

    def _accepts(self, seat: Seat) -> bool:
        book = self._book(seat.supplier)
        if seat.key in book:
            return True
        for rivals, most in self._bounds(book, seat.key[1]):
            if len(rivals) < most:
                continue
            worst = _worst(rivals)
            if worst is None or worst.rank <= seat.rank:
                return False
            self._evict(worst)
        book[seat.key] = seat
        self.given_up.get(seat.supplier, {}).pop(seat.key, None)
        return True

    def _bounds(
        self, book: Mapping[Key, Seat], capability_set: str
    ) -> Iterable[tuple[list[Seat], int]]:
        """What shares a bound with these capabilities, and the bound; the narrow ones first, so
        that whoever gives way there has made room in the wide one.
        """
        if self._room_of is not None:
            for capability_id in capability_set.split("\n"):
                rivals = [one for one in book.values() if capability_id in one.capability_ids]
                yield rivals, self._room_of(capability_id)
        yield list(book.values()), self._most

    def _evict(self, seat: Seat) -> None:
        del self._books[seat.supplier][seat.key]
        if seat.match_id is not None:
            self.given_up.setdefault(seat.supplier, {})[seat.key] = seat
        self._ask_again(seat.rank[1])

    def _leave(self, seat: Seat) -> None:
        """A need that found better makes room: whoever was turned away there asks again."""
        if self._book(seat.supplier).pop(seat.key, None) is not None:
            for need_id in sorted(self._waiting.pop(seat.supplier, ())):
                self._ask_again(need_id)

    def _book(self, supplier: str) -> dict[Key, Seat]:
        if supplier not in self._books:
            self._books[supplier] = {seat.key: seat for seat in self._brought_by(supplier)}
            if self._room_of is not None:
                self._trim(self._books[supplier])
        return self._books[supplier]

    def _trim(self, book: dict[Key, Seat]) -> None:
        for capability_set in sorted({key[1] for key in book}):
            for rivals, most in self._bounds(book, capability_set):
                loose = sorted((one for one in rivals if not one.pinned), key=lambda one: one.rank)
                surplus = max(0, len(rivals) - most)
                for one in loose[len(loose) - min(surplus, len(loose)) :]:
                    if one.key in book:
                        self._evict(one)

    def _ask_again(self, need_id: str) -> None:
        if need_id in self.wishes and need_id not in self._queued:
            self._queued.add(need_id)
            self._queue.append(need_id)


def _worst(seats: Iterable[Seat]) -> Seat | None:
    loose = [one for one in seats if not one.pinned]
    return max(loose, key=lambda one: one.rank, default=None)
