"""The local history of passages, and the one way into the outbox.

The rule to know: history row and outbox row are written in one transaction, and forgotten together.
What is told while the vehicle is still in sight waits beside them until its record takes its place.
"""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass

from appliance.domain import Message, Passage
from appliance.errors import FullError
from appliance.store import posts
from appliance.store.damage import forget_set_aside
from appliance.store.database import SESSION, Database
from appliance.store.keeping import KeepingClock
from appliance.store.marks import Marks
from appliance.store.outbox import enqueue, is_hit, trim

UNDATED = '"clock":"none"'
"""In the payload of a passage for whose time nobody vouched; elsewhere its quotes are escaped."""
AHEAD_MS = 60_000  # by which two clocks may differ
AT_A_TIME = 500  # rows that one transaction forgets: tens of milliseconds on a good disk


@dataclass(frozen=True, slots=True)
class _Kept:
    """A passage as the file has it.

    Attributes:
        uuid, epoch_ms: the passage's.
        kept_from_ms: wall-clock time from which retention counts.
        hit: somebody waits for it.
        written_by: the session of the process that told it first.
        body: the payload.
    """

    uuid: str
    epoch_ms: int
    kept_from_ms: int
    hit: bool
    written_by: str
    body: str


class Passages:
    """Every passage of the last days, with a `seq` that counts them without a gap.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(
        self,
        database: Database,
        outbox_bytes: int | None,
        posts_bytes: int | None = None,
        keeping: KeepingClock | None = None,
    ) -> None:
        """Keep passages in `database`.

        Args:
            database: of the loop that calls.
            outbox_bytes: what may wait for the broker at most; None where there is no broker, so
                that nothing waits at all.
            posts_bytes: the same for the consumer of the webhook.
            keeping: the clock of retention, which loops share; None: the wall clock.
        """
        self._database = database
        self._outbox_bytes = outbox_bytes
        self._posts_bytes = posts_bytes
        self.keeping = keeping or KeepingClock()

    @property
    def marks(self) -> Marks:
        """The figures of the same file."""
        return Marks(self._database)

    def tell_early(self, passage: Passage, body: str, fresh_until: float) -> None:
        """Write what is said of a vehicle in sight, durably; `record` of its uuid takes it away.

        Args:
            passage: as far as it is known now.
            body: the payload as JSON, without what is known only at sending.
            fresh_until: monotonic seconds up to which it may go out as live.
        """
        with self._database.transaction():
            self._database.change(
                "INSERT INTO early (uuid, epoch_ms, kept_from_ms, hit, session, body, fresh_until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*astuple(self._kept(passage, body)), fresh_until),
            )

    def amend_early(self, passage: Passage, body: str) -> None:
        """Write anew what is said of a vehicle in sight; it does not go out again."""
        with self._database.transaction():
            self._database.change(
                "UPDATE early SET hit = ?, body = ? WHERE uuid = ?",
                (is_hit(passage.decision), body, passage.uuid),
            )

    def record(
        self, passage: Passage, body: str, fresh_until: float | None, jpeg: bytes = b""
    ) -> int:
        """Write a passage, durably; one that is already here is left as it is.

        Args:
            passage: its uuid is what makes it the same.
            body: the payload as JSON, without what is known only at sending.
            fresh_until: monotonic seconds up to which it may go out as live; None: never.
            jpeg: its plate, which is kept until the next passage; empty: none.

        Returns:
            Its `seq`.
        """
        with self._database.transaction():
            self._database.change("DELETE FROM early WHERE uuid = ?", (passage.uuid,))
            seq = self._keep(self._kept(passage, body), fresh_until)
            if jpeg and seq == self.newest():
                self._database.change("INSERT OR REPLACE INTO crops VALUES (?, ?)", (seq, jpeg))
        return seq

    def recover(self) -> int:
        """Record, as it was told, what another process told early and did not live to record.

        Returns:
            How many passages these were.
        """
        with self._database.transaction():
            rows = self._database.rows(
                "SELECT uuid, epoch_ms, kept_from_ms, hit, session, body FROM early"
                " WHERE session != ? ORDER BY epoch_ms, uuid",
                (SESSION,),
            )
            for row in rows:
                self._keep(_Kept(*row), None)
            self._database.change("DELETE FROM early WHERE session != ?", (SESSION,))
        return len(rows)

    def recent(self, limit: int) -> list[Message]:
        """The last `limit` passages, newest first, none of them fresh any more."""
        rows = self._database.rows(
            "SELECT seq, uuid, body, epoch_ms FROM passages ORDER BY seq DESC LIMIT ?", (limit,)
        )
        return [Message(seq, uuid, body, at, None) for seq, uuid, body, at in rows]

    def newest(self) -> int:
        """The highest `seq` in the history, 0 where it is empty."""
        return int(self._database.rows("SELECT max(seq) FROM passages")[0][0] or 0)

    def forget(self, before_epoch_ms: int) -> int:
        """Delete what passed before that time, sent or not, from the file itself.

        A passage of a recording counts from when it was recorded here, or a clip of last year
        would be forgotten before it could be sent.

        Returns:
            How many passages were forgotten.
        """
        gone = 0
        while forgotten := self._forget_some(before_epoch_ms):
            gone += forgotten
        self._database.empty_log()
        forget_set_aside(self._database.path, before_epoch_ms / 1000)
        return gone

    def move_in_time(self, known_seq: int, by_ms: int) -> None:
        """Let retention of what this process wrote begin that much later: the clock was set.

        Args:
            known_seq: what was recorded up to it was so before the clock was set.  Of anything
                later that is not known; it was so just now, so that of its two possible times the
                one nearer to now is right.
            by_ms: what the clock was set by.
        """
        now_ms = round(time.time() * 1000)
        with self._database.transaction():
            self._database.change(
                "UPDATE passages SET kept_from_ms = kept_from_ms + ? WHERE written_by = ?"
                " AND (seq <= ? OR abs(kept_from_ms + ? - ?) < abs(kept_from_ms - ?))",
                (by_ms, SESSION, known_seq, by_ms, now_ms, now_ms),
            )
            self._database.change(
                "UPDATE early SET kept_from_ms = kept_from_ms + ? WHERE session = ?"
                " AND abs(kept_from_ms + ? - ?) < abs(kept_from_ms - ?)",
                (by_ms, SESSION, by_ms, now_ms, now_ms),
            )

    def date_anew(self, after_seq: int, by_ms: int, now_ms: int) -> None:
        """The time is known: what was recorded without it, behind that number, moves by so much.

        Of who was recorded before a power cut nobody knows how long that was; such a passage counts
        from now at the latest, and is moved once.  From here on `keeping` follows the wall clock.
        """
        held_ms = self.keeping.now_ms()
        moved = "kept_from_ms = min(kept_from_ms + ?, ?) WHERE instr(body, ?)"
        values = by_ms, now_ms, UNDATED
        try:
            with self._database.transaction():
                self._database.change(f"UPDATE early SET {moved}", values)  # noqa: S608  # ours
                self._database.change(
                    f"UPDATE passages SET {moved} AND seq > ?",  # noqa: S608  # the same
                    (*values, after_seq),
                )
                self.keeping.follow()  # while nobody can record by the other time
        except FullError:
            self.keeping.hold(held_ms)
            raise

    def date_back(self) -> None:
        """What a wrong clock has dated into the future counts from now: nothing stays for ever."""
        now_ms = self.keeping.now_ms()
        self._database.change(
            "UPDATE passages SET kept_from_ms = ? WHERE kept_from_ms > ?",
            (now_ms, now_ms + AHEAD_MS),
        )

    def _forget_some(self, before_epoch_ms: int) -> int:
        """A few at a time: whoever records must not wait for a large clearance."""
        with self._database.transaction():
            self._database.change("DELETE FROM early WHERE kept_from_ms < ?", (before_epoch_ms,))
            return self._database.change(
                "DELETE FROM passages WHERE seq IN"
                " (SELECT seq FROM passages WHERE kept_from_ms < ? LIMIT ?)",
                (before_epoch_ms, AT_A_TIME),
            )

    def _keep(self, kept: _Kept, fresh_until: float | None) -> int:
        """The one place where a passage comes into the history; its `seq`, old or new."""
        known = self._database.rows("SELECT seq FROM passages WHERE uuid = ?", (kept.uuid,))
        return int(known[0][0]) if known else self._insert(kept, fresh_until)

    def _insert(self, kept: _Kept, fresh_until: float | None) -> int:
        self._database.change(
            "INSERT INTO passages (uuid, epoch_ms, kept_from_ms, written_by, body)"
            " VALUES (?, ?, ?, ?, ?)",
            (kept.uuid, kept.epoch_ms, kept.kept_from_ms, kept.written_by, kept.body),
        )
        seq = int(self._database.rows("SELECT last_insert_rowid()")[0][0])
        self._database.change("DELETE FROM crops")  # it was of the passage before
        if self._outbox_bytes is not None:
            enqueue(self._database, seq, kept.hit, len(kept.body.encode()), fresh_until)
            trim(self._database, self._outbox_bytes)
        if self._posts_bytes is not None:
            posts.enqueue(self._database, seq, kept.hit, len(kept.body.encode()), fresh_until)
            posts.trim(self._database, self._posts_bytes)
        return seq

    def _kept(self, passage: Passage, body: str) -> _Kept:
        """Dated by the passage's own time where somebody vouches for it."""
        is_undated = passage.recorded or passage.clock == "none"
        kept_from_ms = self.keeping.now_ms() if is_undated else passage.epoch_ms
        hit = is_hit(passage.decision)
        return _Kept(passage.uuid, passage.epoch_ms, kept_from_ms, hit, SESSION, body)
