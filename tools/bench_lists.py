"""How long 100,000 entries take: `python -m tools.bench_lists`.

Prints processor time of the thread, so that other work on the machine hardly shows, and the wall
clock beside it; median, 99th percentile and worst of 1000 plates of which half are on a list.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from appliance.respond.entries import Entry
from appliance.respond.listfile import format_csv, parse_csv
from appliance.respond.lists import ListCommand, Lists
from appliance.standing import StandingLists, carry_out
from appliance.store.database import Database
from appliance.store.lists import ListStore

COUNT, ASKED = 100_000, 1000
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
SERIES = ("ZG", "ST", "RI", "OS")
LETTERS = "ABCDEFGHIJKLMNOPRSTUVZ"
T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    source = random.Random(1)  # noqa: S311  # the same plates each time
    plates = sorted({_plate(source) for _ in range(2 * COUNT)})
    source.shuffle(plates)
    entries = [Entry(plate, "a label") for plate in plates[:COUNT]]
    asked = [_misread(plate, source) for plate in plates[COUNT - ASKED // 2 : COUNT + ASKED // 2]]
    _measure_files(entries)
    for farthest in (0.0, 0.5, 1.0, 2.0):
        print(f"max_distance {farthest:g}")
        lists = _timed("  build", partial(Lists, {"allowed": entries}, farthest))
        _answer("  exact match", lists, plates[:ASKED])
        _answer("  near or no match", lists, asked)


def _measure_files(entries: list[Entry]) -> None:
    text = _timed("write CSV", lambda: format_csv(entries))
    command = ListCommand("allowed", "set", _timed("read CSV", lambda: parse_csv(text.encode())))
    with (
        TemporaryDirectory() as folder,
        closing(Database(Path(folder) / "lists.sqlite")) as database,
    ):
        store = ListStore(database)
        _timed("replace the list, durably", lambda: carry_out(command, store))
        _timed("replace it by the same", lambda: carry_out(command, store))
        one = ListCommand("allowed", "add", (replace(entries[0], label="another"),))
        standing = _timed("read and build at the start", lambda: StandingLists(store, 1.0))
        _timed("change one, durably", lambda: carry_out(one, store))
        _timed("notice it and build anew", standing.refresh)
        _timed("notice that nothing changed", standing.refresh)


def _timed(what: str, does: Callable[[], T]) -> T:
    wall, cpu = time.perf_counter(), time.thread_time()
    result = does()
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    print(f"{what}: {cpu * 1e3:.2f} ms of processor, {wall * 1e3:.2f} ms")
    return result


def _answer(what: str, lists: Lists, asked: list[str]) -> None:
    times = []
    for plate in asked:
        begun = time.thread_time()
        lists.match(plate, NOW, "approaching")
        times.append((time.thread_time() - begun) * 1e3)
    times.sort()
    median, late, worst = times[len(times) // 2], times[len(times) * 99 // 100], times[-1]
    print(f"{what}: median {median:.3f} ms, 99 % {late:.3f} ms, worst {worst:.3f} ms of processor")


def _plate(source: random.Random) -> str:
    digits = "".join(source.choices("0123456789", k=4))
    return source.choice(SERIES) + digits + "".join(source.choices(LETTERS, k=2))


def _misread(plate: str, source: random.Random) -> str:
    """One character of the plate replaced."""
    place = source.randrange(len(plate))
    return plate[:place] + source.choice("0O8B1IXW") + plate[place + 1 :]


if __name__ == "__main__":
    main()
