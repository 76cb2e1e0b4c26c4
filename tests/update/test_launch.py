"""The launcher: counts, chooses, and becomes the unit; with the standard library alone."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from appliance.update.disk import Disk
from appliance.update.launch import DEPLOYMENT, changed, chosen_start
from appliance.update.source import FolderSource
from appliance.update.trial import MOST_LOST, Deployment, Standing, Trial, written
from tests.update.conftest import Device, Publisher
from tools.publish.signing import REPOSITORY

LIMIT_S = 60
UPDATES = REPOSITORY / "firmware" / "systemd" / "updates.conf"


def launched(device: Device) -> str:
    """What the unit says that a launcher starts, on a Python without any package."""
    command = [sys.executable, "-S", "-m", "appliance.update.launch", str(device.shelf.folder)]
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [*command, "run", "--config", "x"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


def test_the_launcher_tries_and_falls_back(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """A release that says its version and ends is started MOST_LOST times; then the good one is."""
    publisher.release("1.1.0")
    device.run(source)
    publisher.release("1.2.0")
    device.install(source)
    for _ in range(MOST_LOST):
        assert launched(device) == "1.2.0 run --config x"
    assert launched(device).endswith("1.1.0 run --config x")
    assert launched(device).endswith("1.1.0 run --config x")
    assert list(device.shelf.standing().failed) == ["1.2.0"]


def test_without_an_update_what_came_with_the_system_starts(device: Device) -> None:
    """Which here is the checkout: it looks for the configuration, which no image of ours does."""
    assert launched(device) == "x: cannot be read: No such file or directory"


def test_an_image_that_is_gone_is_not_started(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """A card that lost it: what is left of the good ones starts, and the reason is remembered."""
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        publisher.release(version)
        device.run(source) if version != "1.3.0" else device.install(source)
    for version in ("1.3.0", "1.2.0", "1.1.0"):
        place = device.shelf.start("boot")
        assert place is not None
        assert place.name.startswith(version)
        device.shelf.disk.remove((place / "app").resolve())
    assert device.shelf.start("boot") is None
    assert set(device.shelf.standing().failed) == {"1.1.0", "1.2.0", "1.3.0"}


def test_a_card_that_takes_nothing_starts_what_is_good(
    publisher: Publisher,
    device: Device,
    source: FolderSource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A trial that cannot be counted could go on for ever; the gate must not wait for the card."""
    publisher.release("1.1.0")
    device.run(source)
    publisher.release("1.2.0")
    device.install(source)

    def full(_disk: Disk, path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Disk, "replace", full)
    place = chosen_start(device.shelf.folder, "boot")
    assert place is not None
    assert place.name.startswith("1.1.0")


def test_a_damaged_state_starts_what_came_with_the_system(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """And the next update is taken again."""
    publisher.release("1.1.0")
    device.run(source)
    device.shelf.state.write_bytes(b"\0" * 100)
    assert chosen_start(device.shelf.folder, "boot") is None
    assert device.run(source) == "1.1.0"


def test_a_newer_package_takes_the_place_of_an_update(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """Installed by apt over a unit that had updated itself; a later update is taken again."""
    publisher.release("1.1.0")
    device.run(source)
    assert device.shelf.start("boot", installed="1.0.9") == device.shelf.current.resolve()
    assert device.shelf.start("boot", installed="1.2.0") is None
    assert device.shelf.standing().last == "1.1.0 was left: 1.2.0 came with the system since"
    publisher.release("1.3.0")
    assert device.run(source) == "1.3.0"
    assert device.shelf.start("boot", installed="1.2.0") == device.shelf.current.resolve()


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        ([], True),
        ([f"array{EXTENSION_SUFFIXES[0]}"], True),
        (["array.abi3.so"], True),
        (["array.cpython-39-aarch64-linux-gnu.so"], False),
    ],
)
def test_images_for_another_python_are_not_started(
    publisher: Publisher, device: Device, source: FolderSource, names: list[str], fits: bool
) -> None:
    """After the system has moved on to the next Python, what was compiled for the one before."""
    publisher.release("1.1.0")
    device.run(source)
    library = device.shelf.current / "libraries" / "numpy"
    library.mkdir()
    for name in names:
        (library / name).touch()
    assert (device.shelf.start("boot") is not None) == fits
    assert not device.shelf.standing().failed


def test_the_unit_knows_what_it_was_started_from(tmp_path: Path) -> None:
    """By one name in its environment, which a parent's does not replace."""
    environment = {"HOME": "/root", "PYTHONPATH": "/base", DEPLOYMENT: "/old"}
    assert changed(environment, None) == {"HOME": "/root", "PYTHONPATH": "/base"}
    told = changed(environment, tmp_path)
    assert told[DEPLOYMENT] == str(tmp_path)
    assert told["PYTHONPATH"] == f"{tmp_path}/app:{tmp_path}/libraries"


@pytest.mark.parametrize(
    ("code", "tried", "asked"), [("78", True, True), ("78", False, False), ("1", True, False)]
)
def test_a_trial_that_refuses_its_configuration_is_started_again(
    tmp_path: Path, code: str, *, tried: bool, asked: bool
) -> None:
    """No restart follows 78, and only a start can leave a release that is on trial."""
    standing = Standing(trial=Trial(Deployment("1.2.0-x", "1.2.0", 1), reached=False))
    (tmp_path / "state.json").write_bytes(written(standing if tried else Standing()))
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    (tmp_path / "systemctl").chmod(0o755)
    told = UPDATES.read_text(encoding="utf-8").replace("\\\n", "")
    (line,) = re.findall(r"^ExecStopPost=-\+(.*)$", told, re.MULTILINE)
    words = shlex.split(line.replace("$$", "$").replace("/var/lib/gatepost/updates", str(tmp_path)))
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(words, check=True, env={"PATH": path, "EXIT_STATUS": code})
    assert (tmp_path / "asked").exists() == asked
