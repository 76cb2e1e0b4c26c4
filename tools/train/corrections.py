"""Mended labels: `corrections.csv`, one line each of image, field, old, new.

The pictures and their labels stay as they came; what is plainly wrong with a label stands here.  An
`image` is a path below the plates folder, a box is "x1 y1 x2 y2" in pixels.

| field | old | new |
|---|---|---|
| text | the label | what the crop shows; empty: it does not show its text |
| plate | empty | the box of a plate that nobody labelled |
| unsure | empty | a box of which nobody can tell whether it is a plate |
| box | the labelled box | the plate's; empty: there is no plate there |
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("corrections.csv")
FIELDS = ("text", "plate", "unsure", "box")
NEAR = 2.0
"""Pixels by which a labelled box may differ from the `old` that names it: the file rounds."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Correction:
    """One mended field of one picture's label."""

    image: str
    field: str
    old: str
    new: str

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise ValueError(f"{self.image}: field {self.field!r}, expected one of {FIELDS}")

    def is_of(self, box: Box) -> bool:
        """Whether this mends the labelled `box`."""
        old = parse_box(self.old)
        return all(abs(a - b) <= NEAR for a, b in zip(old, box, strict=True))


def parse_box(text: str) -> Box:
    """The numbers of "x1 y1 x2 y2"; ValueError names the text."""
    numbers = [float(word) for word in text.split()]
    if len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise ValueError(f"box {text!r}, expected 'x1 y1 x2 y2' with x1 < x2 and y1 < y2")
    return numbers[0], numbers[1], numbers[2], numbers[3]


@lru_cache(maxsize=4)
def by_image(path: Path = FILE) -> dict[str, tuple[Correction, ...]]:
    """All corrections of the file at `path`, by image."""
    grouped: dict[str, list[Correction]] = defaultdict(list)
    for correction in _rows(path):
        grouped[correction.image].append(correction)
    return {image: tuple(some) for image, some in grouped.items()}


def _rows(path: Path) -> Iterator[Correction]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Correction(row["image"], row["field"], row["old"], row["new"])
