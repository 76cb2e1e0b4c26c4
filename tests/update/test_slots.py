"""What is known of the slots: read by anybody, told by root early in each boot."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.errors import StoreError, UpdateError
from appliance.update import boot, slots
from appliance.update.disk import Disk
from appliance.update.fakeboard import FakeBoard, Root
from appliance.update.judgement import put_on_trial
from appliance.update.shelf import Shelf, sole_user
from appliance.update.slots import Slots, System, read_slots, write_slots
from appliance.update.trial import Deployment, Standing, Trial
from appliance.update.tryboot import Tryboot
from tools.publish.signing import REPOSITORY

RUNS = System("gatepost-test", "1.1.0")


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of /run."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("GATEPOST_RUN", str(folder))
    return folder


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"compatible": "gatepost-test", "version": "1.1.0"}', RUNS),
        ('{"compatible": "gatepost-test", "version": "1.1.0", "later": 1}', RUNS),
        (None, None),
    ],
)
def test_what_runs_says_what_it_is(
    tmp_path: Path, content: str | None, found: System | None
) -> None:
    """In a file of the root; where there is none there are no slots."""
    path = tmp_path / "system.json"
    if content is not None:
        path.write_text(content)
    assert slots.system(path) == found


@pytest.mark.parametrize("content", ["", "[]", '{"version": "1.1.0"}', "\0"])
def test_a_root_that_says_something_else_is_a_fault(tmp_path: Path, content: str) -> None:
    """It is neither a stock system nor one with slots."""
    path = tmp_path / "system.json"
    path.write_text(content)
    with pytest.raises(StoreError, match="expected"):
        slots.system(path)


def test_updates_lie_where_only_root_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a unit with slots, whatever the configuration says."""
    monkeypatch.setattr(slots, "SYSTEM", tmp_path / "system.json")
    assert slots.folder_of(tmp_path) == tmp_path
    (tmp_path / "system.json").write_text('{"compatible": "x", "version": "1.1.0"}')
    assert slots.folder_of(tmp_path) == slots.FOLDER


def test_what_is_told_is_read_by_all(run: Path) -> None:
    """And the flag of a trial comes and goes with it."""
    assert read_slots() is None
    for told in (Slots("B", "A"), Slots("B", "B")):
        write_slots(told)
        assert read_slots() == told
        assert (run / "gatepost-trial").exists() == told.on_trial
        assert stat.S_IMODE((run / "gatepost-slots.json").stat().st_mode) & 0o044 == 0o044
    (run / "gatepost-slots.json").write_text("[]")
    assert read_slots() is None


def shelf_with(folder: Path, standing: Standing) -> Shelf:
    """A unit that remembers this."""
    shelf = Shelf(folder / "updates", Disk())
    shelf.change(lambda _: standing)
    return shelf


def test_nobody_else_can_hold_the_locks_of_updates(tmp_path: Path) -> None:
    """On such a unit they are root's: the unit, were it taken over, would keep a newer one away."""
    shelf = shelf_with(tmp_path, waiting())
    with sole_user(shelf.folder):
        modes = {each.name: each.stat().st_mode & 0o777 for each in shelf.folder.glob("*lock")}
    assert modes == {"state.lock": 0o600, "lock": 0o600}
    assert shelf.state.stat().st_mode & 0o777 == 0o644, "what it reads"


def waiting() -> Standing:
    """Something is armed in slot B."""
    good = Standing(current=Deployment("A", "1.1.0", 1))
    return put_on_trial(good, Trial(Deployment("B", "1.2.0", 1), reached=True))


def board(booted: str = "A") -> FakeBoard:
    """With a release in each slot, A committed."""
    roots = {"A": Root("gatepost-test", "1.1.0"), "B": Root("gatepost-test", "1.2.0")}
    return FakeBoard(roots, booted=booted)  # type: ignore[arg-type]


def test_what_was_never_booted_is_armed_after_it_is_counted(tmp_path: Path) -> None:
    """And the board is started anew at once, before the unit has begun its work."""
    shelf, here = shelf_with(tmp_path, waiting()), board()
    seen: list[int] = []

    def step(_name: str) -> None:
        on_trial = shelf.standing().trial
        assert on_trial is not None
        seen.append(on_trial.tries)

    here.step = step
    assert boot.begin(shelf, here, RUNS, "boot") == "arm"
    assert (here.history, seen, here.armed) == (["arm B", "reboot"], [2, 2], True)


def test_a_start_is_counted_once_a_boot(tmp_path: Path) -> None:
    """However often the service is started; what ended is kept until the committed slot runs."""
    shelf, here = shelf_with(tmp_path, waiting()), board("B")
    runs = System("gatepost-test", "1.2.0")
    assert boot.begin(shelf, here, runs, "boot") == "stay"
    (shelf.folder / "ended").write_text("the unit ended: watchdog, killed 6\n" * 2)
    assert boot.begin(shelf, here, runs, "boot") == "stay"
    on_trial = shelf.standing().trial
    assert on_trial is not None
    assert on_trial.starts == 1
    here.booted = "A"
    assert boot.begin(shelf, here, RUNS, "next") == "stay"
    why = "the unit ended: watchdog, killed 6 (2 times)"
    assert shelf.standing().failed == {"1.2.0": why}
    assert not (shelf.folder / "ended").exists()


def test_a_card_that_takes_nothing_arms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that cannot be counted could go on for ever; who runs is told all the same."""
    shelf, here = shelf_with(tmp_path, waiting()), board()

    def full(_disk: Disk, path: Path, _content: bytes) -> None:
        if path.name == "state.json":
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Disk, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        boot.begin(shelf, here, RUNS, "boot")
    assert here.history == []


def test_early_in_a_boot_there_is_the_standard_library_alone(tmp_path: Path) -> None:
    """And a stock system has no slots: nothing happens."""
    command = [sys.executable, "-S", "-m", "appliance.update.boot"]
    environment = {"PYTHONPATH": str(REPOSITORY), "GATEPOST_RUN": str(tmp_path)}
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert not list(tmp_path.glob("gatepost*"))


def test_the_service_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A backend that is missing, or a root that says nothing: in a line, with an exit code."""
    monkeypatch.setattr(slots, "SYSTEM", tmp_path / "system.json")
    monkeypatch.setattr(boot, "FOLDER", tmp_path / "updates")
    monkeypatch.setattr(boot, "Tryboot", lambda: Tryboot(tmp_path / "missing"))
    assert boot.main() == 0
    (tmp_path / "system.json").write_text("[]")
    assert boot.main() == 74
    (tmp_path / "system.json").write_text('{"compatible": "x", "version": "1.1.0"}')
    assert boot.main() == 65
    assert "missing get-current: No such file or directory" in caplog.text


BACKENDS = {
    "echo C": "expected A or B",
    "echo 'no such slot' >&2; exit 3": "exit 3: no such slot",
    "sleep 60": "no answer within 0.2 s",
}


@pytest.mark.parametrize("does", BACKENDS)
def test_a_backend_that_says_something_else_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """By its name and words, and none is waited for for ever."""
    monkeypatch.setattr("appliance.update.tryboot.LIMIT_S", 0.2 if "sleep" in does else 30.0)
    path = tmp_path / "backend"
    path.write_text(f"#!/bin/sh\n{does.replace('sleep', 'exec sleep')}\n")
    path.chmod(0o755)
    with pytest.raises(UpdateError, match=BACKENDS[does]) as refused:
        Tryboot(path).slots()
    assert refused.value.name == "slots"


class Script:
    """The backend of the image, with files for the firmware's partition and its word."""

    PATH = REPOSITORY / "firmware" / "root" / "usr" / "lib" / "gatepost" / "tryboot"

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Slot A is committed and runs."""
        self.config, self.chosen, self.run = folder / "boot", folder / "chosen", folder / "run"
        for path in (self.config, self.chosen):
            path.mkdir()
        told = "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n"
        (self.config / "autoboot.txt").write_text(told)
        (self.chosen / "partition").write_bytes(bytes((0, 0, 0, 2)))
        monkeypatch.setenv("GATEPOST_BOOTCONFIG", str(self.config))
        monkeypatch.setenv("GATEPOST_CHOSEN", str(self.chosen))
        monkeypatch.setenv("GATEPOST_SLOT_STATES", str(folder / "states"))

    @property
    def is_armed(self) -> bool:
        """Whether the next reboot is a trial."""
        path = self.run / "systemd" / "reboot-param"
        return path.exists() and path.read_text() == "0 tryboot"

    def boot(self, slot: str) -> None:
        """As the firmware tells it."""
        number = {"A": 2, "B": 3}[slot]
        (self.chosen / "partition").write_bytes(bytes((0, 0, 0, number)))

    def mark_good(self, slot: str) -> None:
        """As RAUC asks it."""
        subprocess.run([self.PATH, "set-state", slot, "good"], check=True, env=os.environ)


@pytest.mark.skipif(not Script.PATH.exists(), reason="the backend is not here yet")
def test_the_images_backend_is_what_the_fake_board_stands_in_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step: slots, arming, not arming what is committed, a trial, its commit."""
    script, fake = Script(tmp_path, monkeypatch), board()
    real = Tryboot(script.PATH)
    for slot in ("B", "A", "B"):
        real.arm(slot)
        fake.arm(slot)
        assert script.is_armed == fake.armed == (slot == "B")
    assert real.slots() == fake.slots() == Slots("A", "A")
    fake.power_on(orderly=True)
    script.boot("B")
    assert real.slots() == fake.slots() == Slots("B", "A")
    script.mark_good("B")
    fake.committed = "B"
    assert real.slots() == fake.slots() == Slots("B", "B")


def test_the_file_names_nothing_else(run: Path) -> None:
    """Two names, for programs of others as well."""
    write_slots(Slots("B", "A"))
    told = json.loads((run / "gatepost-slots.json").read_text())
    assert told == {"booted": "B", "committed": "A"}
