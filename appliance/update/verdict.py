"""What the unit finds of the slot on trial, told to root by a file: the unit itself marks nothing.

    /run/gatepost/update-verdict    {"version": "1.2.0", "good": true, "why": ""}

The rule to know: gatepost-commit.path starts `gatepost update commit` when the file is there, which
takes it away; whoever has taken over the unit's process can say no more by it than that the release
on trial is good, or is not.  Of the standard library only.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.errors import StoreError
from appliance.update.disk import Disk
from appliance.update.slots import read_slots, run_folder

MOST_BYTES = 4096
SHORTEST = 500  # characters of a reason that are told


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a release on trial says of itself.

    Attributes:
        version: its own.
        good: whether it does its work.
        why: it does not.
    """

    version: str
    good: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The judge of a trial on a unit with slots, as `Probation` asks one.

    Attributes:
        version: on trial.
    """

    version: str

    def find_good(self) -> None:
        """Ask root to commit the slot."""
        tell(Verdict(self.version, good=True))

    def find_bad(self, why: str) -> None:
        """Let root remember why, and boot the committed slot."""
        tell(Verdict(self.version, good=False, why=why[:SHORTEST]))

    def is_over(self) -> bool:
        """Whether the slot is committed."""
        slots = read_slots()
        return slots is not None and not slots.on_trial


def path() -> Path:
    """Where a verdict lies; in the unit's own run-time folder."""
    return run_folder() / "gatepost" / "update-verdict"


def tell(verdict: Verdict) -> None:
    """Put it there, in place of one that nobody took; OSError where that cannot be done."""
    Disk().replace(path(), json.dumps(asdict(verdict)).encode())


def take() -> Verdict | None:
    """What was told, and it is gone; None where nothing was, or nothing of the kind.

    Raises:
        StoreError: it cannot be read or removed.
    """
    try:
        # the file itself, not what a link names: the folder is another user's, and we are root
        number = os.open(path(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            content = file.read(MOST_BYTES)
        path().unlink()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StoreError(f"{path()}: {fault.strerror}") from fault
    try:
        table = json.loads(content)
        words = str(table["version"]), bool(table["good"]), _plain(str(table["why"])[:SHORTEST])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Verdict(*words)


def _plain(words: str) -> str:
    """On one line and of whole characters: the release before publishes it, for as long as it runs.

    JSON may name half of a surrogate pair, which UTF-8 has no bytes for: it would end that release
    at each start.
    """
    return "".join(each if each.isprintable() else "?" for each in words)
