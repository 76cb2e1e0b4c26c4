"""The table of `overlays/wiring.toml`: which signal is on which pin of the header."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tools.overlays.compiler import SOURCES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = SOURCES / "wiring.toml"
PICTURE = SOURCES / "wiring.svg"

ROWS: tuple[tuple[int | str, int | str], ...] = (
    ("3.3 V", "5 V"),
    (2, "5 V"),
    (3, "ground"),
    (4, 14),
    ("ground", 15),
    (17, 18),
    (27, "ground"),
    (22, 23),
    ("3.3 V", 24),
    (10, "ground"),
    (9, 25),
    (11, 8),
    ("ground", 7),
    (0, 1),
    (5, "ground"),
    (6, 12),
    (13, "ground"),
    (19, 16),
    (26, 20),
    ("ground", 21),
)
HEADER = dict(enumerate((what for row in ROWS for what in row), start=1))
"""What is on each of the 40 pins: a supply, or the number of a GPIO.  The same on all boards."""


@dataclass(frozen=True, slots=True)
class Line:
    """A signal, as the README's table has it."""

    gpio: int
    pin: int
    signal: str
    parameter: str
    driven_by: str
    wire: str


@dataclass(frozen=True, slots=True)
class Wiring:
    """What is used, and which GPIOs are left to others, by what they are."""

    lines: tuple[Line, ...]
    free: dict[str, list[int]]


def wiring(path: Path = TABLE) -> Wiring:
    """The table; KeyError, TypeError where it lacks something."""
    table = tomllib.loads(path.read_text())
    return Wiring(tuple(Line(**line) for line in table["line"]), table["free"])
