"""Ids and dates: repeatable for a recording, of now for a camera, in order of time for both."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from appliance.domain import Box
from appliance.stamp import LiveStamp, RecordedStamp
from tests.conftest import SETTLED

CLIP = Path("/recordings/lane.mp4")
BEGUN_MS = 1_795_224_030_000


def recorded(source: Path = CLIP, begun_ms: int = BEGUN_MS, unit: str = "pole-7") -> RecordedStamp:
    """The stamp of a recording, at its beginning."""
    return RecordedStamp(source, begun_ms, unit)


def uuids(stamp: RecordedStamp, count: int = 3) -> list[str]:
    """The ids of `count` passages, one a second."""
    return [stamp(replace(SETTLED, first_at=float(second))).uuid for second in range(count)]


OTHERS = {
    "another file": recorded(source=CLIP.with_name("other.mp4")),
    "another date": recorded(begun_ms=BEGUN_MS + 1),
    "another unit": recorded(unit="pole-8"),
}


def test_the_same_recording_gives_the_same_ids() -> None:
    """Whoever collects passages drops repeats by the id."""
    assert uuids(recorded()) == uuids(recorded())


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_the_same_recording_gives_other_ids(name: str) -> None:
    """No id of one is an id of the other."""
    assert not set(uuids(recorded())) & set(uuids(replace(OTHERS[name])))


def test_two_passages_of_one_moment_have_two_ids() -> None:
    """Two vehicles may leave in the same frame."""
    stamp = recorded()
    assert stamp(SETTLED).uuid != stamp(replace(SETTLED, track=2)).uuid


def test_a_track_has_the_same_id_early_and_late() -> None:
    """Of a recording by what does not change; of a camera by what it was told with."""
    early = replace(SETTLED, last_frame=20, last_at=100.5, box=Box(10.0, 440.0, 208.0, 491.0))
    assert recorded()(early).uuid == recorded()(SETTLED).uuid
    assert recorded()(early).epoch_ms == recorded()(SETTLED).epoch_ms - 1340
    live = LiveStamp(lambda: "ntp")
    told = live(early).uuid
    assert live(SETTLED, told).uuid == told


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=9, unique=True))
def test_ids_of_a_recording_sort_by_time(last_ms: list[int]) -> None:
    """A ULID begins with its time; a database keeps them in order without being told."""
    stamp = recorded()
    stamped = [stamp(replace(SETTLED, first_at=ms / 1000, last_at=ms / 1000)) for ms in last_ms]
    by_id = sorted(stamped, key=lambda s: s.uuid)
    assert [s.epoch_ms for s in by_id] == sorted(BEGUN_MS + ms for ms in last_ms)


def test_an_id_is_a_ulid_of_its_time() -> None:
    """Its own library reads from it when the vehicle came; the passage has when it left."""
    stamped = recorded()(SETTLED)
    assert ULID.from_str(stamped.uuid).milliseconds == BEGUN_MS + 100_000
    assert stamped.epoch_ms == BEGUN_MS + 101_840


def test_nobody_vouches_for_the_time_of_a_recording() -> None:
    """A file's date is no clock, and what it shows is never fresh."""
    stamped = recorded()(SETTLED)
    assert stamped.clock == "none"


def test_a_live_passage_has_the_time_of_its_last_sighting() -> None:
    """Now less the time since then, which is monotonic; it carries the clock's trust."""
    settled = replace(SETTLED, last_at=time.monotonic() - 5)
    earliest = time.time() * 1000 - 5000
    stamped = LiveStamp(lambda: "ntp")(settled)
    latest = time.time() * 1000 - 5000
    assert earliest - 2 <= stamped.epoch_ms <= latest + 2
    assert stamped.clock == "ntp"


def test_ids_of_a_camera_are_new_and_sort_by_time() -> None:
    """Ids of different milliseconds are in order; none comes twice."""
    stamp = LiveStamp(lambda: "none")
    seen = [stamp(replace(SETTLED, last_at=time.monotonic())).uuid for _ in range(50)]
    moments = [ULID.from_str(uuid).milliseconds for uuid in seen]
    assert len(set(seen)) == 50
    assert moments == sorted(moments)
