"""The commands as a person calls them: results, faults in words, exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from appliance import __version__
from appliance import config as settings
from appliance.__main__ import COMMANDS, main
from appliance.capture.video import RecordedCamera
from appliance.config import MODELS, Unit
from appliance.transmit.messages import passage_body
from tests.capture.test_camera import clip_of, folder_of
from tests.capture.test_video import REFUSED, UNPLAYABLE, half
from tests.conftest import PASSAGE, PATIENCE_S
from tests.consumer import Consumer
from tests.recognize.conftest import drawn_scene
from tests.test_delivery import CLIP, DATA

TRUTH = json.loads((DATA / "lane.json").read_text())
SENT = set(json.loads(passage_body(PASSAGE, Unit(), "detect/read")))
Told = tuple[int, list[str], str]


@pytest.fixture
def gatepost(capsys: pytest.CaptureFixture[str]) -> Gatepost:
    """Runs a command in this process."""
    return Gatepost(capsys)


class Gatepost:
    """A command in this process, with what it says."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Told:
        """Exit code, lines of stdout, stderr."""
        code = main([str(argument) for argument in arguments])
        said = self._capsys.readouterr()
        return code, said.out.splitlines(), said.err


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A drawn vehicle with its plate."""
    path = tmp_path / "photographs" / "good.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), drawn_scene())
    return path


@pytest.fixture(scope="session")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first vehicle of the bundled clip as a clip of its own, each frame a whole JPEG."""
    count = TRUTH["vehicles"][0]["last"] + 8
    images = [frame.image for frame in islice(RecordedCamera(CLIP).frames(), count)]
    return clip_of(images, tmp_path_factory.mktemp("drive") / "drive.avi", TRUTH["rate"])


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A configuration whose models are copies, which may be damaged."""
    shutil.copytree(MODELS, tmp_path / "copies")
    config = tmp_path / "models.toml"
    config.write_text('[recognition]\nmodels = "copies"\n')
    return config


# --- read ----------------------------------------------------------------------------------------


def test_reading_tells_a_line_a_photograph(gatepost: Gatepost, photograph: Path) -> None:
    """With its name first."""
    code, lines, _ = gatepost("read", photograph, photograph)
    assert code == 0
    assert len(lines) == 2
    assert all(line.startswith(f"{photograph}: ") for line in lines)


def test_reading_as_json_has_exactly_the_promised_shape(
    gatepost: Gatepost, photograph: Path
) -> None:
    """One object a line: no key more, none less, each of its type."""
    code, (line,), _ = gatepost("read", "--json", photograph)
    told = json.loads(line)
    assert code == 0
    assert set(told) == {"image", "width", "height", "plates", "ms"}
    assert (told["image"], told["width"], told["height"]) == (str(photograph), 640, 480)
    assert set(told["ms"]) == {"detect", "read"}
    assert told["plates"], "the drawn plate was not found"
    for plate in told["plates"]:
        check_plate(plate)


def check_plate(plate: dict[str, Any]) -> None:
    """The promised shape of one plate."""
    assert set(plate) == {
        "plate",
        "confidence",
        "box",
        "quad",
        "region",
        "format_ok",
        "characters",
        "candidates",
    }
    left, top, right, bottom = plate["box"]
    assert left < right
    assert top < bottom
    assert [len(corner) for corner in plate["quad"]] == [2, 2, 2, 2]
    assert 0 <= plate["confidence"] <= 1
    assert plate["region"] is None or isinstance(plate["region"], str)
    assert isinstance(plate["format_ok"], bool)
    assert len(plate["characters"]) == len(plate["plate"])
    assert all(set(candidate) == {"plate", "confidence"} for candidate in plate["candidates"])


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_photograph_does_not_stop_the_others(
    name: str, gatepost: Gatepost, photograph: Path, tmp_path: Path
) -> None:
    """It is named on stderr, the exit code says so, and those before and after it are served."""
    bad = tmp_path / name
    bad.write_bytes(REFUSED[name][0])
    code, lines, complaint = gatepost("read", "--json", photograph, bad, photograph)
    assert code == 66
    assert [json.loads(line)["image"] for line in lines] == [str(photograph)] * 2
    assert f"{bad}: " in complaint
    assert str(photograph) not in complaint


def test_every_bad_photograph_is_named(
    gatepost: Gatepost, photograph: Path, tmp_path: Path
) -> None:
    """A missing one, a folder and a huge one, each in a line of its own."""
    huge, missing = tmp_path / "huge.png", tmp_path / "missing.jpg"
    cv2.imwrite(str(huge), np.zeros((10000, 10000, 3), np.uint8))
    code, lines, complaint = gatepost("read", missing, tmp_path, huge, photograph)
    assert (code, len(lines)) == (66, 1)
    told = complaint.splitlines()
    assert told[:2] == [
        f"{missing}: cannot be read: No such file or directory",
        f"{tmp_path}: cannot be read: Is a directory",
    ]
    assert told[2].startswith(f"{huge}: OpenCV refuses it, more than 8192x8192 px?")


def test_annotating_draws_into_a_copy(gatepost: Gatepost, photograph: Path, tmp_path: Path) -> None:
    """Of the same name, in a folder that need not exist; the photograph stays as it is."""
    before = photograph.read_bytes()
    code, _, _ = gatepost("read", photograph, "--annotate", tmp_path / "new" / "drawn")
    drawn = tmp_path / "new" / "drawn" / "good.png"
    assert code == 0
    assert photograph.read_bytes() == before
    assert cv2.imread(str(drawn)).shape == (480, 640, 3)
    assert drawn.read_bytes() != before


def test_what_is_blacked_out_is_black_in_drawings(
    gatepost: Gatepost, photograph: Path, tmp_path: Path
) -> None:
    """And is not read: who tries a picture sees what the unit would see."""
    config = tmp_path / "gatepost.toml"
    corners = "[[0, 0], [1, 0], [1, 1], [0, 1]]"
    config.write_text(f"[[zone]]\nkind = 'blackout'\ncorners = {corners}\n")
    folder = tmp_path / "drawn"
    _, (line,), _ = gatepost("read", photograph, "--annotate", folder, "--config", config)
    assert line == f"{photograph}: no plate"
    assert not cv2.imread(str(folder / "good.png")).any()


def test_annotating_never_overwrites_the_photograph(
    gatepost: Gatepost, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the folder is that of the photographs, in whichever words."""
    before = photograph.read_bytes()
    monkeypatch.chdir(photograph.parent)
    for folder in (photograph.parent, ".", "../photographs"):
        code, _, complaint = gatepost("read", photograph.name, "--annotate", folder)
        assert code == 1
        assert "is the photograph itself" in complaint
    assert photograph.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(gatepost: Gatepost, photograph: Path) -> None:
    """The result is told all the same."""
    code, lines, complaint = gatepost("read", photograph, "--annotate", photograph)
    assert (code, len(lines)) == (1, 1)
    assert f"{photograph / 'good.png'}: cannot be written" in complaint


def test_reading_as_a_process_of_its_own(photograph: Path, tmp_path: Path) -> None:
    """The same through the shell: results on stdout, faults on stderr, and no traceback."""
    bad = tmp_path / "cut.jpg"
    bad.write_bytes(half(cv2.imencode(".jpg", drawn_scene())[1].tobytes()))
    command = [sys.executable, "-m", "appliance", "read", "--json", str(bad), str(photograph)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 66
    assert [json.loads(line)["image"] for line in done.stdout.splitlines()] == [str(photograph)]
    assert f"{bad}: " in done.stderr
    assert "Traceback" not in done.stderr


# --- replay --------------------------------------------------------------------------------------


def test_a_replay_as_json_is_the_payload_with_its_frames(gatepost: Gatepost, drive: Path) -> None:
    """What goes to the broker, marked late, plus first and last frame."""
    code, lines, _ = gatepost("replay", "--json", drive)
    assert code == 0
    assert lines, "no passage"
    for told in map(json.loads, lines):
        assert set(told) == SENT | {"seq", "late", "first_frame", "last_frame"}
        assert told["late"] is True
        assert 0 <= told["first_frame"] <= told["last_frame"] < TRUTH["vehicles"][0]["last"] + 8


def test_a_replay_gives_the_same_again(gatepost: Gatepost, drive: Path) -> None:
    """To the last digit, ids and times among it: who collects passages drops repeats."""
    first, second = (gatepost("replay", "--json", drive) for _ in range(2))
    assert first == second


def test_a_replay_tells_a_line_a_passage(gatepost: Gatepost, drive: Path) -> None:
    """Numbered from 1; nothing of it stays in a log."""
    code, lines, _ = gatepost("replay", drive)
    assert code == 0
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert lines


def test_a_replay_explains_every_track_when_asked(gatepost: Gatepost, drive: Path) -> None:
    """On stderr, so that the passages on stdout stay as they are."""
    _, plain, silent = gatepost("replay", drive)
    _, lines, told = gatepost("replay", "--explain", drive)
    assert lines == plain
    assert told.count("track ") >= told.count(": passage ") == len(lines)
    assert "track " not in silent


def test_no_plate_text_is_logged(
    gatepost: Gatepost, drive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even when more is asked for: the passage's id."""
    with caplog.at_level("DEBUG"):
        _, lines, complaint = gatepost("-v", "replay", "--json", drive)
    assert lines, "no passage"
    for told in map(json.loads, lines):
        assert f"passage {told['uuid']}" in caplog.text
        assert told["plate"] not in caplog.text + complaint


ALL = "[[0, 0], [1, 0], [1, 1], [0, 1]]"
ZONES = {
    "ignored": (f"kind = 'ignore'\ncorners = {ALL}", "rejected, ignored zone ("),
    "not watched": (
        "kind = 'watch'\ncorners = [[0, 0], [0.01, 0], [0, 0.01]]",
        "rejected, outside the zone (",
    ),
    "blacked out": (f"kind = 'blackout'\ncorners = {ALL}", ""),
}


@pytest.mark.parametrize("name", ZONES)
def test_what_stands_in_a_zone_gives_no_passage(
    name: str, gatepost: Gatepost, drive: Path, tmp_path: Path
) -> None:
    """And every track says why; of what is blacked out there is none."""
    zone, outcome = ZONES[name]
    config = tmp_path / "gatepost.toml"
    config.write_text(f"[store]\nfolder = 'kept'\n[[zone]]\n{zone}\n")
    code, lines, told = gatepost("replay", "--explain", drive, "--config", config)
    assert (code, lines) == (0, [])
    assert told.count("track ") == told.count(outcome or "track ")
    assert bool(outcome) == ("track " in told)


def test_a_passage_says_which_way_it_crossed_the_line(
    gatepost: Gatepost, drive: Path, tmp_path: Path
) -> None:
    """Whoever swaps its ends swaps in and out."""
    config = tmp_path / "gatepost.toml"
    for line, crossed in (
        ("[[0, 0.6], [1, 0.6]]", "in"),
        ("[[1, 0.6], [0, 0.6]]", "out"),
        ("[]", "none"),
    ):
        text = f"[lane]\ncounting_line = {line}\n[store]\nfolder = 'kept-{crossed}'\n"
        config.write_text(text)
        _, lines, _ = gatepost("replay", "--json", drive, "--config", config)
        assert [json.loads(told)["crossed"] for told in lines] == [crossed]


def test_a_clip_that_ends_in_the_middle_tells_what_was_seen(
    gatepost: Gatepost, drive: Path, tmp_path: Path
) -> None:
    """The passages before its end, then how far it went, and an exit code that says so."""
    cut = tmp_path / "cut.avi"
    content = drive.read_bytes()
    cut.write_bytes(content[: len(content) * 4 // 5])
    code, lines, complaint = gatepost("replay", "--json", cut)
    assert code == 66
    assert lines, "no passage was told"
    assert f"{cut}: ends after " in complaint
    assert "damaged or cut off" in complaint


def test_a_cut_copy_of_the_bundled_clip_is_refused(gatepost: Gatepost, tmp_path: Path) -> None:
    """With its name, wherever its index stands."""
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(half(CLIP.read_bytes()))
    code, _, complaint = gatepost("replay", cut)
    assert code == 66
    assert f"{cut}: " in complaint


@pytest.mark.parametrize("name", UNPLAYABLE)
def test_what_cannot_be_replayed_is_named(name: str, gatepost: Gatepost, tmp_path: Path) -> None:
    """On stderr, with nothing on stdout."""
    path = tmp_path / name
    UNPLAYABLE[name][0](path)
    code, lines, complaint = gatepost("replay", path)
    assert (code, lines) == (66, [])
    assert complaint.startswith(f"{path}: ")


def test_a_damaged_picture_in_a_folder_is_named(gatepost: Gatepost, tmp_path: Path) -> None:
    """Once the pictures before it were looked at."""
    folder = folder_of([drawn_scene()] * 3, tmp_path / "pictures")
    (folder / "0002.png").write_bytes(b"")
    code, _, complaint = gatepost("replay", folder)
    assert code == 66
    assert "0002.png: the file is empty" in complaint


def test_a_replay_without_a_configuration_leaves_nothing_behind(
    gatepost: Gatepost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial keeps no plates."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    code, _, _ = gatepost("replay", folder_of([drawn_scene()] * 2, tmp_path / "pictures"))
    assert code == 0
    assert list(scratch.iterdir()) == []


def test_a_replay_with_a_configuration_keeps_its_passages_there(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    """In the store that it names, beside the file."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[store]\nfolder = "kept"\n')
    folder = folder_of([drawn_scene()] * 2, tmp_path / "pictures")
    assert gatepost("replay", folder, "--config", config)[0] == 0
    assert (tmp_path / "kept" / "passages.sqlite").exists()


# --- run, check, version -------------------------------------------------------------------------


def test_the_appliance_runs_until_its_recording_ends(gatepost: Gatepost, tmp_path: Path) -> None:
    """A folder stands for the camera; a lane without a vehicle says nothing."""
    empty = np.full((120, 160, 3), 90, np.uint8)
    folder = folder_of([empty] * 3, tmp_path / "pictures")
    config = tmp_path / "gatepost.toml"
    config.write_text(f'[camera]\nsource = "{folder}"\n[store]\nfolder = "kept"\n')
    assert gatepost("run", "--config", config)[:2] == (0, [])


def test_an_appliance_without_its_camera_ends(gatepost: Gatepost, tmp_path: Path) -> None:
    """With the camera's name: systemd starts it again."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[camera]\nsource = "/dev/video77"\n[store]\nfolder = "kept"\n')
    code, _, complaint = gatepost("run", "--config", config)
    assert code == 66
    assert "/dev/video77: cannot be opened as a video" in complaint


def test_a_right_configuration_has_no_fault(gatepost: Gatepost, models: Path) -> None:
    """And the models are named."""
    code, lines, _ = gatepost("check", "--config", models)
    assert code == 0
    assert lines[0] == f"configuration ({models}): no fault"
    assert "as their manifests say" in lines[1]


def test_every_fault_of_the_configuration_is_told(gatepost: Gatepost, tmp_path: Path) -> None:
    """In one report with exit code 78, after which a restart would not help."""
    config = tmp_path / "gatepost.toml"
    config.write_text("[lane]\ngone_s = 100\nleast_raeds = 3\n[mqtt]\nhost = 'a'\nport = 0\n")
    code, lines, complaint = gatepost("check", "--config", config)
    assert (code, lines) == (78, [])
    assert sorted(complaint.splitlines()) == [
        f"{config}: lane.gone_s = 100: expected 0.2 to 8",
        f"{config}: lane.least_raeds = 3: unknown key; did you mean lane.least_reads?",
        f"{config}: mqtt.port = 0: expected 1 to 65535",
    ]


def test_every_missing_file_is_told(gatepost: Gatepost, tmp_path: Path) -> None:
    """Models, password and certificate, each with the path that was tried."""
    config = tmp_path / "gatepost.toml"
    config.write_text(
        '[recognition]\nmodels = "nowhere"\n'
        '[mqtt]\nhost = "there"\nusername = "u"\npassword_file = "pw"\n'
        'tls = true\nca_file = "ca.pem"\n'
    )
    code, _, complaint = gatepost("check", "--config", config)
    assert code == 78
    for name in ("nowhere/detect.toml", "nowhere/read.toml", "pw", "ca.pem"):
        assert str(tmp_path / name) in complaint


def test_what_the_file_names_is_checked_though_the_file_has_faults(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    """All in one report, each once, with the file and the key."""
    config = tmp_path / "gatepost.toml"
    config.write_text(
        '[lane]\ngone_s = 100\n[recognition]\nthreads = 0\nregions = ["atlantis"]\n'
        '[mqtt]\nhost = "there"\nport = 0\nusername = "u"\npassword_file = "pw"\n'
    )
    code, _, complaint = gatepost("check", "--config", config)
    assert code == 78
    missing = os.strerror(errno.ENOENT)
    assert sorted(complaint.splitlines()) == [
        f"{config}: lane.gone_s = 100: expected 0.2 to 8",
        f"{config}: mqtt.password_file = '{tmp_path / 'pw'}': cannot be read: {missing}",
        f"{config}: mqtt.port = 0: expected 1 to 65535",
        f"{config}: recognition.regions: region 'atlantis' is not known; did you mean 'lt'?",
        f"{config}: recognition.threads = 0: expected 1 to 16",
    ]


def test_what_can_hardly_be_meant_is_said_and_is_no_fault(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    """On stderr, with the file and the key; the exit code is that of a right file."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[gate]\ndry_run = true\n[[policy]]\nlist = "unknown"\naction = "open"\n')
    code, lines, complaint = gatepost("check", "--config", config)
    assert code == 0
    assert lines[0] == f"configuration ({config}): no fault"
    assert f'{config}: warning: policy[#1].list = "unknown": opens for all' in complaint


def test_an_unknown_home_region_is_told(gatepost: Gatepost, tmp_path: Path) -> None:
    """A fault of the configuration that only the models' folder can know."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[recognition]\nregions = ["atlantis"]\n')
    code, _, complaint = gatepost("check", "--config", config)
    assert code == 78
    assert "atlantis" in complaint


def test_both_models_are_checked_against_their_manifests(gatepost: Gatepost, models: Path) -> None:
    """One byte changed, and one cut off: both files are named, with found and expected hash."""
    folder = models.parent / "copies"
    detector, reader = folder / "detect.tflite", folder / "read.tflite"
    content = bytearray(detector.read_bytes())
    content[1000] ^= 1
    detector.write_bytes(content)
    reader.write_bytes(half(reader.read_bytes()))
    code, _, complaint = gatepost("check", "--config", models)
    assert code == 78
    for path in (detector, reader):
        assert f"{path}: sha256 is " in complaint
    assert complaint.count("the manifest expects") == 2


def test_a_damaged_model_reads_nothing(gatepost: Gatepost, models: Path, photograph: Path) -> None:
    """No command works with a model that is not the manifest's."""
    (models.parent / "copies" / "read.tflite").unlink()
    for command in ("read", "replay"):
        code, lines, complaint = gatepost(command, photograph, "--config", models)
        assert (code, lines) == (78, [])
        assert "read.tflite: the model cannot be read: No such file" in complaint


def test_a_configuration_that_is_no_toml_is_told(gatepost: Gatepost, tmp_path: Path) -> None:
    """With its name and the exit code of a fault that a restart does not mend."""
    config = tmp_path / "gatepost.toml"
    config.write_text("[lane\n")
    code, _, complaint = gatepost("check", "--config", config)
    assert code == 78
    assert f"{config}: not TOML" in complaint


@pytest.mark.skipif(find_spec("RPi") is not None, reason="the library is installed here")
def test_lines_need_their_library(gatepost: Gatepost, tmp_path: Path) -> None:
    """A contact in a dry run too; a dry run of the gate's own line needs none."""
    rule = '[[policy]]\nlist = "allowed"\naction = "open"\nsecond_factor = "confirm_line"\n'
    config = tmp_path / "gatepost.toml"
    config.write_text(f"[gate]\nline = 17\nconfirm_line = 22\n{rule}")
    code, _, complaint = gatepost("check", "--config", config)
    assert code == 78
    for line in ("gate.line 17", "gate.confirm_line 22"):
        assert f"{config}: {line}: the RPi.GPIO API is not installed" in complaint
    config.write_text(f"[gate]\nline = 17\ndry_run = true\nconfirm_line = 22\n{rule}")
    code, _, complaint = gatepost("check", "--config", config)
    assert (code, complaint.count("RPi.GPIO API")) == (78, 1)


def test_the_version_names_package_and_models(gatepost: Gatepost) -> None:
    """A report of a fault begins with it."""
    code, (line,), _ = gatepost("version")
    assert code == 0
    assert line.startswith(f"gatepost {__version__}, models ")


@pytest.mark.parametrize("arguments", [[], ["raed"], ["read"], ["replay"], ["run", "--fast"]])
def test_a_wrong_call_is_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and the usage, as everywhere."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: gatepost" in capsys.readouterr().err


def test_a_trial_speaks_to_nobody_whom_the_system_file_names(
    gatepost: Gatepost, drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No broker, no webhook, no store: a recording tried out on a unit is no passage of its."""
    with ExitStack() as held:
        consumer = Consumer()
        held.callback(consumer.stop)
        system = tmp_path / "system.toml"
        system.write_text(
            f'[store]\nfolder = "kept"\n[webhook]\nurl = "{consumer.url}"\n'
            '[mqtt]\nhost = "127.0.0.1"\nport = 1\n'
        )
        monkeypatch.setattr(settings, "SYSTEM_FILE", system)
        code, lines, _ = gatepost("replay", drive)
    assert (code, len(lines)) == (0, 1)
    assert not consumer.heard
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("linger", ["-3", "nan", "inf", "soon"])
def test_a_time_that_is_none_is_refused(linger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is played, with the value and what was expected."""
    with pytest.raises(SystemExit) as ended:
        main(["replay", "clip.mp4", f"--linger={linger}"])
    assert ended.value.code == 2
    assert f"{linger!r}: expected seconds, 0 or more" in capsys.readouterr().err


LONG = "n" * 300  # no system looks for such a name; so it is too, for root not, without the rights
NOT_LOOKED_FOR = {
    "a recording": (["replay", LONG], "", 66),
    "a camera that is a file": (["run"], f'[camera]\nsource = "{LONG}"', 66),
    "a password": (
        ["check"],
        f'[mqtt]\nhost = "h"\nusername = "u"\npassword_file = "{LONG}"',
        78,
    ),
    "models": (["check"], f'[recognition]\nmodels = "{LONG}"', 78),
    "a store": (["lists", "show"], f'[store]\nfolder = "{LONG}"', 74),
    "an exported list": (["lists", "export", "allowed", LONG], "", 1),
}


@pytest.mark.parametrize("name", NOT_LOOKED_FOR)
def test_a_path_that_nobody_lets_us_look_at_is_named(
    name: str, gatepost: Gatepost, tmp_path: Path
) -> None:
    """By its command's exit code and with its path, not by a traceback."""
    arguments, table, expected = NOT_LOOKED_FOR[name]
    config = tmp_path / "gatepost.toml"
    store = "" if "[store]" in table else f"[store]\nfolder = '{tmp_path}'\n"
    config.write_text(store + table)
    gatepost("lists", "add", "allowed", "AB12CDE", "--config", config)
    code, _, complaint = gatepost(*arguments, "--config", config)
    assert code == expected
    assert LONG in complaint


# --- what `check` and `run` say of the same ------------------------------------------------------

REFUSALS = {
    "a recording that is not there": (
        "[camera]\nsource = 'nope.mp4'",
        ("camera.source = '", "nope.mp4': cannot be read: No such file or directory"),
        (66, "nope.mp4: cannot be opened as a video: No such file or directory"),
    ),
    "a file in the place of the store": (
        "[store]\nfolder = 'unit.toml'",
        ("store.folder = '", "unit.toml' is a file, expected a folder"),
        (74, "unit.toml: cannot be used as a store: a file lies there, expected a folder"),
    ),
    "a file on the way to the store": (
        "[store]\nfolder = 'unit.toml/store'",
        ("store.folder = '", "unit.toml' is a file, expected a folder"),
        (74, "unit.toml/store: cannot be used as a store: Not a directory"),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_run_refuses_check_finds(name: str, gatepost: Gatepost, tmp_path: Path) -> None:
    """Each in its words."""
    text, found, (code, refused) = REFUSALS[name]
    config = tmp_path / "unit.toml"
    config.write_text(text)
    checked, _, told = gatepost("check", "--config", config)
    assert checked == 78
    assert all(part in told for part in found)
    assert len(told.splitlines()) == 1
    ran, _, told = gatepost("run", "--config", config)
    assert ran == code
    assert told.splitlines()[-1].endswith(refused)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("[homeassistant]\ndiscovery = true", "homeassistant.discovery = true: does nothing wit"),
        ("[store]\nretention_hours = 0", "store.retention_hours = 0: passages are forgotten with"),
        ("[camera]\nsource = '/dev/video77'", "camera.source = '/dev/video77': is not there now"),
    ],
)
def test_what_can_hardly_be_meant_is_a_warning(
    text: str, doubt: str, gatepost: Gatepost, tmp_path: Path
) -> None:
    """And no fault: a device may be plugged in later."""
    config = tmp_path / "unit.toml"
    config.write_text(text)
    code, _, told = gatepost("check", "--config", config)
    assert code == 0
    assert f"{config}: warning: {doubt}" in told


def test_a_store_for_another_user_is_a_warning(gatepost: Gatepost, tmp_path: Path) -> None:
    """For `check` may be run by one who is not the unit's."""
    (tmp_path / "store").mkdir(mode=0o500)
    if os.access(tmp_path / "store", os.W_OK):
        pytest.skip("root may write anywhere")
    config = tmp_path / "unit.toml"
    config.write_text("[store]\nfolder = 'store'")
    code, _, told = gatepost("check", "--config", config)
    assert code == 0
    assert "store': whoever checks may not write there" in told


def test_a_store_that_cannot_be_made_is_not_told_of_as_new(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    """Only what is there is."""
    config = tmp_path / "unit.toml"
    config.write_text("[store]\nfolder = 'unit.toml'")
    code, _, told = gatepost("lists", "add", "allowed", "ZG1234AB", "--config", config)
    assert code == 74
    assert "a new store" not in told
    assert "a file lies there, expected a folder" in told
    assert "Errno" not in told


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_where_the_table_says(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its module adds a parser of that name."""
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: gatepost {name} ")


def test_help_names_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Also where none of them is called for."""
    for called in (["--help"], ["no-such-command"]):
        with pytest.raises(SystemExit):
            main(called)
        told = capsys.readouterr()
        assert all(name in told.out + told.err for name in COMMANDS)


def test_a_command_brings_only_what_it_needs() -> None:
    """To ask after an update takes neither pictures nor models."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "appliance", "update", "status"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "appliance.update.origin" in done.stderr
    assert not re.search(r"\b(cv2|ai_edge_litert|appliance\.app)\b", done.stderr)
