"""Who is inside, and how many went by: counted from the history, passage by passage.

The rule to know: what is counted and how far the history has been counted are written in one
transaction, so each passage counts once, whenever the power goes.  Nothing of it is in the lane,
and a passage is counted a second after it was written down.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from math import inf
from typing import Any

from appliance.domain import Clock
from appliance.respond.parking import Lot, replayed, way_of
from appliance.respond.traffic import FEW, OTHER, UNKNOWN, folded, hour_of
from appliance.store.counts import Counts
from appliance.store.database import Database
from appliance.store.visits import Uncounted, Visits
from appliance.tally import Hour, Move
from appliance.transmit import tallies
from appliance.transmit.messages import Publication, Topics
from appliance.transmit.tallies import Fill
from appliance.yardsection import Parking

AT_A_TIME = 50  # passages that one transaction counts: whoever records must not wait long
COUNT_S = 0.1
"""That one turn counts, for a whole history may have to be: who records then waited 116 ms at most,
with five times that 436, and 102 where nobody counted (`tools.bench_yard`, a busy server)."""
LATE_MS = 60_000  # after its end an hour is told: whoever went by in it has been settled by then


class Yard:
    """The visits of the car park and the counts of traffic.

    Raises:
        StoreError: the store cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database, parking: Parking, topics: Topics) -> None:
        """Go on from what stands in the store.

        Args:
            database: of the loop that calls.
            parking: how visits are told from other passages.
            topics: of this unit.
        """
        self._database = database
        self._parking = parking
        self._topics = topics
        self._visits, self._counts = Visits(database), Counts(database)
        self._lot = self._restored()
        self._told: tuple[object, ...] = ()

    def catch_up(self, limit_s: float = inf) -> bool:
        """Count passages of the history that have not been counted yet, for so long at most.

        Returns:
            Whether none is left.
        """
        deadline, is_over = time.monotonic() + limit_s, False
        while passages := self._visits.uncounted(AT_A_TIME):
            if is_over:
                return False
            with self._database.transaction():
                moves = [self._count(passage) for passage in passages]
                self._settle([move for move in moves if move is not None])
                self._visits.mark(passages[-1].seq)
            is_over = time.monotonic() > deadline
        return True

    def forget(self, before_epoch_ms: int, now_ms: int) -> None:
        """Delete visits that began before the first time, and counts that are too old by now.

        A visit that is still open is deleted too, and occupancy falls with it.
        """
        with self._database.transaction():
            aged = self._visits.aged(before_epoch_ms)
            spent, fewer = self._lot.forget(aged)
            self._visits.settle(replace(move, fate="stray") for move in spent)
            if self._visits.forget(before_epoch_ms, fewer):
                self._lot = self._restored()
            self._fold(hour_of(_local(now_ms - LATE_MS)))
            self._counts.forget(now_ms)

    def erase(self, seqs: Sequence[int]) -> None:
        """Forget the visits of passages that are to be erased; occupancy falls by the open ones."""
        self.catch_up(COUNT_S)
        with self._database.transaction():
            erased = set(seqs)
            gone = [visit for visit in self._lot.visits if visit.seq in erased]
            spent, fewer = self._lot.forget(gone)
            self._visits.settle(replace(move, fate="stray") for move in spent)
            self._visits.erase(seqs, fewer)
            self._lot = self._restored()

    def realign(self) -> None:
        """The clock was set, and passages of the history were moved in time: visits move with them.

        Counts by the hour stay as they are: nobody knows any more whose they were.
        """
        with self._database.transaction():
            self._visits.realign()
        self._lot = self._restored()

    def reload(self) -> None:
        """Go on from what stands in the store: what was counted last could not be written."""
        self._lot = self._restored()

    def news(self, session: int, now_ms: int, clock: Clock) -> list[Publication]:
        """What the broker does not know yet; nothing without a connection.

        Args:
            session: number of the connection, 0 where there is none; a new one knows nothing.
            now_ms: wall-clock time, milliseconds since 1970 UTC.
            clock: how far that can be trusted; where nobody vouches for it no visit is too long.
        """
        if not session:
            return []
        overstaying = self._overstaying(now_ms, clock)
        hour = hour_of(_local(hour_of(_local(now_ms - LATE_MS)).begins_ms - 1))
        fill = self._fill(len(overstaying))
        before, self._told = self._told, (session, hour, fill)
        alerts = [self._alert(visit, now_ms) for visit in overstaying if not visit.alerted]
        if self._told[:2] != before[:2]:
            alerts.append(self._stats(hour))
        if self._parking.entering and self._told != before:
            alerts.append(tallies.parking(self._topics, fill))
        return alerts

    def _restored(self) -> Lot:
        return Lot(self._visits.unended(), self._visits.newest())

    def _count(self, passage: Uncounted) -> Move | None:
        """Count a passage; gives the move that it is, whose fate is still open."""
        body = json.loads(passage.body)
        hour = hour_of(_local(body["epoch_ms"]))
        self._counts.add(hour, body["direction"], body["region"] or UNKNOWN)
        move = self._move(passage.seq, body)
        if move is not None:
            self._visits.put(move, passage.kept_from_ms)
        return move

    def _move(self, seq: int, body: dict[str, Any]) -> Move | None:
        """A passage as a move; None where it is none, or where no visits are kept."""
        entering = self._parking.entering
        way = entering and way_of(entering, body["direction"], body.get("crossed", "none"))
        if way is None:
            return None
        is_dated = body["clock"] != "none"
        return Move(seq, body["uuid"], body["epoch_ms"], way, body["plate"], body["list"], is_dated)

    def _settle(self, moves: Sequence[Move]) -> None:
        """Say what became of moves; late ones are put where they belong in time, all at once.

        Each time that takes in all moves anew, within a transaction that the lane waits for.
        """
        keys = [self._lot.newest, *(move.key for move in moves)]
        if keys == sorted(keys):
            for move in moves:
                self._visits.settle(self._lot.take(move))
        elif moves:
            known = self._visits.moves()
            self._lot, settled = replayed(known)
            self._visits.settle(settled[move.seq] for move in known if settled[move.seq] != move)

    def _overstaying(self, now_ms: int, clock: Clock) -> Sequence[Move]:
        if clock == "none":
            return ()
        return self._lot.overstaying(now_ms, self._parking.limits.by_list)

    def _fill(self, overstays: int) -> Fill:
        lot, forgotten = self._lot, self._visits.forgotten()
        return Fill(lot.occupancy, self._parking.capacity, overstays, lot.nameless, forgotten)

    def _alert(self, visit: Move, now_ms: int) -> Publication:
        """The alert of a visit, which is written down as told before it goes out."""
        self._visits.settle([self._lot.alert(visit)])
        limit_h = self._parking.limits.by_list[visit.list]
        return tallies.overstay(self._topics, visit, now_ms, limit_h)

    def _stats(self, hour: Hour) -> Publication:
        return tallies.stats(self._topics, hour, folded(self._counts.of_hour(hour.begins_ms)))

    def _fold(self, current: Hour) -> None:
        """Forget the rare regions of all hours that are over."""
        for begins_ms in self._counts.hours_with_few(current.begins_ms, FEW, (OTHER, UNKNOWN)):
            self._counts.replace(begins_ms, folded(self._counts.of_hour(begins_ms)))


def _local(epoch_ms: int) -> datetime:
    """In the zone of the unit, with the offset that holds then."""
    return datetime.fromtimestamp(epoch_ms / 1000, timezone.utc).astimezone()
