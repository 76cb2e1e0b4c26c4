"""The files between unit and updater: whole, bounded, and of a process that lives or died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.errors import StoreError, UpdateError
from appliance.update.progress import (
    MOST_BYTES,
    MOST_WHY,
    RUN,
    Desk,
    Progress,
    Request,
    desk,
    reporting,
)
from tests.conftest import until

NO_REQUEST = {
    "nothing": b"",
    "no JSON": b"1.2.0",
    "no object": b'["1.2.0"]',
    "no version": b"{}",
    "a path": b'{"version": "../1.2.0"}',
    "an option": b'{"version": "--force"}',
    "a number": b'{"version": 1}',
    "too long": b" " * MOST_BYTES + b'{"version": "1.2.0"}',
    "too deep": b"[" * MOST_BYTES,
}
NO_PROGRESS = {
    "nothing": b"",
    "no object": b"7",
    "another phase": b'{"phase": "dreaming", "version": "1.2.0"}',
    "no version": b'{"phase": "install"}',
}
UPDATER = (
    "import sys, time\n"
    "from appliance.update.progress import desk, reporting\n"
    "with reporting(desk(), '1.2.0') as report:\n"
    "    report.tell('download', 37.9)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Desk:
    """With the unit's run-time folder, which systemd makes."""
    (tmp_path / "gatepost").mkdir()
    return Desk(tmp_path)


def test_a_request_is_taken_once(place: Desk) -> None:
    """And may be read by another user, whatever the unit's umask."""
    before = os.umask(0o077)
    try:
        place.ask(Request("1.2.0", reached=True))
    finally:
        os.umask(before)
    assert place.request.stat().st_mode & 0o777 == 0o644
    assert json.loads(place.request.read_bytes()) == {"version": "1.2.0", "reached": True}
    assert [place.take(), place.take()] == [Request("1.2.0", reached=True), None]
    assert [each.name for each in place.request.parent.iterdir()] == []


def test_the_newest_request_counts(place: Desk) -> None:
    """Asked twice is asked once."""
    place.ask(Request("1.2.0", reached=True))
    place.ask(Request("1.3.0"))
    assert [place.take(), place.take()] == [Request("1.3.0"), None]


def test_a_request_is_taken_back(place: Desk) -> None:
    """As long as nobody took it."""
    place.ask(Request("1.2.0", reached=True))
    assert [place.withdraw(), place.withdraw()] == [True, False]
    assert place.take() is None


def test_a_request_may_say_no_more_than_a_version(place: Desk) -> None:
    """As one that a person wrote."""
    place.request.write_text('{"version": "1.2.0", "reached": "yes", "later": 1}')
    assert place.take() == Request("1.2.0")


@pytest.mark.parametrize("case", NO_REQUEST)
def test_what_is_no_request_is_refused_and_gone(place: Desk, case: str) -> None:
    """Left there it would start the updater again and again."""
    place.request.write_bytes(NO_REQUEST[case])
    with pytest.raises(UpdateError, match="request: "):
        place.take()
    assert not place.request.exists()


def test_a_link_is_no_request(place: Desk, tmp_path: Path) -> None:
    """An updater that is root must not read for the unit what that may not."""
    secret = tmp_path / "secret"
    secret.write_text('{"version": "1.2.0"}')
    place.request.symlink_to(secret)
    with pytest.raises(StoreError, match="update-request: "):
        place.take()


@pytest.mark.parametrize("case", NO_PROGRESS)
def test_what_is_no_progress_is_none(place: Desk, case: str) -> None:
    """A later release's updater may say what this one does not know."""
    place.folder.mkdir()
    (place.folder / "progress.json").write_bytes(NO_PROGRESS[case])
    assert place.progress() is None


def test_how_far_it_is_can_be_read_by_others(place: Desk) -> None:
    """Whole percents, and none where nobody knows."""
    assert place.progress() is None
    with reporting(place, "1.2.0") as report:
        told = []
        for phase, percent in (("download", 0), ("download", 37.9), ("install", None)):
            report.tell(phase, percent)
            told.append(place.progress())
        assert place.is_held()
        report.tell("waiting")
    assert told == [
        Progress("download", "1.2.0", 0),
        Progress("download", "1.2.0", 37),
        Progress("install", "1.2.0", None),
    ]
    assert (place.is_held(), place.progress()) == (False, Progress("waiting", "1.2.0"))
    assert (place.folder / "progress.json").stat().st_mode & 0o777 == 0o644


def test_a_fault_is_told(place: Desk) -> None:
    """And goes on to whoever called."""

    def fail() -> None:
        with reporting(place, "1.2.0") as report:
            report.tell("download", 5)
            raise UpdateError("space", "none is left")

    with pytest.raises(UpdateError):
        fail()
    assert place.progress() == Progress("failed", "1.2.0", None, "space: none is left")


def test_a_long_reason_is_told_as_far_as_there_is_room(place: Desk) -> None:
    """As where a whole configuration is wrong; else the unit would hear of no fault at all."""
    with reporting(place, "1.2.0") as report:
        report.tell("failed", why="\U0001f697" * 5000)
    told = place.progress()
    assert told is not None
    assert (told.phase, len(told.why)) == ("failed", MOST_WHY)


def test_there_is_one_updater(place: Desk) -> None:
    """The second says so; it tells nothing over the first."""
    with reporting(place, "1.2.0") as report:
        report.tell("install")
        with pytest.raises(StoreError, match="another updater"), reporting(place, "1.3.0"):
            pass
        assert place.progress() == Progress("install", "1.2.0")


def test_the_death_of_an_updater_is_noticed(place: Desk) -> None:
    """By SIGKILL too, of which it can say nothing itself."""
    command = [sys.executable, "-c", UPDATER]
    told = os.environ | {RUN: str(place.run)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=told) as updater:
        until(lambda: place.progress() == Progress("download", "1.2.0", 37), "progress")
        assert place.is_held()
        updater.send_signal(signal.SIGKILL)
    assert not place.is_held()
    assert place.progress() == Progress("download", "1.2.0", 37)


def test_the_files_lie_below_run() -> None:
    """As firmware/systemd has them, unless a test says otherwise."""
    assert str(desk({}).request) == "/run/gatepost/update-request"
    assert str(desk({}).folder) == "/run/gatepost-update"
    assert desk({RUN: "/elsewhere"}) == Desk(Path("/elsewhere"))
    unit = (Path(__file__).parents[2] / "firmware/systemd/gatepost-update.path").read_text()
    assert f"PathExists={desk({}).request}\n" in unit
