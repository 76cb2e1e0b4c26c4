"""Two machines' records side by side: what differs is counted, and a broken bound is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tools.arm64.bounds import answered, filmed, replayed, sighted
from tools.arm64.compare import answers, sights
from tools.arm64.record import Look, Record, Run, Seen, read, write

GIVEN = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
STORED = np.array([-128, 0, 5, 127], np.int8)
RUN = Run("detect", GIVEN, (STORED, STORED[:2]))
CORNERS = ((10.0, 20.0), (60.0, 20.0), (60.0, 30.0), (10.0, 30.0))
PLATE = Seen("AB12CDE", 0.97, 0.8, CORNERS)
LOOK = Look("car.jpg", "ab" * 32, (PLATE,), (RUN,))
HERE = Record({"machine": "x86_64"}, (LOOK,))
THERE = Record({"machine": "aarch64"}, (LOOK,), (RUN,))
TOLD = {
    "plate": "AB12CDE",
    "confidence": 0.97,
    "reads": 9,
    "frames": 10,
    "region": "gb",
    "format_ok": True,
    "direction": "approaching",
    "decision": {"action": "ignore"},
}


def stored(*numbers: int) -> Run:
    """The run with another first output."""
    return replace(RUN, stored=(np.array(numbers, np.int8), STORED[:2]))


def seeing(**changes: object) -> Record:
    """The other machine's record, whose plate differs."""
    plate = replace(PLATE, **changes)  # type: ignore[arg-type]  # fields of a plate
    return replace(THERE, looks=(replace(LOOK, plates=(plate,)),))


def test_a_record_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    """Arrays, corners and confidences, bit for bit."""
    write(THERE, tmp_path / "there.npz")
    back = read(tmp_path / "there.npz")
    assert (back.machine, back.looks[0].plates) == (THERE.machine, THERE.looks[0].plates)
    for run in (*back.runs, *back.answers):
        assert np.array_equal(run.given, GIVEN)
        assert [each.tolist() for each in run.stored] == [STORED.tolist(), STORED[:2].tolist()]


def test_the_same_answers_differ_by_nothing() -> None:
    """Six numbers in two outputs."""
    found = answers(HERE.runs, THERE.answers)["detect"]
    assert (found.runs, found.numbers, found.other, found.farthest) == (1, 6, 0, 0)


@pytest.mark.parametrize(
    ("numbers", "other", "farthest"),
    [((-128, 0, 6, 127), 1, 1), ((-128, 3, 5, 126), 2, 3), ((127, 0, 5, 127), 1, 255)],
)
def test_answers_that_differ_are_counted_in_steps(
    numbers: tuple[int, ...], other: int, farthest: int
) -> None:
    """From end to end of eight bits, where the difference itself does not fit into eight."""
    found = answers(HERE.runs, [stored(*numbers)])["detect"]
    assert (found.other, found.farthest) == (other, farthest)


def test_answers_to_other_bytes_are_not_compared() -> None:
    """They would say nothing of the kernels."""
    with pytest.raises(ValueError, match="not given the same"):
        answers(HERE.runs, [replace(RUN, given=GIVEN + 1)])


def test_a_picture_that_is_scaled_otherwise_is_told_in_levels_of_grey() -> None:
    """With the file decoded alike."""
    other = replace(LOOK, runs=(replace(RUN, given=GIVEN + 2),))
    found = sights(HERE, replace(THERE, looks=(other,)))
    assert (found.decoded, found.given, found.given_alike, found.grey) == (1, 1, 0, 2)


def test_a_plate_that_is_not_there_is_not_told() -> None:
    """Nor one at another place, whatever it says."""
    away = tuple((x + 200, y) for x, y in CORNERS)
    nothing = replace(THERE, looks=(replace(LOOK, plates=()),))
    for there in (nothing, seeing(corners=away)):
        found = sights(HERE, there)
        assert (found.plates, found.told, found.legible, found.legible_told) == (1, 0, 1, 0)
        assert found.more == len(there.looks[0].plates)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, 0),
        ({"text": "AB12CDF"}, 1),
        ({"confidence": 0.9}, 1),
        ({"found": 0.7}, 1),
        ({"corners": tuple((x + 2, y) for x, y in CORNERS)}, 1),
    ],
)
def test_a_plate_that_differs_by_more_than_is_promised_is_told(
    changes: dict[str, object], broken: int
) -> None:
    """Text, confidence, detection and corner, each by itself."""
    assert len(sighted("Cortex-A72", HERE, seeing(**changes)).broken) == broken


def test_a_films_frames_are_held_to_their_colours_and_to_what_is_legible() -> None:
    """Not to a corner: both machines look at other pixels."""
    here = replace(HERE, looks=(replace(LOOK, name="lane.mp4#38"),))

    def there(plate: Seen, levels: int) -> Record:
        other = replace(LOOK, name="lane.mp4#38", plates=(plate,))
        return replace(THERE, looks=(replace(other, runs=(replace(RUN, given=GIVEN + levels),)),))

    moved = replace(PLATE, corners=tuple((x + 2, y) for x, y in CORNERS), confidence=0.8)
    assert filmed("Cortex-A72", here, there(moved, 3)).broken == ()
    assert len(filmed("Cortex-A72", here, there(PLATE, 30)).broken) == 1
    assert len(filmed("Cortex-A72", here, there(replace(PLATE, text="AB12CDF"), 3)).broken) == 1
    assert sighted("Cortex-A72", here, there(PLATE, 30)).broken == (), "no photograph"


def test_answers_beyond_the_bound_are_told() -> None:
    """With the processor, the model and both numbers."""
    far = replace(THERE, answers=(stored(-128, 0, 99, 127),))
    assert answered("Cortex-A72", HERE, THERE).broken == ()
    (told,) = answered("Cortex-A72", HERE, far).broken
    assert told.startswith("Cortex-A72: detect: 94 steps")


@pytest.mark.parametrize(
    "there",
    [
        [],
        [TOLD | {"plate": "AB12CDF"}],
        [TOLD | {"reads": 8}],
        [TOLD | {"confidence": 0.5}],
        [TOLD, TOLD],
    ],
)
def test_passages_that_differ_are_told(there: list[dict[str, object]]) -> None:
    """In text, count, confidence or number; no passage at all is no success."""
    assert replayed([TOLD], [TOLD]).broken == ()
    assert replayed([TOLD], there).broken
    assert replayed([], []).broken
