"""`gatepost aim` on a recording, on photographs and at what is configured."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from appliance.__main__ import main
from appliance.capture.video import RecordedCamera, load_picture
from appliance.commands import aim
from appliance.source import Source
from appliance.stamp import LiveStamp
from tests.test_commands import TRUTH
from tests.test_delivery import CLIP

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "appliance/schema/state.json").read_text(encoding="utf-8")
)
AIM = SCHEMA["properties"]["aim"] | {"$defs": SCHEMA["$defs"]}
SHOWN_AT = (38, 88, 90, 150, 209, 225)  # one frame of each vehicle of the clip, near its end


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six frames of the recording as files."""
    folder = tmp_path_factory.mktemp("photographs")
    frames = {f.number: f.image for f in RecordedCamera(CLIP).frames() if f.number in SHOWN_AT}
    paths = [folder / f"{number}.png" for number in frames]
    for path, image in zip(paths, frames.values(), strict=True):
        cv2.imwrite(str(path), image)
    return paths


@pytest.fixture(scope="module")
def start_of_the_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its first 60 frames, with one vehicle, as a folder."""
    folder = tmp_path_factory.mktemp("start")
    for frame in islice(RecordedCamera(CLIP).frames(), 60):
        cv2.imwrite(str(folder / f"{frame.number:04}.png"), frame.image)
    return folder


def test_photographs_have_a_verdict(
    photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each stands for a vehicle; the object is the one of the state, and no plate is in it."""
    drawn = tmp_path / "drawn.png"
    code = main(["aim", "--json", "--draw", str(drawn), *map(str, photographs)])
    said = capsys.readouterr().out
    told = json.loads(said)
    jsonschema.validate(told, AIM)
    assert told["vehicles"] == len(SHOWN_AT)
    assert told["read"] >= 5
    assert told["px_per_char"] > 10
    assert told["reads"] is None
    assert code == (0 if told["ready"] else 1)
    assert not any(vehicle["text"] in said for vehicle in TRUTH["vehicles"])
    assert load_picture(drawn).shape[1] > load_picture(photographs[0]).shape[1]


def test_a_recording_tells_each_vehicle(
    start_of_the_clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it goes by, then what is known; one vehicle is no verdict."""
    code = main(["aim", str(start_of_the_clip)])
    first, verdict, *figures = capsys.readouterr().out.splitlines()
    assert first.startswith("   1: ")
    assert verdict == "no verdict yet: 1 of 5 vehicles seen"
    assert any(line.startswith("  pixels a character") for line in figures)
    assert code == 1


def test_who_is_in_sight_at_the_end_has_a_line_too(
    start_of_the_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a vehicle, as many as the verdict counts; the JSON object stands alone."""
    short = tmp_path / "short"
    short.mkdir()
    for frame in sorted(start_of_the_clip.iterdir())[:40]:
        (short / frame.name).symlink_to(frame)
    main(["aim", str(short)])
    first, verdict, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("   1: ")
    assert verdict == "no verdict yet: 1 of 5 vehicles seen"
    main(["aim", "--json", str(short)])
    assert json.loads(capsys.readouterr().out)["vehicles"] == 1


def test_without_a_source_the_configured_camera_is_watched(
    start_of_the_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until enough vehicles have gone by, or it ends."""
    config = tmp_path / "gatepost.toml"
    config.write_text(f'[camera]\nsource = "{start_of_the_clip}"\n')
    assert main(["aim", "--config", str(config), "--vehicles", "1", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["vehicles"] == 1


def test_a_camera_that_passes_over_an_idle_lane_is_told_of_plates(
    start_of_the_clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else who stands still would be seen in fewer frames than by the unit."""
    noticed: list[float] = []
    camera = RecordedCamera(start_of_the_clip)
    stamp = LiveStamp(lambda: "none")
    source = Source(camera, stamp, recording=False, notice=noticed.append)
    monkeypatch.setattr(aim, "live_source", lambda *_: source)
    main(["aim", "--json"])
    assert len(noticed) >= json.loads(capsys.readouterr().out)["reads"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["no.mp4"], 66, "no.mp4", id="no such recording"),
        pytest.param(["no.png"], 66, "no.png", id="no such photograph"),
        pytest.param([str(CLIP), str(CLIP)], 1, "one recording", id="two recordings"),
        pytest.param(["no.mp4", "--draw", "a.txt"], 1, "expected .png or .jpg", id="no format"),
        pytest.param(["no.mp4", "--draw", "a"], 1, "expected .png or .jpg", id="no suffix"),
        pytest.param(["no.mp4", "--draw", "no/a.png"], 1, "there is no folder no", id="no folder"),
    ],
)
def test_faults_are_told_in_words(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The thing that is wrong, and the exit code of its kind."""
    assert main(["aim", *arguments]) == code
    assert words in capsys.readouterr().err


def test_photographs_without_a_plate_are_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And there is nothing to draw on, which is said."""
    blank, drawn = tmp_path / "blank.png", tmp_path / "drawn.png"
    cv2.imwrite(str(blank), np.full((360, 640, 3), 120, np.uint8))
    assert main(["aim", "--draw", str(drawn), str(blank)]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == ["no verdict yet: 0 of 5 vehicles seen"]
    assert "no picture to draw on" in said.err


def test_a_folder_of_photographs_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was taken for a recording, in which nothing moves."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.full((360, 640, 3), 120, np.uint8))
    assert main(["aim", "--json", str(folder)]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["vehicles"] == 0
    assert "taken for the frames of one recording" in said.err
    assert f"{folder}/*" in said.err


@pytest.mark.parametrize("number", ["-3", "0", "many"])
def test_a_number_of_vehicles_is_one_at_least(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error, before a camera is opened."""
    with pytest.raises(SystemExit, match="2"):
        main(["aim", f"--vehicles={number}"])
    assert f"--vehicles: {number!r}: expected a whole number, 1 or more" in capsys.readouterr().err
