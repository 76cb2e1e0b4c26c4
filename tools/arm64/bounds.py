"""The bounds that are stated, and which of them are broken.

The rule to know: a bound is what the README promises of arm64; `docs/arm64-run.txt` is a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.arm64 import compare
from tools.arm64.compare import SURE, Sights
from tools.arm64.record import Record

MOST_STEPS = 1
"""Of eight bits, between two answers to the same bytes."""
MOST_GREY = 8
"""Levels of 255, between what the models are given of the same photograph."""
MOST_CORNER_PX, MOST_CONFIDENCE = 0.5, 0.05
"""What may become of both in corners and in confidences."""
MOST_FILM = 4
"""Levels of 255 between the frames of a film: FFmpeg turns them into BGR otherwise on arm64."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the report.

    Attributes:
        lines: what was found.
        broken: the bounds that were not kept, in words.
    """

    lines: tuple[str, ...]
    broken: tuple[str, ...] = ()


def answered(name: str, here: Record, there: Record) -> Part:
    """The models' answers to the same bytes."""
    found = compare.answers(here.runs, there.answers)
    lines = [
        f"  {model:14}{each.runs:4} runs, {each.numbers:8} numbers of eight bits: "
        f"{each.other} differ, by {each.farthest} steps at most"
        for model, each in found.items()
    ]
    broken = [
        f"{name}: {model}: {each.farthest} steps, expected {MOST_STEPS} at most"
        for model, each in found.items()
        if each.farthest > MOST_STEPS
    ]
    return Part(tuple(lines), tuple(broken))


def sighted(name: str, here: Record, there: Record) -> Part:
    """What either machine made of the same photographs."""
    found = compare.sights(compare.of_films(here, False), compare.of_films(there, False))
    lines = (
        (
            f"  photographs: {found.decoded} of {found.pictures} are decoded to the same bytes; of "
            f"{found.given} looks and crops {found.given_alike} are the same, the others differ by "
            f"{found.grey} of 255 at most"
        ),
        *_plates(found),
    )
    kept = [
        ("pictures decoded otherwise", found.pictures - found.decoded, 0),
        ("levels between what a model is given", found.grey, MOST_GREY),
        ("legible plates read otherwise", found.legible - found.legible_told, 0),
        ("plates more than here", found.more, 0),
        ("px between corners", found.corner_px, MOST_CORNER_PX),
        ("between confidences", max(found.found, found.confidence), MOST_CONFIDENCE),
    ]
    return Part(lines, _broken(name, kept))


def filmed(name: str, here: Record, there: Record) -> Part:
    """What either machine made of frames of the same film, each as its own FFmpeg decodes them."""
    ours, theirs = compare.of_films(here, True), compare.of_films(there, True)
    found, levels = compare.sights(ours, theirs), compare.first_levels(ours, theirs)
    lines = (
        f"  a film: {found.pictures} frames, whose colours differ by {levels} of 255 at most",
        *_plates(found),
    )
    kept = [
        ("levels between frames", levels, MOST_FILM),
        ("legible plates read otherwise", found.legible - found.legible_told, 0),
    ]
    return Part(lines, _broken(name, kept))


def _plates(found: Sights) -> tuple[str, ...]:
    legible = f"of those with {SURE} or more {found.legible_told} of {found.legible}"
    confidences = f"of a plate {found.found:.4f}, of a text {found.confidence:.4f}"
    return (
        f"    {found.told} of {found.plates} plates have the same text, {legible}",
        f"    {found.more} plates more than here",
        f"    farthest: corner {found.corner_px:.3f} px, confidence {confidences}",
    )


def _broken(name: str, kept: Sequence[tuple[str, float, float]]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {value:.4g} {what}, expected {most} at most"
        for what, value, most in kept
        if value > most
    )


TOLD = ("plate", "reads", "frames", "region", "format_ok", "direction", "decision")
"""What must be the same in a passage; times and ids are the files', or drawn."""


def replayed(here: list[dict[str, Any]], there: list[dict[str, Any]]) -> Part:
    """The passages of the same folder of pictures."""
    told = [
        "  " + ", ".join(f"{key} {each[key]}" for key in ("confidence", *TOLD[:-1]))
        for each in (*here, *there)
    ]
    same = [[{key: each[key] for key in TOLD} for each in some] for some in (here, there)]
    near = all(
        abs(a["confidence"] - b["confidence"]) <= MOST_CONFIDENCE
        for a, b in zip(here, there, strict=False)
    )
    well = bool(here) and near and same[0] == same[1]
    return Part(tuple(told), () if well else ("the passages of the clip differ",))
