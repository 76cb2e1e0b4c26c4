"""What people ask of the history: its passages once more, and that a plate is forgotten.

The rule to know: a passage that goes out again waits in the outbox like any other, but is never
fresh, and is the first to give way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.store.database import SESSION, Database
from appliance.store.outbox import counter
from appliance.store.passages import AT_A_TIME

MOST_AGAIN = 10_000
"""Passages that one command sends again: a transaction of a tenth of a second on a server."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Passages of the history that follow one another.

    Attributes:
        count: how many.
        first, last: their `seq`; 0 where there are none.
        rest: whether there are more behind them.
    """

    count: int
    first: int
    last: int
    rest: bool


class History:
    """The passages of the last days, for those who ask.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database, outbox_bytes: int) -> None:
        """Look into `database`; at most `outbox_bytes` wait for the broker."""
        self._database = database
        self._outbox_bytes = outbox_bytes

    def send_again(self, from_seq: int) -> Stretch:
        """Let passages from a `seq` on wait for the broker once more, oldest first.

        They take at most half of the room that the outbox has left: what the broker has had
        already must not drive out what it has not.

        Returns:
            Which these are.
        """
        with self._database.transaction():
            rows = self._sizes(from_seq)
            seqs = self._fitting(rows[:MOST_AGAIN])
            if seqs:
                self._database.change(
                    "INSERT OR IGNORE INTO outbox (seq, hit, bytes, session, fresh_until)"
                    " SELECT seq, 0, length(CAST(body AS BLOB)), ?, NULL FROM passages"
                    " WHERE seq BETWEEN ? AND ?",
                    (SESSION, seqs[0], seqs[-1]),
                )
        is_rest = len(rows) > len(seqs)
        return Stretch(len(seqs), *((seqs[0], seqs[-1]) if seqs else (0, 0)), is_rest)

    def is_empty(self) -> bool:
        """Whether no passage is left."""
        return not self._database.rows("SELECT 1 FROM passages LIMIT 1")

    def naming(self, plate: str, mentions: Callable[[str], bool]) -> list[int]:
        """The `seq` of every passage that may be of a plate.

        Args:
            plate: A-Z and 0-9.
            mentions: whether a body is of one; asked only of bodies in which the plate stands.
        """
        seqs, after = list[int](), 0
        while rows := self._some_naming(plate, after):
            seqs += [seq for seq, body in rows if mentions(body)]
            after = rows[-1][0]
        return seqs

    def erase(self, seqs: list[int]) -> None:
        """Delete passages, sent or not, and from the file itself what was deleted before."""
        for begin in range(0, len(seqs), AT_A_TIME):
            self._delete("passages", "seq", seqs[begin : begin + AT_A_TIME])
        self._database.empty_log()

    def erase_early(self, plate: str, mentions: Callable[[str], bool]) -> int:
        """Delete what was told of vehicles in sight, as `naming` finds it; gives how many."""
        rows = self._database.rows("SELECT uuid, body FROM early WHERE instr(body, ?)", (plate,))
        uuids = [uuid for uuid, body in rows if mentions(body)]
        self._delete("early", "uuid", uuids)
        return len(uuids)

    def _sizes(self, from_seq: int) -> list[tuple[int, int]]:
        """Number of each passage and the bytes that it would add to the outbox."""
        rows = self._database.rows(
            "SELECT seq, CASE WHEN outbox.seq IS NULL THEN length(CAST(body AS BLOB)) ELSE 0 END"
            " FROM passages LEFT JOIN outbox USING (seq) WHERE seq >= ? ORDER BY seq LIMIT ?",
            (from_seq, MOST_AGAIN + 1),
        )
        return [(seq, size) for seq, size in rows]

    def _fitting(self, rows: list[tuple[int, int]]) -> list[int]:
        room = (self._outbox_bytes - counter(self._database, "outbox_bytes")) // 2
        seqs = []
        for seq, size in rows:
            room -= size
            if room < 0:
                break
            seqs.append(seq)
        return seqs

    def _some_naming(self, plate: str, after_seq: int) -> list[tuple[int, str]]:
        """The next few bodies in which the plate stands, wherever."""
        rows = self._database.rows(
            "SELECT seq, body FROM passages WHERE seq > ? AND instr(body, ?) ORDER BY seq LIMIT ?",
            (after_seq, plate, AT_A_TIME),
        )
        return [(seq, body) for seq, body in rows]

    def _delete(self, table: str, key: str, values: list[int] | list[str]) -> None:
        if not values:
            return
        with self._database.transaction():
            for value in values:
                self._database.change(f"DELETE FROM {table} WHERE {key} = ?", (value,))  # noqa: S608  # both are ours
