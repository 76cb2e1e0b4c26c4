"""The journeys: what breaks one off is told, and no power stays on."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tools.machine.releases import Signers
from tools.machine.results import Results
from tools.machine.scene import Scene
from tools.machine.trial import journeys_of, side_by_side
from tools.machine.unit import LateError

STRANGER = Signers(Path("keys"), Path("crt"), Path("key"))


class Power:
    """Stands for a board that is on or off."""

    def __init__(self) -> None:
        """Off."""
        self.is_on, self.stops_at_try, self.history = False, False, list[str]()

    def boot(self) -> float:
        """On."""
        self.is_on = True
        self.history.append("boot")
        return 1.0

    def cut(self) -> None:
        """Off."""
        self.is_on = False
        self.history.append("cut")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """An empty table."""
    return Results(tmp_path / "results.jsonl")


@pytest.fixture
def board() -> Power:
    """Without power."""
    return Power()


@pytest.fixture
def scene(results: Results, board: Power) -> Scene:
    """With as much of a unit as a journey needs."""
    unit = SimpleNamespace(name="road-1", board=board)
    return cast("Scene", SimpleNamespace(unit=unit, results=results, boot=board.boot))


def _raising(fault: Exception) -> Callable[[Scene], None]:
    def step(_: Scene) -> None:
        raise fault

    return step


def _failed(results: Results) -> list[tuple[str, str]]:
    return [(line.part, line.found) for line in results.lines if not line.is_right]


def test_a_step_that_breaks_off_is_a_line(results: Results, board: Power, scene: Scene) -> None:
    """The next step begins with power off and on."""
    steps = {"update": _raising(LateError("online: not within 9 s")), "cuts": lambda _: None}
    side_by_side([(scene, steps)], results)
    assert _failed(results) == [("update on road-1", "LateError: online: not within 9 s")]
    assert board.history == ["boot", "cut", "boot", "cut"]


def test_what_nobody_thought_of_is_a_line_too(results: Results, board: Power, scene: Scene) -> None:
    """A journey that ends by a slip of the test's own is not as expected, and its power goes."""
    side_by_side([(scene, {"update": _raising(TypeError("a slip"))})], results)
    assert _failed(results) == [("journey of road-1", "TypeError: a slip")]
    assert not board.is_on


def _asked(*only: str) -> Namespace:
    return Namespace(only=list(only), cuts=(1, 1, 1), seed=7)


def test_only_what_is_asked_for() -> None:
    """Boards with none of the steps stay away."""
    journeys = journeys_of(_asked("hang", "start"), STRANGER)
    assert {name: list(steps) for name, steps in journeys.items()} == {"road-3": ["start", "hang"]}


def test_a_step_that_is_not_there_is_told() -> None:
    """Else nothing at all would be tried, and all of it be as expected."""
    with pytest.raises(SystemExit, match="--only boots: expected some of boot update"):
        journeys_of(_asked("boots"), STRANGER)


def test_each_journey_ends_with_what_was_delivered() -> None:
    """A step has one name among all boards, by which it is asked for and measured."""
    names = [step for steps in journeys_of(_asked(), STRANGER).values() for step in steps]
    assert len(names) == len(set(names))
    assert {list(steps)[-1] for steps in journeys_of(_asked(), STRANGER).values()} == {
        "delivered",
        "told",
        "sent",
    }
