"""Pins of nothing: where the stand-in for RPi.GPIO is, and how its notes are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
FOREVER = float("inf")


@dataclass(frozen=True)
class Change:
    """A pin was driven: when (monotonic seconds), and to what."""

    at: float
    drive: str


@dataclass(frozen=True)
class Pins:
    """What was done to one pin, by whatever process."""

    path: Path
    number: int

    def changes(self) -> list[Change]:
        """Every change of the pin's drive, in order."""
        lines = self.path.read_text(encoding="ascii").splitlines() if self.path.exists() else []
        noted = [line.split() for line in lines]
        seen = [Change(float(at), drive) for at, pin, drive in noted if int(pin) == self.number]
        return [
            change
            for before, change in zip([None, *seen], seen, strict=False)
            if before is None or before.drive != change.drive
        ]

    def pulses(self) -> list[tuple[float, float]]:
        """Begin and end of every time that it was high; one that goes on ends at infinity."""
        changes = self.changes()
        ends = [change.at for change in changes[1:]] + [FOREVER]
        pairs = zip(changes, ends, strict=True)
        return [(change.at, end) for change, end in pairs if change.drive == "high"]
