"""What processes and the machine have used, by the kernel's count (proc(5))."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = resource.getpagesize() / 1e6
IDLE = slice(3, 5)  # of the machine's counts: idle, and waiting for a disk


@dataclass(frozen=True, slots=True)
class Look:
    """What had been used at a moment.

    Attributes:
        at: monotonic seconds.
        broker_s, units_s: processor seconds of the broker, and of the processes of the units.
        machine_s: processor seconds of everybody.
        broker_mb: resident megabytes of the broker.
    """

    at: float
    broker_s: float
    units_s: float
    machine_s: float
    broker_mb: float


def look(broker: int, units: Iterable[int]) -> Look:
    """Look at the broker and the units, given their process ids."""
    pages = Path(f"/proc/{broker}/statm").read_text(encoding="ascii").split()[1]
    return Look(
        at=time.monotonic(),
        broker_s=_used_s(broker),
        units_s=sum(map(_used_s, units)),
        machine_s=_machine_s(),
        broker_mb=int(pages) * PAGE_MB,
    )


def _used_s(pid: int) -> float:
    """Processor seconds of a process; the name before them may hold spaces."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _machine_s() -> float:
    counts = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    ticks = [int(count) for count in counts]
    return (sum(ticks) - sum(ticks[IDLE])) / TICKS
