"""What a machine made of some pictures, as a file: every answer of a model, every plate.

The rule to know: answers are kept as the model stored them, eight bits, so that "the same" means
bit for bit; what follows from them is in floating point.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CROP, FRAME = "crop:", "#"
"""Before the name of a picture of one plate, and between a film and the number of a frame."""
Machine = dict[str, str]
"""What it ran on and with: by name, a version."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a model.

    Attributes:
        model: its name.
        given: the picture, uint8 (H, W, C).
        stored: its outputs as int8, in the manifest's order.
    """

    model: str
    given: NDArray[np.uint8]
    stored: tuple[NDArray[np.int8], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One plate.

    Attributes:
        text: "" where it could not be read.
        confidence: of the text.
        found: confidence of the detection; 1 for a crop.
        corners: x and y in pixels, from the top left clockwise; empty for a crop.
    """

    text: str
    confidence: float
    found: float
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One picture.

    Attributes:
        name: of the picture.
        pixels: SHA-256 of what it was decoded to.
        plates: best first.
        runs: of the models, in order.
    """

    name: str
    pixels: str
    plates: tuple[Seen, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What one machine made of all pictures.

    Attributes:
        machine: on which.
        looks: with its own eyes, from the files on.
        answers: to what another machine's models were given, in that order; empty without.
    """

    machine: Machine
    looks: tuple[Look, ...]
    answers: tuple[Run, ...] = ()

    @property
    def runs(self) -> list[Run]:
        """Of all pictures."""
        return [run for look in self.looks for run in look.runs]


def write(record: Record, path: Path) -> None:
    """Put it into a file."""
    arrays: dict[str, Any] = {}
    table = {
        "machine": record.machine,
        "looks": [
            {"name": look.name, "pixels": look.pixels, "plates": [asdict(p) for p in look.plates]}
            | {"runs": _put(arrays, look.runs)}
            for look in record.looks
        ],
        "answers": _put(arrays, record.answers),
    }
    with path.open("wb") as file:
        np.savez(file, table=np.array(json.dumps(table)), **arrays)


def read(path: Path) -> Record:
    """What `write` has put into a file."""
    with np.load(path) as arrays:
        table = json.loads(str(arrays["table"]))
        looks = [
            Look(each["name"], each["pixels"], _plates(each["plates"]), _got(arrays, each["runs"]))
            for each in table["looks"]
        ]
        return Record(table["machine"], tuple(looks), _got(arrays, table["answers"]))


def _put(arrays: dict[str, Any], runs: Iterable[Run]) -> list[list[Any]]:
    """Add the arrays of some runs; gives model, name and number of outputs of each."""
    told = []
    for run in runs:
        name = str(len(arrays))
        arrays[name] = run.given
        arrays |= {f"{name}.{place}": output for place, output in enumerate(run.stored)}
        told.append([run.model, name, len(run.stored)])
    return told


def _got(arrays: Any, told: list[list[Any]]) -> tuple[Run, ...]:  # noqa: ANN401  # numpy's archive
    return tuple(
        Run(model, arrays[name], tuple(arrays[f"{name}.{place}"] for place in range(outputs)))
        for model, name, outputs in told
    )


def _plates(table: list[dict[str, Any]]) -> tuple[Seen, ...]:
    return tuple(
        Seen(p["text"], p["confidence"], p["found"], tuple((x, y) for x, y in p["corners"]))
        for p in table
    )
