"""Motion saves work, and never a vehicle."""

from __future__ import annotations

import copy
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.capture.motion import AFTER_MOTION_S, AFTER_PLATE_S, IDLE_S, Motion
from appliance.config import Lane

RATE = 25
SHAPE = (240, 320)
NOISES = np.random.default_rng(6).normal(0, 1, (16, *SHAPE)).astype(np.float32)
TURN = count()


def lane(deviation: float = 0.0, level: float = 60.0) -> NDArray[np.uint8]:
    """An empty one, with the noise of a sensor."""
    if not deviation:
        return np.full(SHAPE, level, np.uint8)
    noise = NOISES[next(TURN) % len(NOISES)]
    return np.clip(level + deviation * noise, 0, 255).astype(np.uint8)


def shown(motion: Motion, pictures: list[NDArray[np.uint8]], begun: float = 0.0) -> list[bool]:
    """Which of them it wants, at 25 a second."""
    return [motion.wants(each, begun + n / RATE) for n, each in enumerate(pictures)]


def settled(seconds: float = 5.0, deviation: float = 0.0) -> Motion:
    """One that has seen an empty lane until the time 0."""
    motion = Motion()
    shown(motion, [lane(deviation) for _ in range(round(seconds * RATE))], -seconds)
    return motion


IDLE = settled(3)


@pytest.mark.parametrize("deviation", [0.0, 4.0, 12.0])
def test_noise_does_not_move(deviation: float) -> None:
    """12 levels is what a small sensor has at its highest gain: an empty night stays idle."""
    wanted = shown(settled(8, deviation), [lane(deviation) for _ in range(250)])
    assert sum(wanted) == pytest.approx(10 / IDLE_S, abs=2)


@pytest.mark.parametrize(("size", "step"), [((40, 40), 20), ((16, 16), 40), ((60, 90), 10)])
def test_who_comes_is_seen_in_the_frame_in_which_it_comes(size: tuple[int, int], step: int) -> None:
    """A small one that stands out, a large one that hardly does; and for a while every frame."""
    motion = settled(8, 4.0)
    there = lane(4.0)
    there[100 : 100 + size[0], 100 : 100 + size[1]] += np.uint8(step)
    wanted = shown(motion, [there] * round(AFTER_MOTION_S * RATE))
    assert all(wanted)


@given(
    speed=st.floats(0, 3),
    contrast=st.integers(0, 150),
    frames=st.integers(20, 60),
)
@settings(max_examples=25, deadline=None)
def test_nothing_is_unseen_for_longer_than_the_idle_time(
    speed: float, contrast: int, frames: int
) -> None:
    """However slowly it creeps, and however little it stands out."""
    motion, last = copy.deepcopy(IDLE), 0.0
    for number in range(frames):
        picture = lane()
        left = min(240, round(speed * number))
        picture[100:160, left : left + 80] += np.uint8(contrast)
        at = number / RATE
        if motion.wants(picture, at):
            assert at - last <= IDLE_S + 1.01 / RATE
            last = at
    assert frames / RATE - last <= IDLE_S + 1.01 / RATE


def test_while_a_plate_is_in_sight_every_frame_is_looked_at() -> None:
    """And after it for longer than a vehicle may be hidden without being another."""
    motion = settled()
    motion.notice(0.0)
    empty = lane()
    assert all(shown(motion, [empty] * round(AFTER_PLATE_S * RATE)))
    assert not all(shown(motion, [empty] * RATE, AFTER_PLATE_S + 0.1))
    longest = next(m.le for m in Lane.model_fields["gone_s"].metadata if hasattr(m, "le"))
    assert longest + 1 < AFTER_PLATE_S


def test_foliage_is_learned_and_who_comes_before_it_is_seen() -> None:
    """What always moves there is no motion after a minute; a vehicle is more than that."""
    motion = Motion()

    def swaying(number: int) -> NDArray[np.uint8]:
        picture = lane(3.0)
        picture[:80] += np.uint8(6 + round(6 * np.sin(number)))
        return picture

    shown(motion, [swaying(n) for n in range(60 * RATE)], -60)
    quiet = shown(motion, [swaying(n) for n in range(5 * RATE)])
    assert sum(quiet) < len(quiet) / 3
    comes = swaying(0)
    comes[20:60, 100:160] = 120
    assert motion.wants(comes, 5.0)


def test_a_lamp_that_goes_on_is_a_reason_to_look() -> None:
    """Any change of the whole picture is."""
    assert settled().wants(lane(level=80), 0.0)
