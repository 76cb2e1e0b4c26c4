"""Plays rendered lanes through the unit's own recognizer and tracker, and scores the passages.

The rule to know: a vehicle is counted where a person could read it: its plate whole in the
picture, behind nothing, with at least 8 px a character, in at least 5 frames that make 0.3 s
together (`traffic`). The others are listed as unfair; they too must never give two passages.
A passage belongs to the vehicle whose plate is where its best frame was; where no plate is, it is
false.

    tools/train/drive                          # every lane, on all processors
    tools/train/drive "one reverses out" ...   # some
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from appliance.config import Config, Recognition
from appliance.domain import Box, Settled
from appliance.recognize.recognizer import Recognizer
from appliance.resolve.story import Story
from appliance.sight import build_recognizer, build_tracker, model_pair
from tools.train.contact import GREEN, RED, View, around, cell, corners_of, save_pages
from tools.train.traffic import Lane, Shot, Vehicle, heading, is_fair, load, shots

LANES = Path("tests/data/drive.toml")
OUT = Path("out/drive")
SAME_PLACE = 0.1
"""Overlap with a vehicle's plate from which a passage is that vehicle's."""
WIDE = 44
"""Letters of the longest name of a lane."""


@dataclass(frozen=True, slots=True)
class Score:
    """The result of one lane, or of several together.

    Attributes:
        vehicles: that are counted.
        once: of them, with exactly one passage.
        right: of them, with exactly one passage and its text right.
        ways: of them, with exactly one passage and its direction right.
        missed: without a passage.
        twice: with more than one, the unfair among them.
        false: passages of no vehicle.
        unfair: vehicles that are not counted.
        early: vehicles that were told early, and those of which another text than theirs was.
        early_wrong: the latter.
    """

    vehicles: int = 0
    once: int = 0
    right: int = 0
    ways: int = 0
    missed: int = 0
    twice: int = 0
    false: int = 0
    unfair: int = 0
    early: int = 0
    early_wrong: int = 0

    def __add__(self, other: Score) -> Score:
        """Both together."""
        names = [one.name for one in fields(self)]
        return Score(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """What went wrong, in words, with the frame (JPEG) in which it shows best and where in it."""

    said: str
    picture: NDArray[np.uint8]
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A lane with what the unit made of it."""

    lane: str
    rate: float
    score: Score
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """What is kept of a lane: the truth of each frame, and each frame as JPEG."""

    boxes: list[dict[str, Box]]
    legible: list[frozenset[str]]
    pictures: list[NDArray[np.uint8]]

    def take(self, shot: Shot) -> None:
        """Keep one more."""
        self.boxes.append(shot.boxes)
        self.legible.append(shot.legible)
        self.pictures.append(cv2.imencode(".jpg", shot.frame.image)[1])

    def seen(self, text: str) -> list[int]:
        """The frames in which a plate is legible."""
        return [number for number, texts in enumerate(self.legible) if text in texts]

    def shown(self, text: str) -> list[int]:
        """The frames in which something of its vehicle is in sight."""
        return [number for number, boxes in enumerate(self.boxes) if text in boxes]

    def owner(self, settled: Settled) -> str | None:
        """The text of the vehicle whose passage it is; None where no plate is there."""
        boxes = self.boxes[settled.best_frame]
        found = max(boxes, key=lambda text: boxes[text].overlap(settled.box), default=None)
        if found is None or boxes[found].overlap(settled.box) < SAME_PLACE:
            return None
        return found


def play(lane: Lane, recognizer: Recognizer, config: Config, seed: int) -> Played:
    """Render a lane frame by frame, and score what becomes of it."""
    film, stories = Film([], [], []), list[Story]()
    tracker, settled = build_tracker(config, stories.append), list[Settled]()
    for shot in shots(lane, seed):
        film.take(shot)
        frame = shot.frame
        settled += tracker.update(frame.at, frame.size, recognizer.sightings(frame))
    settled += tracker.flush()
    return judge(lane, film, settled, stories)


def judge(lane: Lane, film: Film, settled: Sequence[Settled], stories: Sequence[Story]) -> Played:
    """The score of a lane, and its faults."""
    records = [s for s in settled if not s.early]
    owners = {s.track: film.owner(s) for s in records}
    score = Score(false=sum(owner is None for owner in owners.values()))
    faults = [
        Fault(f"false passage {s.read.text}", film.pictures[s.best_frame], s.box)
        for s in records
        if owners[s.track] is None
    ]
    for vehicle in lane.vehicles:
        given = [s for s in records if owners[s.track] == vehicle.text]
        one, said = _vehicle(lane, vehicle, film, given)
        score += one
        if said:
            faults.append(_fault(vehicle, said, film, stories))
    told = [(s.read.text, owners.get(s.track)) for s in settled if s.early]
    score += Score(early=len(told), early_wrong=sum(text != owner for text, owner in told))
    return Played(lane.name, lane.rate, score, tuple(faults))


def _vehicle(
    lane: Lane, vehicle: Vehicle, film: Film, given: Sequence[Settled]
) -> tuple[Score, str]:
    """One vehicle's score, and its fault in words; empty where there is none."""
    seen = film.seen(vehicle.text)
    if len(given) > 1:
        said = f"{len(given)} passages: {' '.join(s.read.text for s in given)}"
        return Score(vehicles=is_fair(lane, len(seen)), twice=1), said
    if not is_fair(lane, len(seen)):
        return Score(unfair=1), ""
    if not given:
        return Score(vehicles=1, missed=1), f"no passage, {len(seen)} legible frames"
    right = given[0].read.text == vehicle.text
    way = given[0].direction == heading(lane, vehicle, film.shown(vehicle.text))
    said = "" if right else f"told as {given[0].read.text}"
    said = said if way else f"{said} told as {given[0].direction}".strip()
    return Score(vehicles=1, once=1, right=right, ways=way), said


def _fault(vehicle: Vehicle, said: str, film: Film, stories: Sequence[Story]) -> Fault:
    """A vehicle's fault where its plate is widest, with what became of the tracks of its plate."""
    seen = film.seen(vehicle.text) or film.shown(vehicle.text)
    widest = max(seen, key=lambda number: film.boxes[number][vehicle.text].width)
    ends = [
        f"{s.outcome}: {s.settled.read.text} {s.settled.reads} of {s.settled.frames}"
        for s in stories
        if film.owner(s.settled) == vehicle.text
    ]
    said = f"{vehicle.text}: {said}; tracks: {', '.join(ends) or 'none'}"
    return Fault(said, film.pictures[widest], film.boxes[widest][vehicle.text])


def _row(name: str, rate: float | None, score: Score) -> str:
    figures = [getattr(score, one.name) for one in fields(score)]
    return f"{name:<{WIDE}} {rate or '':>4}" + "".join(
        f" {figure:>{len(one.name) + 1}}"
        for one, figure in zip(fields(score), figures, strict=True)
    )


def table(played: Sequence[Played]) -> str:
    """A line for each lane, and their sum."""
    head = f"{'lane':<{WIDE}} {'fps':>4}" + "".join(f"  {one.name}" for one in fields(Score))
    rows = [_row(one.lane, one.rate, one.score) for one in played]
    whole = sum((one.score for one in played), Score())
    share = whole.once / max(1, whole.vehicles)
    return "\n".join([head, *rows, _row("all", None, whole), f"exactly one passage: {share:.2%}"])


def report(played: Sequence[Played], config: Config, seed: int, out: Path) -> None:
    """Write the scores as JSON, the faults as words and as contact sheets."""
    out.mkdir(parents=True, exist_ok=True)
    scores = {
        "models": model_pair(config),
        "seed": seed,
        "lanes": {one.lane: asdict(one.score) for one in played},
        "all": asdict(sum((one.score for one in played), Score())),
        "faults": {one.lane: [fault.said for fault in one.faults] for one in played if one.faults},
    }
    (out / "drive.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    (out / "drive.txt").write_text(table(played) + "\n", encoding="utf-8")
    save_pages(out, "faults", (_cell(one.lane, f) for one in played for f in one.faults))


def _cell(lane: str, fault: Fault) -> NDArray[np.uint8]:
    image = np.asarray(cv2.imdecode(fault.picture, cv2.IMREAD_COLOR), np.uint8)
    marked = ((corners_of(fault.box), RED),)
    closer = View(image, around(fault.box, 0.3), ((corners_of(fault.box), GREEN),))
    first, _, rest = fault.said.partition("; ")
    return cell([View(image, None, marked), closer], [lane, first, rest])


def _play_one(lane: Lane, config: Config, seed: int) -> Played:
    cv2.setNumThreads(1)
    return play(lane, build_recognizer(config), config, seed)


def _leave_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def play_all(lanes: Sequence[Lane], config: Config, seed: int, jobs: int) -> Iterator[Played]:
    """Every lane, `jobs` at a time, the longest first."""
    longest = sorted(lanes, key=lambda lane: -lane.frames)
    with get_context("spawn").Pool(jobs, _leave_to_parent) as pool:
        playing = partial(_play_one, config=config, seed=seed)
        yield from tqdm(
            pool.imap_unordered(playing, longest), total=len(longest), unit="lane", disable=None
        )


def chosen(lanes: Sequence[Lane], names: Iterable[str]) -> list[Lane]:
    """The lanes of these names, or all where there are none; KeyError names an unknown one."""
    known = {lane.name: lane for lane in lanes}
    return [known[name] for name in names] or list(lanes)


def main() -> None:
    """Plays rendered lanes and scores them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("lanes", nargs="*", metavar="LANE", help=f"names in {LANES}; default: all")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    try:
        lanes = chosen(load(LANES), options.lanes)
    except KeyError as unknown:
        parser.error(f"lane {unknown} is unknown, expected one of those in {LANES}")
    models = options.models.resolve()
    config = Config(recognition=Recognition(models=models, threads=1))
    try:
        done = {}
        for one in play_all(lanes, config, options.seed, options.jobs):
            done[one.lane] = one
            tqdm.write(_row(one.lane, one.rate, one.score), sys.stderr)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    played = [done[lane.name] for lane in lanes]
    report(played, config, options.seed, options.out)
    print(table(played))


if __name__ == "__main__":
    main()
