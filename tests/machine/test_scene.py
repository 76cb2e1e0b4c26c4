"""Steps that wait: what they take for what they wait for."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tools.machine import scene as module
from tools.machine.board import Run
from tools.machine.broker import Heard
from tools.machine.card import BOOT_A, BOOT_B
from tools.machine.firmware import Start
from tools.machine.scene import Scene
from tools.machine.unit import LateError, Unit


def _scene(word: bytes, partition: int = BOOT_A) -> Scene:
    """Of a board whose last start at 20 s was of a partition; the broker heard a word at 21 s."""
    runs = [
        Run(Start(BOOT_B, is_try=True), Path("first"), 10.0, 20.0, "restart"),
        Run(Start(partition, is_try=False), Path("second"), 20.0),
    ]
    heard = Heard(21.0, "availability", word, was_kept=False)
    broker = SimpleNamespace(heard=lambda _unit, _topic, since: [heard] if since <= 21 else [])
    board = SimpleNamespace(runs=runs, fault="")
    unit = Unit("road-3", board, SimpleNamespace(broker=broker))
    return cast("Scene", SimpleNamespace(unit=unit))


def test_a_slot_is_back_when_it_is_online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the broker says of the start before that it is gone."""
    monkeypatch.setattr(module, "FALL_BACK_S", 0.0)
    Scene.fall_back(_scene(b"online"), BOOT_A, 10.0)
    with pytest.raises(LateError, match="back in slot A"):
        Scene.fall_back(_scene(b"offline"), BOOT_A, 10.0)


def test_the_other_slot_is_not_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is online there."""
    monkeypatch.setattr(module, "FALL_BACK_S", 0.0)
    with pytest.raises(LateError, match="back in slot A"):
        Scene.fall_back(_scene(b"online", BOOT_B), BOOT_A, 10.0)


def test_a_trial_is_over_when_the_slot_that_stays_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said before its start, or while the trial went on, counts for nothing."""
    monkeypatch.setattr(module, "TRIAL_S", 0.0)
    heard = [
        Heard(19.0, "release", b'{"trial": null, "version": "1.0.0"}', was_kept=False),
        Heard(21.0, "release", b'{"trial": {"starts": 1}, "version": "1.0.0"}', was_kept=False),
    ]
    scene = _scene(b"online")
    broker = SimpleNamespace(
        heard=lambda _unit, _topic, at: [each for each in heard if each.at > at]
    )
    cameras = SimpleNamespace(haste=lambda _unit: nullcontext())
    unit = Unit("road-3", scene.unit.board, SimpleNamespace(broker=broker, cameras=cameras))
    asked = Scene(unit, *[None] * 5)  # type: ignore[arg-type]  # nobody asks these
    monkeypatch.setattr(Scene, "committed", lambda _scene: BOOT_A)
    with pytest.raises(LateError, match="the trial's end"):
        asked.settle()
    heard.append(Heard(22.0, "release", b'{"trial": null, "version": "2.0.0"}', was_kept=False))
    assert asked.settle()["version"] == "2.0.0"
