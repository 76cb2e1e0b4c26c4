"""How results look to a person."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance import report
from appliance.capture.video import RecordedCamera
from appliance.domain import Box, Candidate, Detection, Quad, Read
from appliance.errors import GatepostError
from appliance.recognize.recognizer import Examination, Plate
from appliance.resolve.story import Story
from tests.capture.test_camera import PICTURES, folder_of
from tests.conftest import PASSAGE, SETTLED

IMAGE = np.full((240, 320, 3), 90, np.uint8)
QUAD = Quad(((100.04, 100.0), (180.0, 104.26), (180.0, 124.0), (100.0, 120.0)))
READ = Read(
    text="AB12CDE",
    confidence=0.96712,
    characters=(0.99, 0.98765, 1.0, 1.0, 1.0, 1.0, 1.0),
    candidates=(Candidate("AB12CDE", 0.96712), Candidate("AB12CDF", 0.0214)),
    region="gb",
    region_confidence=0.99,
    format_ok=True,
)
PLATE = Plate(Detection(QUAD, 0.81236), READ)
SILENT = Plate(Detection(QUAD, 0.5), Read("", 0.0, (), ()))
FOREIGN = Plate(Detection(QUAD, 0.5), replace(READ, region=None, format_ok=False))
PATH = Path("drive/car.jpg")


def examined(*plates: Plate) -> Examination:
    """An examination with these plates."""
    return Examination(plates, 12.345, 6.789)


def test_the_object_of_a_photograph() -> None:
    """Exactly the keys that are promised, in pixels of the picture, rounded, fit for JSON."""
    made = report.examination_object(PATH, IMAGE, examined(PLATE))
    assert json.loads(json.dumps(made)) == {
        "image": "drive/car.jpg",
        "width": 320,
        "height": 240,
        "plates": [
            {
                "plate": "AB12CDE",
                "confidence": 0.9671,
                "box": [100.0, 100.0, 180.0, 124.0],
                "quad": [[100.0, 100.0], [180.0, 104.3], [180.0, 124.0], [100.0, 120.0]],
                "region": "gb",
                "format_ok": True,
                "characters": [0.99, 0.9877, 1.0, 1.0, 1.0, 1.0, 1.0],
                "candidates": [
                    {"plate": "AB12CDE", "confidence": 0.9671},
                    {"plate": "AB12CDF", "confidence": 0.0214},
                ],
            }
        ],
        "ms": {"detect": 12.3, "read": 6.8},
    }


def test_an_empty_photograph_has_an_empty_list() -> None:
    """And a plate that cannot be read an empty text."""
    assert report.examination_object(PATH, IMAGE, examined())["plates"] == []
    (plate,) = report.examination_object(PATH, IMAGE, examined(SILENT))["plates"]
    assert (plate["plate"], plate["region"], plate["candidates"]) == ("", None, [])


LINES = {
    "one plate": ([PLATE], "drive/car.jpg: AB12CDE 0.97 gb"),
    "two plates": ([PLATE, FOREIGN], "drive/car.jpg: AB12CDE 0.97 gb, AB12CDE 0.97"),
    "illegible": ([SILENT], "drive/car.jpg: not legible"),
    "none": ([], "drive/car.jpg: no plate"),
}


@pytest.mark.parametrize("name", LINES)
def test_the_line_of_a_photograph(name: str) -> None:
    """File, plates with confidence and region, best first."""
    plates, line = LINES[name]
    assert report.examination_line(PATH, examined(*plates)) == line


def test_the_line_of_a_passage_fits_its_head() -> None:
    """Number, time in UTC, plate, confidence, agreement, region and direction, in columns."""
    line = report.passage_line(PASSAGE, 17)
    words = line.split()
    assert words == ["17", "2026-11-21", "01:20:30Z", "AB12CDE", "0.97", "7", "of", "9", "gb",
                     "approaching"]  # fmt: skip
    for title, text in (("no", "17"), ("plate", "AB12CDE"), ("region", "gb")):
        start = report.PASSAGE_HEAD.index(title)
        assert text in line[start : start + 8], title


def test_a_passage_without_region_has_a_dash() -> None:
    """A column is never empty: the lines stay fit for awk."""
    settled = replace(SETTLED, read=replace(SETTLED.read, region=None))
    assert report.passage_line(replace(PASSAGE, settled=settled), 1).split()[-2] == "-"


def test_drawing_leaves_the_photograph_as_it_is() -> None:
    """It draws into a copy, round the plate and above it."""
    photograph = IMAGE.copy()
    photograph.flags.writeable = False
    drawn = report.draw(photograph, examined(PLATE))
    assert drawn.shape == IMAGE.shape
    rows, columns = np.nonzero((drawn != IMAGE).any(2))
    assert rows.min() < 100
    assert (columns.min() <= 100, rows.max() >= 123) == (True, True)


BOXES = {
    "at the top": Box(100, 0, 180, 20),
    "at the bottom right": Box(300, 225, 320, 240),
    "outside": Box(-90, -90, -10, -40),
    "the whole picture": Box(0, 0, 320, 240),
}


@pytest.mark.parametrize("name", BOXES)
def test_a_plate_at_the_edge_can_be_drawn(name: str) -> None:
    """Whatever of it is in the picture; the size stays."""
    box = BOXES[name]
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    plate = replace(PLATE, detection=Detection(Quad(corners), 0.9))
    assert report.draw(IMAGE, examined(plate)).shape == IMAGE.shape


def test_a_picture_is_written_into_a_new_folder(tmp_path: Path) -> None:
    """In the format of its suffix."""
    path = tmp_path / "new" / "deeper" / "car.png"
    report.save_picture(path, IMAGE)
    assert np.array_equal(cv2.imread(str(path)), IMAGE)


def test_what_cannot_be_written_is_a_fault_with_its_name(tmp_path: Path) -> None:
    """A file where the folder should be, and a suffix that is no picture's."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "car.png", tmp_path / "car.xyz"):
        with pytest.raises(GatepostError, match="cannot be written") as caught:
            report.save_picture(path, IMAGE)
        assert str(caught.value).startswith(f"{path}: ")


def test_a_shown_recording_gives_the_same_frames(tmp_path: Path) -> None:
    """The bar only looks on; closing reaches the recording."""
    recorded = RecordedCamera(folder_of(PICTURES, tmp_path / "pictures"))
    shown = report.Shown(recorded)
    assert [frame.number for frame in shown.frames()] == [0, 1, 2, 3, 4]
    shown.close()
    assert list(recorded.frames()) == []


def test_no_bar_where_nobody_watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A journal or a pipe gets no carriage returns."""
    recorded = RecordedCamera(folder_of(PICTURES, tmp_path / "pictures"))
    assert len(list(report.Shown(recorded).frames())) == 5
    assert capsys.readouterr().err == ""


STORY = Story(
    settled=replace(SETTLED, track=4, early_text="AB12CDF", crossed="in"),
    outcome="passage",
    seen=12,
    texts=(("AB12CDE", 9), ("", 1), *((f"X{n}", 1) for n in range(5))),
    faults=(("cut off", 2), ("too small", 1)),
    widths=(40.2, 90.7),
    told=replace(SETTLED, early=True, read=replace(READ, text="AB12CDF"), last_frame=9),
)


@pytest.mark.parametrize(("most", "is_told"), [("AB12CDE", False), ("AB12CD", True)])
def test_a_text_that_is_read_more_often_and_loses_is_explained(
    most: str,
    is_told: bool,  # a case
) -> None:
    """The figures alone would look like a miscount: reads that agree, fewer than of another."""
    texts = (("", 99), (most, 82), ("AB12CDE", 57))
    told = report.story_text(replace(STORY, texts=texts))
    assert (f"voted AB12CDE, though {most} was read at least as often" in told) == is_told


def test_the_story_of_a_passage() -> None:
    """Its figures, its reads, what did not vote, what was said early and is not true."""
    told = report.story_text(STORY).splitlines()
    assert told[0].startswith(f"track 4: passage {SETTLED.read.text} ")
    assert "seen 12 times, 40 to 91 px wide" in told[1]
    assert told[2].startswith("  read: AB12CDE 9 times, nothing once, X0 once")
    assert told[2].endswith("and 2 more")
    assert told[3:] == [
        "  did not vote: cut off 2 times, too small once",
        "  settled early in frame 9 as AB12CDF, unlike its record",
        "  crossed the line going in",
    ]


def test_the_story_of_a_rejection() -> None:
    """Its name, and no line about what did not happen."""
    story = replace(STORY, settled=SETTLED, outcome="duplicate", faults=(), told=None)
    told = report.story_text(story).splitlines()
    assert told[0].startswith(f"track 0: rejected, duplicate ({SETTLED.read.text} ")
    assert len(told) == 3
