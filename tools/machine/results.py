"""What was tried, what was expected and what came: lines of JSON as it goes, a table in the end.

The rule to know: a line that failed stays in the table; a part that broke off says so in a line.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One of the table.

    Attributes:
        part: of the scenario.
        expected: in words.
        found: in words.
        is_right: whether that is the same.
        at_s: seconds since the whole began.
    """

    part: str
    expected: str
    found: str
    is_right: bool
    at_s: float


class Results:
    """A file that grows.

    Attributes:
        lines: so far.
        figures: measured, by name.
    """

    def __init__(self, path: Path) -> None:
        """Begin anew."""
        self.lines: list[Line] = []
        self.figures: dict[str, str] = {}
        self._path, self._began_at, self._lock = path, time.monotonic(), threading.Lock()
        path.unlink(missing_ok=True)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began_at

    def check(self, part: str, expected: str, found: str, *, is_right: bool) -> bool:
        """Write a line; gives back whether it is right."""
        line = Line(part, expected, " ".join(found.split())[:300], is_right, round(self.seconds, 1))
        with self._lock:
            self.lines.append(line)
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(line)) + "\n")
        print(f"{self.seconds:7.1f} {_mark(line)} {part}: {expected}: {line.found}", flush=True)
        return is_right

    def measure(self, name: str, figure: str) -> None:
        """Remember a figure."""
        with self._lock:
            self.figures[name] = figure
        print(f"{self.seconds:7.1f}      {name}: {figure}", flush=True)

    def table(self) -> str:
        """All of it, as text."""
        right = sum(line.is_right for line in self.lines)
        rows = [f"{right} of {len(self.lines)} as expected", ""]
        rows += [
            f"{line.at_s:7.1f} s  {_mark(line)}  {line.part}: {line.expected}\n{'':17}{line.found}"
            for line in sorted(self.lines, key=lambda line: (line.part, line.at_s))
        ]
        figures = [f"{name}: {figure}" for name, figure in sorted(self.figures.items())]
        return "\n".join([*rows, "", "Figures", "", *figures, ""])


def _mark(line: Line) -> str:
    return "ok  " if line.is_right else "FAIL"
