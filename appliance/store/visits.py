"""Visits of the car park as they stand on the card, and how far the history has been counted.

The rules to know: whoever counts reads the history behind a mark, and moves the mark in the same
transaction as what it counted, so that a passage counts once whenever the power goes; and a visit
is deleted with the passage that began it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from appliance.store.database import Database, Row
from appliance.tally import Key, Move

COLUMNS = "seq, uuid, at_ms, way, plate, list, is_dated, fate, partner, alerted"


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A passage of the history that nobody has counted yet.

    Attributes:
        seq: its number.
        body: its payload as JSON.
        kept_from_ms: from when retention counts, milliseconds since 1970 UTC.
    """

    seq: int
    body: str
    kept_from_ms: int


class Visits:
    """The passages over the boundary of the car park, with what became of each.

    Nothing here begins a transaction: several changes belong together, and the caller knows which.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database) -> None:
        """Keep visits in `database`."""
        self._database = database

    def uncounted(self, limit: int) -> list[Uncounted]:
        """At most `limit` passages behind the mark, in order."""
        rows = self._database.rows(
            "SELECT seq, body, kept_from_ms FROM passages WHERE seq >"
            " (SELECT value FROM counters WHERE name = 'yard_seq') ORDER BY seq LIMIT ?",
            (limit,),
        )
        return [Uncounted(*row) for row in rows]

    def mark(self, seq: int) -> None:
        """Every passage up to `seq` has been counted."""
        self._database.change("UPDATE counters SET value = ? WHERE name = 'yard_seq'", (seq,))

    def put(self, move: Move, kept_from_ms: int) -> None:
        """Keep a move, whose fate comes with `settle`."""
        self._database.change(
            f"INSERT INTO moves ({COLUMNS}, kept_from_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*astuple(move), kept_from_ms),
        )

    def settle(self, moves: Iterable[Move]) -> None:
        """Write down what became of moves that are kept."""
        for move in moves:
            self._database.change(
                "UPDATE moves SET fate = ?, partner = ?, alerted = ? WHERE seq = ?",
                (move.fate, move.partner, move.alerted, move.seq),
            )

    def moves(self) -> list[Move]:
        """All that are kept, by their time."""
        return self._moves("ORDER BY at_ms, uuid")

    def unended(self) -> list[Move]:
        """Open visits, and the ways out that belong to nobody knows which of them."""
        return self._moves("WHERE fate IN ('open', 'nameless') ORDER BY at_ms, uuid")

    def newest(self) -> Key:
        """The key of the latest move; one before all others where there is none."""
        last = self._moves("ORDER BY at_ms DESC, uuid DESC LIMIT 1")
        return last[0].key if last else (0, "")

    def forgotten(self) -> int:
        """Vehicles by which occupancy fell because their visits became too old, ever."""
        found = self._database.rows("SELECT value FROM counters WHERE name = 'visits_forgotten'")
        return int(found[0][0])

    def aged(self, before_epoch_ms: int) -> list[Move]:
        """Open visits that began before that time, oldest first."""
        return self._moves(
            "WHERE fate = 'open' AND kept_from_ms < ? ORDER BY at_ms, uuid", (before_epoch_ms,)
        )

    def forget(self, before_epoch_ms: int, fewer: int) -> int:
        """Delete what began before that time, both ends of each visit.

        Args:
            before_epoch_ms: milliseconds since 1970 UTC.
            fewer: by how much that lowers occupancy.

        Returns:
            How many moves were deleted.
        """
        self._count_forgotten(fewer)
        # not in one statement: SQLite looks for the partners of what it has already deleted
        partners = self._database.change(
            "DELETE FROM moves WHERE partner IN (SELECT seq FROM moves WHERE kept_from_ms < ?)"
            " AND kept_from_ms >= ?",
            (before_epoch_ms, before_epoch_ms),
        )
        return partners + self._database.change(
            "DELETE FROM moves WHERE kept_from_ms < ?", (before_epoch_ms,)
        )

    def erase(self, seqs: Iterable[int], fewer: int) -> None:
        """Delete the visits of passages, both ends of each; a nameless way out loses its plate.

        Args:
            seqs: of the passages.
            fewer: by how much that lowers occupancy.
        """
        self._count_forgotten(fewer)
        for seq in seqs:
            self._database.change(
                "DELETE FROM moves WHERE partner = ? OR (seq = ? AND fate != 'nameless')",
                (seq, seq),
            )
            self._database.change("UPDATE moves SET plate = '' WHERE seq = ?", (seq,))

    def realign(self) -> None:
        """Move in time with the passages of the history, where those were moved."""
        passage = "SELECT passages.kept_from_ms FROM passages WHERE passages.seq = moves.seq"
        self._database.change(
            f"UPDATE moves SET at_ms = at_ms - kept_from_ms + ({passage}),"  # noqa: S608
            f" kept_from_ms = ({passage}) WHERE kept_from_ms != ({passage})"
        )

    def _count_forgotten(self, fewer: int) -> None:
        if fewer:
            self._database.change(
                "UPDATE counters SET value = value + ? WHERE name = 'visits_forgotten'", (fewer,)
            )

    def _moves(self, where: str, values: tuple[object, ...] = ()) -> list[Move]:
        return [
            _move(row)
            for row in self._database.rows(f"SELECT {COLUMNS} FROM moves {where}", values)  # noqa: S608
        ]


def _move(row: Row) -> Move:
    seq, uuid, at_ms, way, plate, on, is_dated, fate, partner, alerted = row
    return Move(seq, uuid, at_ms, way, plate, on, bool(is_dated), fate, partner, bool(alerted))
