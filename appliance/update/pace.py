"""When hawkBit wants to be asked again, and the mark of its last answer; lost with the power.

The rule to know: nothing hangs on it.  A file that is gone or damaged means that it is asked now.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "hawkbit.json"


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one server.

    Attributes:
        url: whose; another one is asked at once.
        etag: of its last answer.
        sleep_s: how long it wanted to be left alone then.
        due_s: when it wants to be asked again, in seconds since the machine's start.
    """

    url: str
    etag: str = ""
    sleep_s: float = 0.0
    due_s: float = 0.0


def read_pace(folder: Path, url: str) -> Pace:
    """What is known of a server."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        table = json.loads((folder / NAME).read_bytes())
        if table["url"] == url:
            times = float(table["sleep_s"]), float(table["due_s"])
            return Pace(url, str(table["etag"]), *times)
    return Pace(url)


def write_pace(folder: Path, pace: Pace) -> None:
    """Remember it until the power goes; without a folder it is asked each time."""
    with suppress(OSError):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        beside = folder / f"{NAME}.new"
        beside.write_text(json.dumps(asdict(pace)))
        beside.replace(folder / NAME)


def since_boot_s() -> float:
    """Seconds since the machine's start; no clock that somebody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
