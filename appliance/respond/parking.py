"""Who is on the car park: visits from passages that go in and out.  Pure.

The rules to know: occupancy is what went in less what went out, never below 0; and a plate that is
misread on its way out lowers it all the same, even where nobody knows whose visit has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from appliance.decision import ListName
from appliance.domain import Crossing, Direction
from appliance.respond.near import Neighbourhood
from appliance.tally import Fate, Key, Move, Way

Entering = Literal["approaching", "receding", "line"]

MISREAD = 1.0
"""Distance, as `near` measures it, up to which a plate on its way out may be one that came in: two
characters that cameras confuse, or any other one."""


class Lot:
    """The visits that are open, and how many of them have ended without a name.

    Args:
        moves: that have their fate; as they were left by an earlier Lot, in any order.
        newest: key of the last move that was taken in.
    """

    def __init__(self, moves: Iterable[Move] = (), newest: Key = (0, "")) -> None:
        known = sorted(moves, key=lambda move: move.key)
        self._open = {move.plate: move for move in known if move.fate == "open"}
        self._nameless = [move for move in known if move.fate == "nameless"]
        self.newest = newest

    @property
    def visits(self) -> tuple[Move, ...]:
        """Moves that went in and whose visits are open, oldest first."""
        return tuple(sorted(self._open.values(), key=lambda move: move.key))

    @property
    def nameless(self) -> int:
        """How many of the open visits have ended, nobody knows which."""
        return len(self._nameless)

    @property
    def occupancy(self) -> int:
        """Vehicles inside, as far as they were seen to come and go; never below 0."""
        return len(self._open) - len(self._nameless)

    def take(self, move: Move) -> list[Move]:
        """Take in a move that is no older than `newest`.

        Returns:
            The moves whose fate has changed, this one among them.
        """
        self.newest = move.key
        return self._enter(move) if move.way == "in" else self._leave(move)

    def forget(self, visits: Iterable[Move]) -> tuple[list[Move], int]:
        """Forget open visits, oldest first.

        The way out of a vehicle that was not recognized is most likely that of the oldest visit.

        Returns:
            The nameless ways out that are thereby accounted for, and by how much occupancy fell.
        """
        before, spent = self.occupancy, list[Move]()
        for visit in visits:
            del self._open[visit.plate]
            spent += self._nameless[:1]
            del self._nameless[:1]
        return spent, before - self.occupancy

    def overstaying(self, now_ms: int, limits: Mapping[ListName, float]) -> list[Move]:
        """Open visits longer than the hours that their list allows (0: any), oldest first.

        A visit is left out where nobody vouches for the time at which it began.
        """
        return [
            visit
            for visit in self.visits
            if visit.is_dated and 0 < limits.get(visit.list, 0) < visit.hours(now_ms)
        ]

    def alert(self, visit: Move) -> Move:
        """Note that the overstay of an open visit has been told; gives the visit with that."""
        self._open[visit.plate] = replace(visit, alerted=True)
        return self._open[visit.plate]

    def _enter(self, move: Move) -> list[Move]:
        """Open a visit; one that is open with the very same plate has ended unseen."""
        changed = []
        before = self._open.pop(move.plate, None)
        if before is not None:
            changed.append(replace(before, fate="unseen"))
            if self._nameless:  # the way out that was not recognized
                changed.append(replace(self._nameless.pop(0), fate="stray"))
        self._open[move.plate] = replace(move, fate="open", partner=0)
        return [*changed, self._open[move.plate]]

    def _leave(self, move: Move) -> list[Move]:
        """Close the visit of the plate, or of the nearest one; else somebody has left."""
        visit = self._visit_of(move.plate)
        if visit is None:
            fate: Fate = "nameless" if self.occupancy else "stray"
            left = replace(move, fate=fate, partner=0)
            self._nameless += [left] if self.occupancy else []
            return [left]
        del self._open[visit.plate]
        ended = replace(visit, fate="left", partner=move.seq)
        changed = [ended, replace(move, fate="left", partner=visit.seq)]
        if self.occupancy < 0:
            changed.append(replace(self._nameless.pop(), fate="stray"))
        return changed

    def _visit_of(self, plate: str) -> Move | None:
        """The open visit of a plate, else of the nearest; of several the oldest: one must go."""
        if plate in self._open:
            return self._open[plate]
        near = Neighbourhood(tuple(self._open), MISREAD).near(plate)
        nearest = [self._open[other] for away, other in near if away == near[0][0]]
        return min(nearest, key=lambda visit: visit.key, default=None)


def way_of(entering: Entering, direction: Direction, crossed: Crossing) -> Way | None:
    """Whether a passage goes in or out; None where that is not known.

    Args:
        entering: which direction is in, or "line" where the counting line says it.
        direction: of the passage.
        crossed: the counting line.
    """
    if entering == "line":
        return None if crossed == "none" else crossed
    if direction == "unknown":
        return None
    return "in" if direction == entering else "out"


def replayed(moves: Iterable[Move]) -> tuple[Lot, dict[int, Move]]:
    """The same moves taken in from the beginning, in the order of their times.

    Returns:
        The Lot, and every move with its fate, by `seq`.
    """
    lot, settled = Lot(), dict[int, Move]()
    for move in sorted(moves, key=lambda each: each.key):
        settled.update((changed.seq, changed) for changed in lot.take(move))
    return lot, settled
