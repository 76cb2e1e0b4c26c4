"""The service as systemd is told of it: hardened, restarted, and dark whoever was killed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from annotated_types import Le

from appliance import __version__, errors
from appliance.app import OPENING_S
from appliance.camerasection import Camera
from appliance.capture.heads import GuardedHeads
from appliance.capture.lamp import FakeLed, spelled
from appliance.errors import ConfigurationError, GatepostError, RestartError
from appliance.lightsection import Head
from appliance.supervisor import FEED_S
from appliance.tables import read_table
from appliance.ward import START_S
from tests.conftest import until
from tools.debian.control import Target, file_name

FIRMWARE = Path(__file__).parents[1] / "firmware"
UNIT = FIRMWARE / "systemd" / "gatepost.service"
UNITS = sorted(UNIT.parent.glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
OVERLAYS = FIRMWARE.parent / "overlays"
README = FIRMWARE.parent / "README.md"


def values(key: str) -> list[str]:
    """What the unit file says to a key, in order."""
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def make_dark(leds: Path) -> None:
    """What `ExecStopPost=` does, with another folder for /sys/class/leds."""
    (line,) = values("ExecStopPost")
    assert line.startswith("-+"), "whatever comes of it, as root, outside of the sandbox"
    # systemd takes $$ for $, and hands the words over without a shell
    words = shlex.split(line.removeprefix("-+").replace("$$", "$"))
    moved = [word.replace("/sys/class/leds", str(leds)) for word in words]
    assert moved != words
    subprocess.run(moved, check=True, env={})


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_understands_it(unit: Path, tmp_path: Path) -> None:
    """Every key and value; the program itself is not installed here."""
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text(encoding="utf-8").replace("/opt/gatepost/bin/", "/bin/true #"))
    told = subprocess.run(
        [str(ANALYZE), "verify", copy], check=False, capture_output=True, text=True
    )
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize(
    ("name", "wanted_by"),
    [
        ("gatepost-update.path", "multi-user.target"),
        ("gatepost-commit.path", "multi-user.target"),
        ("gatepost-fallback.timer", "timers.target"),
        ("gatepost-hawkbit.timer", "timers.target"),
    ],
)
def test_systemd_understands_what_starts_a_service(
    name: str, wanted_by: str, tmp_path: Path
) -> None:
    """With the service that it names; it is to start at boot."""
    for each in (name, f"{name.partition('.')[0]}.service"):
        text = (UNIT.parent / each).read_text(encoding="utf-8")
        (tmp_path / each).write_text(text.replace("/opt/gatepost/bin/", "/bin/true #"))
    told = subprocess.run(
        [str(ANALYZE), "verify", tmp_path / name], check=False, capture_output=True, text=True
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert f"\nWantedBy={wanted_by}\n" in (tmp_path / name).read_text()


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("network-camera.conf", "gatepost.service"),
        ("jetson.conf", "gatepost.service"),
        ("provisioned.conf", "gatepost.service"),
        ("image.conf", "gatepost.service"),
        ("image-update.conf", "gatepost-update.service"),
        ("image-update.conf", "gatepost-hawkbit.service"),
    ],
)
def test_systemd_understands_what_is_added(name: str, unit: str, tmp_path: Path) -> None:
    """For some units; a key that it does not know would be a warning."""
    copy, text = tmp_path / unit, (UNIT.parent / unit).read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/gatepost/bin/", "/bin/true #"))
    folder = tmp_path / f"{unit}.d"
    folder.mkdir()
    shutil.copy(UNIT.parent / name, folder)
    told = subprocess.run(
        [str(ANALYZE), "verify", copy],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_it_is_hardened(unit: Path) -> None:
    """An exposure of 2.5 at most, of 10."""
    asked = [str(ANALYZE), "security", "--offline=true", "--threshold=25", unit]
    told = subprocess.run(asked, check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout[-400:]


def test_it_makes_every_head_dark_and_nothing_else(tmp_path: Path) -> None:
    """All that a configuration may name; not the status LED."""
    names = ("gatepost:ir:illuminator", "gatepost:ir:illuminator-2", "gatepost:ir:left_pole")
    leds = [FakeLed(tmp_path / name) for name in names]
    others = [FakeLed(tmp_path / name) for name in ("gatepost:green:status", "mmc0::")]
    for led in leds + others:
        (led.folder / "brightness").write_text("70\n")
    make_dark(tmp_path)
    assert [led.shown for led in leds] == [0, 0, 0]
    assert [led.shown for led in others] == [70, 70]
    assert [Head(led=name).led for name in names] == list(names)


def test_it_minds_no_head_that_is_not_there(tmp_path: Path) -> None:
    """A unit without the overlay stops without a fault, and no file is made."""
    make_dark(tmp_path)
    assert not list(tmp_path.iterdir())


def test_dark_where_unit_and_guardian_were_killed(tmp_path: Path) -> None:
    """As by SIGKILL of the whole control group: the LED stays lit until systemd writes."""
    led = FakeLed(tmp_path / "gatepost:ir:illuminator")
    heads = GuardedHeads([spelled(led.folder)])
    heads.give([70], 9.0)
    os.kill(heads.pid, signal.SIGKILL)
    until(heads.fault, "the death is noticed")
    heads.close()
    assert led.shown == 70
    make_dark(tmp_path)
    assert led.shown == 0


def test_the_heads_of_the_overlay_may_be_written() -> None:
    """The rest of /sys is read-only to the unit."""
    labels = set()
    for source in OVERLAYS.glob("*.dts"):
        labels |= set(re.findall(r'"(gatepost:ir:[^"]+)"', source.read_text(encoding="utf-8")))
    allowed = {path.rpartition("/")[2] for path in values("ReadWritePaths")}
    assert labels == allowed
    assert all(path.startswith("-/sys/class/leds/") for path in values("ReadWritePaths"))


def test_a_kernel_that_stands_still_is_reset() -> None:
    """The Pi's watchdog counts to 16 s at most."""
    system = (FIRMWARE / "systemd" / "system.conf.d" / "gatepost.conf").read_text(encoding="utf-8")
    (seconds,) = re.findall(r"^RuntimeWatchdogSec=(\d+)$", system, re.MULTILINE)
    assert "[Manager]" in system
    assert int(seconds) < 16


def test_the_guardians_of_a_unit_that_died_are_waited_for() -> None:
    """They hear systemd's signals too and ignore them (custody.TO_ALL).

    With `mixed` a dead unit leaves nobody for SIGTERM, and SIGKILL follows at once for all others
    (systemd's service_enter_signal): a guardian could die before it has set the gate's line off.
    """
    assert values("KillMode") == ["control-group"]
    assert not values("SendSIGHUP")
    assert not values("KillSignal")


def test_a_start_has_the_time_that_the_unit_gives_it() -> None:
    """The unit's own limit comes first, for it says why: opening, silence, two guardians."""
    (most,) = (each.le for each in Camera.model_fields["silent_s"].metadata if isinstance(each, Le))
    assert isinstance(most, (int, float))
    assert float(values("TimeoutStartSec")[0]) > OPENING_S + most + 2 * START_S + FEED_S


def test_no_restart_follows_a_fault_that_none_mends() -> None:
    """Five others in ten minutes start the board anew, which takes minutes, be they ever so short.

    And a stop may take as long as it takes.
    """
    assert values("RestartPreventExitStatus") == [str(ConfigurationError.exit_code)]
    assert values("StartLimitAction") == ["reboot"]
    assert float(values("RestartSec")[0]) * int(values("StartLimitBurst")[0]) >= 120
    assert float(values("WatchdogSec")[0]) / 2 > FEED_S
    assert float(values("TimeoutStopSec")[0]) > 2.0 + 15.0 + 2.0  # linger, loops, guardian


def faults() -> list[type[GatepostError]]:
    """All that end the unit with a code."""
    found = vars(errors).values()
    return [each for each in found if isinstance(each, type) and issubclass(each, GatepostError)]


def test_a_restart_that_was_asked_for_is_no_fault() -> None:
    """A line in `ended` would end the trial of a slot, were the power cut after it."""
    assert values("SuccessExitStatus") == [str(RestartError.exit_code)]
    assert [each for each in faults() if each.exit_code == RestartError.exit_code] == [RestartError]


def test_the_readme_installs_what_the_service_starts() -> None:
    """The package that it names is what is made; each file is there; one environment for both."""
    told = README.read_text(encoding="utf-8").partition("## Installing")[2].partition("\n## ")[0]
    named = re.findall(r"firmware/[\w./-]+", told)
    assert f"apt install ./{file_name(__version__, Target('arm64', '3.13'))}" in told
    assert [each for each in named if not (README.parent / each).exists()] == []
    (environment,) = re.findall(r"python3\s+-m\s+venv\s+--system-site-packages\s+([\w/]+)", told)
    assert f"ExecStart={environment}/bin/gatepost run" in UNIT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("[update.hawkbit]\nurl = 1\n", True),
        ("[unit]\n  [update.hawkbit] # ours\n", True),
        ("[ update . hawkbit ]\n", True),
        ("[update]\nhawkbit = { url = 1 }\n", True),
        ("[update]\nhawkbit.url = 1\n", True),
        ("# [update.hawkbit]\n", False),
        ("[unit]\n", False),
    ],
)
def test_hawkbit_is_asked_where_the_settings_have_it(
    tmp_path: Path, text: str, *, is_asked: bool
) -> None:
    """And not where the table waits behind a #: that would be a fault every five minutes."""
    unit = (UNIT.parent / "gatepost-hawkbit.service").read_text(encoding="utf-8")
    (line,) = re.findall("^ExecCondition=(.*)$", unit, re.MULTILINE)
    (tmp_path / "gatepost.toml").write_text(text)
    words = [each.replace("/etc/gatepost", str(tmp_path)) for each in shlex.split(line)]
    assert (subprocess.run(words, check=False).returncode == 0) is is_asked


def test_the_package_is_whole() -> None:
    """A folder that is not named would be missing on the unit; so would a model."""
    project = read_table(README.parent / "pyproject.toml")
    named = set(project["tool"]["setuptools"]["packages"])
    code = {each.parent.name for each in (README.parent / "appliance").glob("*/__init__.py")}
    assert code <= {each.rpartition(".")[2] for each in named}
    assert {"appliance.models", "appliance.models.regions"} <= named
    assert "*.tflite" in project["tool"]["setuptools"]["package-data"]["appliance.models"]
