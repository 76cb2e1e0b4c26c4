"""What the models are good and bad at: the tables of the model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tools.train.measures import Share, shares
from tools.train.scoring import Appearance, DetectedPicture, Judged, ReadPicture, box_of

Appearances = Mapping[Path, Appearance]
HEIGHTS = (24, 32, 48, 64, 80)
"""Pixels a line of text has in `read`, where no crop is higher than 96."""
WIDTHS = (24, 32, 48, 64, 96, 128, 192)
"""Pixels of a plate in a photograph whose long side has 300 to 720."""


def breakdowns(judged: Judged, appearances: Appearances) -> dict[str, list[Share]]:
    """A list of shares for each title."""
    return {**_read(judged.read, appearances), "scenes, by region": _sets(judged.scenes),
            **_detected(judged.detected, appearances)}  # fmt: skip


def interval(value: float, edges: Sequence[float]) -> str:
    """Which of the intervals between `edges` holds the value, in words that sort by size."""
    at = int(np.searchsorted(edges, value, side="right"))
    if at == 0:
        return f"   below {edges[0]:.0f}"
    if at == len(edges):
        return f"{edges[-1]:4.0f} and more"
    return f"{edges[at - 1]:4.0f} to {edges[at]:.0f}"


def thirds(values: Sequence[float]) -> list[float]:
    """The two edges between the lowest, middle and highest third."""
    return [float(edge) for edge in np.quantile(values, (1 / 3, 2 / 3))] if values else [0.0, 0.0]


def _read(read: Sequence[ReadPicture], appearances: Appearances) -> dict[str, list[Share]]:
    def split(name: Callable[[ReadPicture], str]) -> list[Share]:
        return shares(read, name, lambda p: p.right)

    def split_by(quality: Callable[[Appearance], float]) -> list[Share]:
        edges = thirds([quality(appearances[p.path]) for p in read])
        return split(lambda p: interval(quality(appearances[p.path]), edges))

    return {
        "read, by region": split(lambda p: p.region),
        "read, by set": _sets(read),
        "read, by lines of text": split(lambda p: f"{p.lines or 'not said'}"),
        "read, by pixels of height a line": split(
            lambda p: interval(appearances[p.path].height / max(1, p.lines), HEIGHTS)
        ),
        "read, by sharpness (variance of the Laplacian at 160 x 48, thirds)": split_by(
            lambda a: a.sharpness
        ),
        "read, by light (mean grey, thirds)": split_by(lambda a: a.light),
        "read, by contrast (standard deviation of grey, thirds)": split_by(lambda a: a.contrast),
    }


def _sets(pictures: Sequence[ReadPicture]) -> list[Share]:
    return shares(pictures, lambda p: p.set_name, lambda p: p.right)


def _detected(
    detected: Sequence[DetectedPicture], appearances: Appearances
) -> dict[str, list[Share]]:
    plates = [(d, i) for d in detected for i in range(len(d.photograph.plates))]

    def split(name: Callable[[tuple[DetectedPicture, int]], str]) -> list[Share]:
        return shares(plates, name, lambda plate: plate[1] in plate[0].matched)

    lights = {d.photograph.path: appearances[d.photograph.path].light for d in detected}
    edges = thirds([lights[d.photograph.path] for d, _ in plates])
    return {
        "detect, recall by pixels of plate width": split(
            lambda plate: interval(box_of(plate[0].photograph.plates[plate[1]]).width, WIDTHS)
        ),
        "detect, recall by source": split(lambda plate: plate[0].photograph.source),
        "detect, recall by light (mean grey of the photograph, thirds)": split(
            lambda plate: interval(lights[plate[0].photograph.path], edges)
        ),
        "detect, pictures without a false plate, by source": shares(
            detected, lambda d: d.photograph.source, lambda d: not d.false
        ),
    }
