"""The unit under test, a process of its own: `app.run_unit` with its real loops.

    Road, Eyes -> tracker -> entrance, gate -> store -> sender -> link -> proxy -> mosquitto

The rule to know: played are the camera, what it sees, the pins, and the wall clock, nothing else.

* `sight.build_recognizer` gives the Eyes instead of two networks.
* `app.Entrance` notes whom it is about to answer, so that a pulse has a name.
* `time.time` and `time.time_ns` add what stands in a file: the clock can be set while it runs, so
  nobody vouches for it, whatever this machine's kernel says of its own.
* The pause before a reconnect is 0.1 to 1 s instead of 1 to 30 s, or most faults would strike a
  unit that only waits.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.faults.world import Eyes, Road, traffic

OFFSET = struct.Struct("d")
TICK = 12  # every so many frames are noted, with the longest time between two of them
Note = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Orders:
    """How a unit is to live.

    Attributes:
        config: its configuration file.
        seed, start, count: of the traffic.
        folder: for the journal, the log, the clock and the sign of quiet; not on the small disk.
        environment: of the processes that it starts.
    """

    config: Path
    seed: str
    start: float
    count: int
    folder: Path
    environment: Mapping[str, str]

    @property
    def quiet(self) -> Path:
        """The file that empties the road."""
        return self.folder / "quiet"

    @property
    def clock(self) -> Path:
        """The file with the wall clock's offset, a double, in seconds."""
        return self.folder / "clock"


def live(orders: Orders, journal: Path) -> None:
    """Run the unit until a signal comes; exits as `gatepost run` would.

    The journal gets a JSON object a line, each written at once: `ask` before a vehicle is answered,
    `record` when its recording has returned.
    """
    os.environ.update(orders.environment)
    os.dup2(os.open(journal.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    _shim_clock(orders.clock)
    sys.exit(_run(orders, _notebook(journal)))


def _run(orders: Orders, note: Note) -> int:
    from appliance import app  # noqa: PLC0415  # afresh in each process: it draws its session's id
    from appliance.board import Board  # noqa: PLC0415
    from appliance.config import load_config  # noqa: PLC0415
    from appliance.domain import Message, Passage  # noqa: PLC0415
    from appliance.errors import GatepostError  # noqa: PLC0415
    from appliance.health import Health  # noqa: PLC0415
    from appliance.source import Source  # noqa: PLC0415
    from appliance.stamp import LiveStamp  # noqa: PLC0415

    def announce(passage: Passage, message: Message) -> None:
        text = passage.settled.read.text
        note("record", uuid=passage.uuid, seq=message.seq, text=text)

    _play(app, orders, note)
    health = Health(Board(orders.folder, lambda: None))
    source = Source(Road(), LiveStamp(health.clock), recording=False)
    try:
        app.run_unit(load_config(orders.config), health, source, announce)
    except GatepostError as fault:
        logging.getLogger(__name__).error("%s: %s", type(fault).__name__, fault)  # noqa: TRY400  # a line
        return fault.exit_code
    return 0


def _play(app: Any, orders: Orders, note: Note) -> None:  # noqa: ANN401  # a module that is played with
    """Put the scripted parts in the place of the real ones."""
    from appliance.transmit import mqtt  # noqa: PLC0415

    entrance = app.Entrance

    class Doorkeeper(entrance):  # type: ignore[misc, valid-type]  # the class of this process
        """Notes whom it answers before it does."""

        def answer(self, settled: Any, *others: Any, **more: Any) -> Any:  # noqa: ANN401
            note("ask", text=settled.read.text, fresh=more["fresh"], early=settled.early)
            return super().answer(settled, *others, **more)

    seen: list[float] = []

    def tick(number: int) -> None:
        seen.append(time.monotonic())
        if number % TICK == 0:
            gaps = [b - a for a, b in pairwise(seen)]
            note("frame", number=number, gap=max(gaps, default=0.0))
            del seen[:-1]

    eyes = Eyes(traffic(orders.seed, orders.start, orders.count), orders.quiet, tick)
    app.Entrance = Doorkeeper
    app.sight.build_recognizer = lambda _config, _took: eyes
    mqtt.LEAST_PAUSE_S, mqtt.MOST_PAUSE_S = 0.1, 1.0


def _notebook(journal: Path) -> Note:
    """Writes lines that survive SIGKILL; none is ever cut, being a single small write."""
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(kind: str, **what: object) -> None:
        line = json.dumps({"kind": kind, "at": time.monotonic(), "pid": os.getpid()} | what)
        os.write(file, f"{line}\n".encode())

    return note


def _shim_clock(path: Path) -> None:
    """Let the wall clock be what the file says beside what it is."""
    with path.open("rb") as file:
        page = mmap.mmap(file.fileno(), OFFSET.size, prot=mmap.PROT_READ)
    seconds, nanoseconds = time.time, time.time_ns

    def offset(unit: int) -> int:
        return round(float(OFFSET.unpack(page[: OFFSET.size])[0]) * unit)

    time.time = lambda: seconds() + offset(1)
    time.time_ns = lambda: nanoseconds() + offset(10**9)
