"""Rendered lanes: what is said to be seen is seen, and the unit makes one passage of it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from appliance.config import Config, Recognition
from appliance.domain import Box, Candidate, Read, Settled
from appliance.sight import build_recognizer, model_pair
from tools.train.drive import Film, Score, judge, play
from tools.train.traffic import Lane, Obstacle, Vehicle, heading, is_fair, load, shots

DATA = Path(__file__).parents[1] / "data"
LANES = load(DATA / "drive.toml")
MODELS = Path(__file__).parents[2] / "models"
COMING = Vehicle("hr ZG4827KT", 0.0, [(9, 7)], start=19)
LEAST_ONCE = 0.99
SHORT = Lane("a short lane", 8, 2.5, [COMING])


def test_there_are_twenty_lanes_of_many_kinds() -> None:
    """From 5 to 60 frames a second, by day and night; no plate is there twice in a lane."""
    assert len({lane.name for lane in LANES}) == len(LANES) >= 20
    assert {lane.light for lane in LANES} == {"day", "rain", "dusk", "night", "infra-red"}
    assert (min(lane.rate for lane in LANES), max(lane.rate for lane in LANES)) == (5, 60)
    assert sum(len(lane.vehicles) for lane in LANES) >= 100
    for lane in LANES:
        assert len({vehicle.text for vehicle in lane.vehicles}) == len(lane.vehicles)


@pytest.mark.parametrize("light", ["day", "infra-red"])
def test_the_unit_tells_of_a_rendered_vehicle_once(light: str) -> None:
    """With its text and its way: pixels in, a passage out, and no second one from anything else."""
    config = Config(recognition=Recognition(models=MODELS, threads=1))
    played = play(replace(SHORT, light=light), build_recognizer(config), config, 0)
    assert [fault.said for fault in played.faults] == []
    score = played.score
    assert (score.vehicles, score.once, score.right, score.ways, score.false) == (1, 1, 1, 1, 0)


def test_a_seed_gives_the_same_frames_again() -> None:
    """Else no figure could be measured twice."""
    one, other = (next(shots(SHORT, seed)) for seed in (3, 3))
    assert np.array_equal(one.frame.image, other.frame.image)
    assert not np.array_equal(one.frame.image, next(shots(SHORT, 4)).frame.image)


def test_a_plate_grows_as_it_comes_and_is_legible_from_a_width_on() -> None:
    """Until it leaves the picture."""
    seen = list(shots(replace(SHORT, rate=4.0), 0))
    widths = [shot.boxes[COMING.text].width for shot in seen if COMING.text in shot.boxes]
    assert all(a < b for a, b in pairwise(widths))
    legible = [shot for shot in seen if shot.legible]
    assert 2 < len(legible) < len(seen)
    assert all(shot.boxes[COMING.text].width >= 8 * len(COMING.text) for shot in legible)


@pytest.mark.parametrize("form", ["post", "walker", "lorry"])
def test_a_plate_behind_something_is_not_legible(form: str) -> None:
    """Although it is in the picture."""
    stands = replace(COMING, speed=[(9, 0)], start=9)
    lane = replace(SHORT, vehicles=[stands], rate=1.0, seconds=1)
    x, _ = -1.35 / 9 * 4, 4
    hidden = replace(lane, obstacles=[Obstacle(form, (x, 4.0))])
    assert next(shots(lane, 0)).legible == {COMING.text}
    assert next(shots(hidden, 0)).legible == frozenset()


@pytest.mark.parametrize(
    ("rate", "legible", "fair"), [(5, 4, False), (5, 5, True), (60, 17, False), (60, 18, True)]
)
def test_what_is_fair(rate: float, legible: int, fair: bool) -> None:
    """Five legible frames, and 0.3 s of them."""
    assert is_fair(replace(SHORT, rate=rate), legible) is fair


def test_the_true_way_is_from_where_a_vehicle_began_to_where_it_ended() -> None:
    """In metres, by its speeds."""
    back = replace(COMING, speed=[(1, 5), (9, -6)])
    assert heading(SHORT, COMING, range(16)) == "approaching"
    assert heading(SHORT, back, range(24)) == "receding"
    assert heading(SHORT, COMING, [3, 3]) == "unknown"


def settled(text: str, x: float) -> Settled:
    """A passage whose plate was at `x` in the only frame."""
    read = Read(text, 0.9, (0.9,) * len(text), (Candidate(text, 0.9),))
    box = Box(x, 100, x + 100, 125)
    return Settled(read, 5, 5, 0, 0, 0, 0.0, 0.0, "approaching", box, (1280, 720), track=round(x))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {"missed": 1}),
        ([settled("ZG4827KT", 200)], {"once": 1, "right": 1}),
        ([settled("ZG4827K7", 203)], {"once": 1}),
        ([settled("ZG4827KT", 200), settled("ZG4827KT", 205)], {"twice": 1}),
        ([settled("NOPARKING", 700)], {"missed": 1, "false": 1}),
    ],
)
def test_a_passage_is_whose_plate_is_there(given: list[Settled], expected: dict[str, int]) -> None:
    """Whatever its text says; where no plate is it is false."""
    truth = {COMING.text: Box(200, 100, 300, 125)}
    picture = np.zeros(0, np.uint8)
    film = Film([truth] * 10, [frozenset(truth)] * 10, [picture] * 10)
    score = judge(SHORT, film, given, []).score
    names = ("once", "right", "missed", "twice", "false")
    assert {n: getattr(score, n) for n in names if getattr(score, n)} == expected
    assert score.vehicles == 1


def test_the_recorded_figures_are_of_these_lanes_and_good_enough() -> None:
    """Of these vehicles and these models: whoever changes one measures anew with tools/train/drive.

    All lanes take too long to be driven here: this test does not see that they would still do as
    well. Two short ones are driven above.
    """
    figures = json.loads((DATA / "drive.json").read_text(encoding="utf-8"))
    assert figures["models"] == model_pair(Config(recognition=Recognition(models=MODELS)))
    counted = {name: s["vehicles"] + s["unfair"] for name, s in figures["lanes"].items()}
    assert counted == {lane.name: len(lane.vehicles) for lane in LANES}
    scores = [Score(**score) for score in figures["lanes"].values()]
    whole = sum(scores, Score())
    assert whole == Score(**figures["all"])
    assert whole.vehicles >= 100
    assert whole.once >= LEAST_ONCE * whole.vehicles
    assert (whole.twice, whole.false) == (0, 0)
