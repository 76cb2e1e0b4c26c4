"""A real toll lane, and a cut in a recording: what `gatepost replay` makes of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import cv2
import pytest

from appliance import sight
from appliance.__main__ import main
from appliance.capture.video import RecordedCamera
from appliance.config import Config
from appliance.domain import Detection, Quad, Sighting
from appliance.recognize.recognizer import read_plate
from appliance.resolve.judge import FEW, LETTERING
from tests.capture.test_camera import clip_of
from tests.test_delivery import CLIP as LANE

CLIP = Path(__file__).parents[2] / "shared" / "plates" / "clips" / "toll_gate.mp4"
CUT = 153
"""The frame with which the recording jumps to another moment; seen by eye."""
BURNED_IN, LETTERS = "14B02819T", Quad(((1108, 4), (1277, 4), (1277, 40), (1108, 40)))
"""The last word of the camera's own line, and where it stands; seen by eye."""
SHARED = pytest.mark.skipif(not CLIP.exists(), reason="the shared pictures are not here")
Track = tuple[int, int, str]


def replayed(clip: Path, capsys: pytest.CaptureFixture[str]) -> tuple[list[Track], list[str], str]:
    """First frame, last frame and outcome of every track; the passages; all that was explained."""
    assert main(["replay", "--json", "--explain", str(clip)]) == 0
    said = capsys.readouterr()
    found = re.findall(r"track \d+: (.*)\n  frames (\d+) to (\d+)", said.err)
    return [(int(a), int(b), how) for how, a, b in found], said.out.splitlines(), said.err


@SHARED
def test_the_toll_gate_gives_its_three_passages(capsys: pytest.CaptureFixture[str]) -> None:
    """In order, with directions, and nothing else; no track lives through the recording's cut."""
    tracks, lines, told = replayed(CLIP, capsys)
    passages = [json.loads(line) for line in lines]
    assert [(p["plate"], p["direction"]) for p in passages] == [
        ("34A36837", "approaching"),
        ("34A23126", "approaching"),
        ("89C20339", "approaching"),
    ]
    assert len(tracks) >= 3
    assert not [track for track in tracks if track[0] < CUT <= track[1]]
    rest = [how for _, _, how in tracks if not how.startswith("passage")]
    assert all(re.match(r"rejected, [a-z ]+ \(", how) for how in rest)
    assert f"passage {BURNED_IN}" not in told


@SHARED
def test_burned_in_text_that_looks_like_a_plate_is_rejected_by_name() -> None:
    """Were the detector to take it for one: it is read well, in every frame, at the same place."""
    tracker, reader = sight.build_tracker(Config()), sight.build_reader(Config())
    read = Counter[str]()
    for frame in islice(RecordedCamera(CLIP).frames(), 0, 90, 3):
        seen = Sighting(
            frame.number,
            frame.at,
            Detection(LETTERS, 0.9),
            read_plate(reader, frame.image, LETTERS),
        )
        read[seen.read.text] += 1
        assert tracker.update(frame.at, frame.size, [seen], frame.cut) == []
    assert read.most_common(1)[0][0] == BURNED_IN
    assert tracker.flush() == []
    assert tracker.rejected[LETTERING] == 1
    assert set(tracker.rejected) <= {LETTERING, FEW}  # a frame that reads differently stands alone


@SHARED
def test_the_clip_is_cut_once() -> None:
    """Where a person sees it, though cars drive through the picture."""
    assert [frame.number for frame in RecordedCamera(CLIP).frames() if frame.cut] == [CUT]


@SHARED
def test_a_cut_ends_every_track(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A car that stands there after it as before is a track of its own, and the same vehicle."""
    car = [frame.image for frame in islice(RecordedCamera(CLIP).frames(), 30)]
    height, width = car[0].shape[:2]
    other = [frame.image for frame in islice(RecordedCamera(LANE).frames(), 3)]
    between = [cv2.resize(image, (width, height)) for image in other]
    clip = clip_of([*car[:15], *between, *car[15:]], tmp_path / "spliced.avi", 18)
    tracks, lines, _ = replayed(clip, capsys)
    assert [json.loads(line)["plate"] for line in lines] == ["34A36837"]
    assert sorted((a, b) for a, b, _ in tracks if b - a > 10) == [(0, 14), (18, 32)]
    assert any(how.startswith("rejected, duplicate") for _, _, how in tracks)
