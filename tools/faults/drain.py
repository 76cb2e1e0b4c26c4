"""What `tools/campaign drain` runs: a long outage ends, and what was collected goes out.

It fills the history through `Passages.record`, starts the unit with the broker away, lets it watch
the road for a while, opens the way to the broker, and measures until nothing waits.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import mean

from tqdm import tqdm

from appliance.store.database import Database
from appliance.store.passages import Passages
from appliance.transmit.messages import passage_body
from tests.conftest import UNIT, numbered
from tools.faults.disk import Disk
from tools.faults.ear import CALM
from tools.faults.judge import Body
from tools.faults.site import Site, opened

BEFORE_S = 20.0  # of watching with the broker away, to compare with
PATIENCE_S = 3600.0
PAGE_MB = resource.getpagesize() / 1e6


@dataclass(frozen=True, slots=True)
class Moment:
    """How the unit was: when (monotonic seconds), its resident megabytes, and what waited."""

    at: float
    rss_mb: float
    waiting: int


def main() -> int:
    """Measure, and print what was measured as JSON; 1 where the order was not kept."""
    parser = argparse.ArgumentParser(prog="tools/campaign drain", description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000, help="that were collected")
    asked = parser.parse_args()
    with opened(
        "drain", partial(Disk, size_mb=1024), partial(_collect, count=asked.passages)
    ) as site:
        told = _measure(site, asked.passages)
    print(
        json.dumps(
            {"command": f"tools/campaign drain --passages {asked.passages}"} | told, indent=1
        )
    )
    return int(told["out of order"] != 0 or told["missing"] != 0)


def _collect(path: Path, count: int) -> None:
    """Record so many passages as the lane does, a minute ago and late by now."""
    with closing(Database(path)) as database:
        passages = Passages(database, 10**9)
        minute_ago = round(time.time() * 1000) - 60_000
        for number in tqdm(range(count), unit="passage", desc="collecting"):
            passage = replace(numbered(number), epoch_ms=minute_ago)
            passages.record(passage, passage_body(passage, UNIT, "det/ocr"), None)


def _measure(site: Site, count: int) -> Body:
    site.proxy.shut.set()
    site.proxy.cut()
    site.wait_for_work()
    _watch(site, lambda: _counted(site) >= count)  # as they would have been when they came
    begun = time.monotonic()
    before = _watch(site, lambda: time.monotonic() - begun > BEFORE_S)
    opened_at = time.monotonic()
    site.proxy.heal()
    during = _watch(site, lambda: _waiting(site) < 20)
    frames = [note for note in _notes(site) if note["kind"] == "frame"]
    site.settle()
    site.life.close()
    return _told(site, count, opened_at, before, during) | {
        "frames/s, broker away": _rate(frames, begun, opened_at),
        "frames/s, draining": _rate(frames, opened_at, during[-1].at),
        "longest gap between frames in a second (ms), broker away": _gaps(frames, begun, opened_at),
        "the same, draining": _gaps(frames, opened_at, during[-1].at),
    }


def _told(
    site: Site, count: int, opened_at: float, before: list[Moment], during: list[Moment]
) -> Body:
    logged = [(h.at, json.loads(h.payload)) for h in site.ear.heard if h.topic == "log"]
    seqs = list(dict.fromkeys(body["seq"] for _, body in logged))
    a_second = Counter(int(at - opened_at) for at, _ in logged)
    took_s = during[-1].at - opened_at
    return {
        "passages": len(seqs),
        "missing": max(seqs, default=0) - len(seqs) + max(0, count - len(seqs)),
        "out of order": sum(b < a for a, b in pairwise(seqs)),
        "seconds": round(took_s, 1),
        "a second, mean": round(count / took_s),
        "a second, most": max(a_second.values(), default=0),
        "RSS in MB, broker away": round(before[-1].rss_mb, 1),
        "RSS in MB, by seconds of draining": {
            round(m.at - opened_at): round(m.rss_mb, 1) for m in during[:: len(during) // 10 or 1]
        },
        "RSS in MB, most while draining": round(max(m.rss_mb for m in during), 1),
        "RSS in MB, last tenth of it": round(
            mean(m.rss_mb for m in during[-len(during) // 10 :]), 1
        ),
    }


def _watch(site: Site, is_over: Callable[[], bool]) -> list[Moment]:
    """Look every half second until it is over."""
    moments, deadline = [], time.monotonic() + PATIENCE_S
    while True:
        moments.append(Moment(time.monotonic(), _rss_mb(site.life.pid), _waiting(site)))
        if is_over() or time.monotonic() > deadline:
            return moments
        CALM.wait(0.5)


def _waiting(site: Site) -> int:
    return int(str(site.rows("SELECT count(*) FROM outbox")[0][0]))


def _counted(site: Site) -> int:
    """Up to which `seq` the yard has counted the history."""
    sql = "SELECT value FROM counters WHERE name = 'yard_seq'"
    return int(str(site.rows(sql)[0][0]))


def _rss_mb(pid: int) -> float:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * PAGE_MB


def _notes(site: Site) -> list[Body]:
    lines = [path.read_text(encoding="utf-8").splitlines() for path in site.life.journals]
    return [json.loads(line) for each in lines for line in each]


def _gaps(frames: list[Body], begin: float, end: float) -> dict[str, float]:
    """Percentiles of the longest time between two frames of each dozen, milliseconds."""
    gaps = sorted(1000 * note["gap"] for note in frames if begin <= note["at"] <= end)
    shares = {"median": 0.5, "95 %": 0.95, "most": 1.0}
    return {name: round(gaps[int(share * (len(gaps) - 1))]) for name, share in shares.items()}


def _rate(frames: list[Body], begin: float, end: float) -> float:
    """Frames a second between two moments."""
    seen = [(note["at"], note["number"]) for note in frames if begin <= note["at"] <= end]
    if len(seen) < 2:
        return 0.0
    (first_at, first), (last_at, last) = seen[0], seen[-1]
    return float(round((last - first) / (last_at - first_at), 2))


if __name__ == "__main__":
    sys.exit(main())
