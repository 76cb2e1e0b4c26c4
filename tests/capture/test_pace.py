"""When a network camera's frame was taken, and whether a newer one waits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.capture.live import OVERTAKE_S
from appliance.capture.pace import BUFFERED, JITTER_S, DevicePace, StreamPace

RATE = 25.0
STEP_S = 1 / RATE


class Lane:
    """A lane at a camera, in simulated time.

    Args:
        late_s: how long each frame is on its way.
        decode_s: what it takes to decode one.
        told: whether frames have times.
    """

    def __init__(self, late_s: Sequence[float], decode_s: float = 0.004, told: bool = True) -> None:
        self.arrives = np.maximum.accumulate(STEP_S * np.arange(len(late_s)) + late_s)
        self.pace, self.decode_s, self.told = StreamPace(RATE), decode_s, told
        self.now, self.next = 0.0, 0

    def look(self) -> tuple[int, float]:
        """The number of the newest frame, and when it is thought to have been taken."""
        begun = self.now
        while True:
            asked = self.now
            self.now = max(asked, self.arrives[self.next]) + self.decode_s
            stamp = STEP_S * (self.next + 1) if self.told else 0.0
            seen = self.pace.seen(stamp, asked, self.now)
            self.next += 1
            if seen.is_newest or self.now - begun > OVERTAKE_S:
                return self.next - 1, seen.at

    def drive(self, turn_s: float, until_s: float) -> list[tuple[float, int, float]]:
        """Looks with a turn of the lane between them: when, which frame, and its time."""
        looks = []
        while self.now < until_s:
            number, at = self.look()
            looks.append((self.now, number, at))
            self.now += turn_s
        return looks


@pytest.mark.parametrize("turn_s", [0.0, 0.03, 0.1, 0.25])
@pytest.mark.parametrize("decode_s", [0.001, 0.015, 0.03])
@pytest.mark.parametrize("burst_s", [0.0, 1.5])
def test_the_lane_sees_what_is_there_now(turn_s: float, decode_s: float, burst_s: float) -> None:
    """However long its turns, and whatever waited at the start, after a dozen seconds at most.

    On a board that takes most of the time between two frames to decode one that is JITTER_S late.
    """
    lane = Lane([0.0] * 1000, decode_s)
    lane.now = burst_s  # FFmpeg has looked at so much of the stream before it gives the first
    looks = [look for look in lane.drive(turn_s, 30) if look[0] > 12]
    late = max(now - decode_s - STEP_S * number for now, number, _ in looks)
    assert late <= (2 * STEP_S if decode_s < STEP_S / 2 else JITTER_S + STEP_S)


@pytest.mark.parametrize("told", [True, False])
def test_a_lane_that_is_fast_enough_sees_every_frame(told: bool) -> None:
    """None is taken for one that waited."""
    looks = Lane([0.0] * 500, told=told).drive(0.001, 10)
    assert np.diff([number for _, number, _ in looks[5:]]).max() == 1


def test_a_stream_faster_than_it_says_is_not_passed_over_for_ever() -> None:
    """One that says 25 frames a second and gives 60, without times."""
    pace = StreamPace(RATE)
    assert all(pace.seen(0.0, n / 60, (n + 1) / 60).is_newest for n in range(20))


@given(st.lists(st.floats(0, 0.2), min_size=200, max_size=200), st.sampled_from([0.0, 0.05, 0.2]))
def test_a_frame_s_time_never_goes_back_nor_ahead_of_now(late_s: list[float], turn: float) -> None:
    """Whatever the network does."""
    looks = Lane(late_s).drive(turn, 4.0)
    times = [at for _, _, at in looks]
    assert times == sorted(times)
    assert all(at <= now for now, _, at in looks)


def test_times_are_those_of_the_exposures() -> None:
    """Up to a constant: what jitters on the way does not show, so that speeds can be told."""
    late_s = np.random.default_rng(1).uniform(0.0, 0.08, 1000)
    looks = Lane(late_s.tolist()).drive(0.05, 30)[100:]
    off = [at - STEP_S * number for _, number, at in looks]
    assert max(off) - min(off) < 0.015
    assert np.ptp([now - STEP_S * number for now, number, _ in looks]) > 0.03


def test_the_age_of_what_waited_is_known() -> None:
    """Three seconds without a frame, and then all of them at once: the first is that old."""
    lane = Lane([0.0] * 100 + list(np.maximum(0.0, 3 - STEP_S * np.arange(200))))
    lane.drive(0.0, 3.9)
    before = lane.next
    seen = lane.pace.seen(STEP_S * (before + 1), 3.9, STEP_S * before + 3.0)
    assert 3.0 - seen.at + STEP_S * before > 3.0 - JITTER_S
    assert not seen.is_newest


def test_a_stream_whose_time_jumps_begins_anew() -> None:
    """Cameras set their clocks while they film."""
    pace = StreamPace(RATE)
    for n in range(50):
        pace.seen(100 + n * STEP_S, n * STEP_S, (n + 1) * STEP_S)
    assert pace.seen(7.0, 2.0, 2.04).at == 2.04
    assert pace.seen(7.04, 2.04, 2.08).at == pytest.approx(2.08)
    assert pace.seen(900.0, 2.08, 2.12).at == pytest.approx(2.12)


def test_a_clock_that_goes_slower_than_ours_is_followed() -> None:
    """By a tenth of a second in a thousand."""
    pace = StreamPace(RATE)
    for n in range(1, 20_000):
        now = n * STEP_S * 1.0001
        at = pace.seen(n * STEP_S, now - STEP_S, now).at
    assert now - at < 0.001


@pytest.mark.parametrize(
    ("stamp", "at"), [(99.96, 99.96), (0.0, 100.0), (98.5, 100.0), (100.1, 100.0), (1.8e9, 100.0)]
)
def test_a_device_s_time_is_believed_where_it_can_be(stamp: float, at: float) -> None:
    """V4L2's is monotonic; another clock's is not taken for it."""
    assert DevicePace().seen(stamp, 99.9, 100.0).at == at


def test_a_device_keeps_four_frames_at_most() -> None:
    """What comes at once after them is new: a driver that never blocks is not drained for ever."""
    pace = DevicePace()
    seen = [pace.seen(0.0, 1.0, 1.0).is_newest for _ in range(2 * BUFFERED + 2)]
    assert seen == ([False] * BUFFERED + [True]) * 2
