"""What a passage costs the card: `python -m tools.bench_store [FOLDER]`.

Bytes that the kernel was given to write (`write_bytes` of proc(5)): told early, recorded with the
picture of its plate, acknowledged, three commits in all, each on the card.  A folder on a tmpfs
shows nothing.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.config import Unit
from appliance.decision import Decision
from appliance.domain import Box, Candidate, Passage, Read, Settled
from appliance.store.database import Database
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.transmit.messages import passage_body

COUNT = 500
CANDIDATES = tuple(Candidate(text, 0.2) for text in ("AB12CDE", "AB12CDF", "A812CDE", "AB12C0E"))
READ = Read("AB12CDE", 0.97, (0.99,) * 7, CANDIDATES, "gb", 0.99, format_ok=True)
SETTLED = Settled(
    READ, 7, 9, 10, 40, 33, 100.0, 101.8, "approaching", Box(812, 440, 1010, 491), (1456, 1088)
)
DECISION = Decision("unknown", "ignore", "not on a list")
PASSAGE = Passage("", SETTLED, DECISION, round(time.time() * 1000), "ntp")


def written() -> int:
    """Bytes that this process has had written so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


def cost(folder: Path, size: int) -> tuple[float, float]:
    """Bytes and milliseconds a passage whose picture has `size` bytes."""
    database = Database(folder / "passages.sqlite")
    passages, outbox = Passages(database, 10**8), Outbox(database)
    bytes_before, begun = written(), time.perf_counter()
    for number in range(COUNT):
        passage = replace(PASSAGE, uuid=f"01JD3K7W6Y8ZB2Q4XN{number:08d}")
        body = passage_body(passage, Unit(), "det/ocr")
        passages.tell_early(passage, body, time.monotonic())
        seq = passages.record(passage, body, None, os.urandom(size))
        outbox.acknowledge([seq])
    milliseconds = 1e3 * (time.perf_counter() - begun)
    return (written() - bytes_before) / COUNT, milliseconds / COUNT


def main() -> None:
    """A line for each size of the picture."""
    base = sys.argv[1] if len(sys.argv) > 1 else None
    for size in (0, 4_000, 8_000, 30_000):
        with TemporaryDirectory(dir=base) as folder:
            each, milliseconds = cost(Path(folder), size)
        print(f"picture of {size:>6} bytes: {each:>7.0f} bytes and {milliseconds:.1f} ms a passage")


if __name__ == "__main__":
    main()
