"""How long the lane waits while a history is counted: `python -m tools.bench_yard`.

A store of 8,000 passages that nobody has counted, as after an upgrade: one thread counts them, a
turn a second, while another records 20 passages a second for half a minute, on the disk of the
current folder.  Prints median, 99th percentile and worst of those records where nobody counts, for
the time that a turn may count, and for five times that.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from appliance.keeper import LOOK_S
from appliance.store.database import Database
from appliance.store.passages import Passages
from appliance.transmit.messages import Topics, passage_body
from appliance.yard import COUNT_S, Yard
from appliance.yardsection import Parking
from tests.conftest import UNIT, numbered

HISTORY, A_SECOND, SECONDS = 8_000, 20, 30
ROOM = 10**9  # bytes of the outbox: more than comes


def main() -> None:
    """Measure and print."""
    for limit_s in (0.0, COUNT_S, 5 * COUNT_S):
        with TemporaryDirectory(dir=".", prefix="bench-yard-") as folder:
            times, left = measured(Path(folder) / "passages.sqlite", limit_s)
        median, late, worst = times[len(times) // 2], times[len(times) * 99 // 100], times[-1]
        waits = f"median {median:.1f} ms, 99 % {late:.1f} ms, worst {worst:.1f} ms"
        print(f"{limit_s:g} s a turn: a record {waits}; {left} are left to be counted")


def measured(path: Path, limit_s: float) -> tuple[list[float], int]:
    """Milliseconds of each record, sorted, and how many passages are not counted at the end."""
    with closing(Database(path)) as lane, closing(Database(path)) as keeping:
        passages, yard = Passages(lane, ROOM), Yard(keeping, Parking(), Topics("unit"))
        for number in range(HISTORY):
            _record(passages, number)
        over = Event()
        counting = Thread(target=_count, args=(yard, limit_s, over))
        counting.start()
        times = [_timed(passages, HISTORY + number) for number in range(A_SECOND * SECONDS)]
        over.set()
        counting.join()
        (counted,) = keeping.rows("SELECT value FROM counters WHERE name = 'yard_seq'")
    return sorted(times), HISTORY + len(times) - int(counted[0])


def _count(yard: Yard, limit_s: float, over: Event) -> None:
    """What the keeper's loop does of it; nothing where it may not count at all."""
    while not over.wait(LOOK_S):
        if limit_s:
            yard.catch_up(limit_s)


def _timed(passages: Passages, number: int) -> float:
    """Record one; then wait for the time of the next."""
    begun = time.perf_counter()
    _record(passages, number)
    took_s = time.perf_counter() - begun
    Event().wait(max(0.0, 1 / A_SECOND - took_s))
    return took_s * 1e3


def _record(passages: Passages, number: int) -> None:
    passage = numbered(number, epoch_ms=round(time.time() * 1000))
    passages.record(passage, passage_body(passage, UNIT, "det/ocr"), None)


if __name__ == "__main__":
    main()
