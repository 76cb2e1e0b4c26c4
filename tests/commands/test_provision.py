"""`gatepost provision` as systemd runs it, up to a broker that lets nobody in unsigned."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.__main__ import main
from tests.authority import Authority
from tests.conftest import Broker, Encrypted
from tests.provision.test_beacon import StatusLed
from tests.provision.test_importing import signed_by

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="apt-get install openssl"),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"  # paho leaves the socket of a handshake
    ),
]


class Start:
    """Starts of a unit."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """With an empty boot partition."""
        self.boot, self.into = folder / "boot", folder / "into"
        self.boot.mkdir()
        self.into.mkdir()
        self.led = StatusLed(folder / "led", "heartbeat")
        self._capsys = capsys

    def __call__(self) -> tuple[int, list[str], list[str]]:
        """Exit code, what changed, what is said on stderr."""
        places = {"--boot": self.boot, "--into": self.into, "--led": self.led.folder}
        code = main(["provision", *(str(part) for each in places.items() for part in each)])
        said = self._capsys.readouterr()
        return code, said.out.splitlines(), said.err.splitlines()

    def by_itself(self, *python: str) -> subprocess.CompletedProcess[str]:
        """The command in a process of its own, as its service has it; `python`: more options."""
        module = ["-m", "appliance.commands.provision", "--led", str(self.led.folder)]
        places = ["--boot", str(self.boot), "--into", str(self.into)]
        return subprocess.run(
            [sys.executable, *python, *module, *places], capture_output=True, text=True, check=False
        )

    def connects(self) -> tuple[int, str]:
        """What `gatepost check --connect` says of what was taken over: exit code and stderr."""
        code = main(["check", "--connect", "--config", str(self.into / "gatepost.toml")])
        return code, self._capsys.readouterr().err


@pytest.fixture
def start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Start:
    """The command on folders that stand for a unit's."""
    return Start(tmp_path, capsys)


def test_a_fault_is_shown_until_it_is_mended(start: Start) -> None:
    """On the LED, in a file on the boot partition, on stderr and as the exit code."""
    (start.boot / "gatepost.toml").write_text('[unit]\nid = "a b"\n[gate]\nlines = 1\n')
    code, changes, told = start()
    assert (code, changes, len(told)) == (78, [], 2)
    text = (start.boot / "gatepost-faults.txt").read_bytes().decode()
    assert text.split("\r\n")[2:4] == told
    assert "\n" not in text.replace("\r\n", "")
    assert start.led.shown() == ("timer", "1000", "1000")
    (start.boot / "gatepost.toml").write_text('[unit]\nid = "a-b"\n')
    code, changes, told = start()
    assert (code, changes[0], told) == (0, "unit.id: changed", [])
    assert not (start.boot / "gatepost-faults.txt").exists()
    assert start.led.shown()[0] == "heartbeat"


def test_it_finds_what_check_finds(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the values, of the models and of what is named beside; the same lines."""
    text = (
        "[lane]\ngone_s = 99.0\n[recognition]\nregions = ['xx']\n[light]\n[[light.head]]\nled='a'\n"
    )
    (start.boot / "gatepost.toml").write_text(text)
    _, _, told = start()
    path = start.boot / "gatepost.toml"
    assert main(["check", "--config", str(path)]) == 78
    checked = [
        line.replace(f"{path}", "gatepost.toml") for line in capsys.readouterr().err.splitlines()
    ]
    assert told == checked
    assert len(told) > 2


def test_a_dry_run_finds_the_same_and_changes_nothing(start: Start, tmp_path: Path) -> None:
    """Neither the secrets on the boot partition nor the unit's settings; nor is a fault left."""
    settings = start.boot / "gatepost.toml"
    settings.write_text('[unit]\nid = "a"\n[secrets]\nwebhook_secrt = "hush"\n')
    dry = ["provision", "--boot", str(start.boot), "--into", str(start.into), "--dry-run"]
    assert main(dry) == 78
    text = '[webhook]\nurl = "https://a.example"\nsecret_file = "webhook-secret"\n[secrets]\n'
    settings.write_text(f'{text}webhook_secret = "hush-hush-hush-hush"\n')
    assert main(dry) == 0
    assert [each.name for each in start.boot.iterdir()] == ["gatepost.toml"]
    assert "hush" in settings.read_text()
    assert not list(start.into.iterdir())
    assert main([*dry[:-2], str(tmp_path / "none"), "--dry-run"]) == 0
    assert not (tmp_path / "none").exists()
    code, changes, _ = start()
    assert (code, "webhook.secret_file: changed" in changes) == (0, True)


def test_a_dry_run_that_cannot_copy_says_so(start: Start) -> None:
    """In a line, as where a person may not read the settings: exit 74."""
    (start.boot / "gatepost.toml").write_text('[unit]\nid = "a"\n')
    os.mkfifo(start.into / "pipe")
    dry = ["provision", "--boot", str(start.boot), "--into", str(start.into), "--dry-run"]
    assert main(dry) == 74


def test_a_card_that_takes_nothing_is_said(start: Start) -> None:
    """As when the data partition is not there: exit 74, the boot partition is left as it is."""
    text = "[unit]\nid = 'a'\n[secrets]\nmqtt_password = 'hush'\n"
    (start.boot / "gatepost.toml").write_text(text)
    start.into.rmdir()
    code, _, told = start()
    assert (code, told) == (74, [f"{start.into}: No such file or directory"])
    assert (start.boot / "gatepost.toml").read_text() == text
    assert start.led.shown()[0] == "timer"


def test_a_boot_partition_that_takes_nothing_keeps_no_unit_from_working(start: Start) -> None:
    """What was brought is taken over; that its secret is still there is said until it is gone."""
    (start.boot / "gatepost.toml").write_text(
        "[mqtt]\nhost = 'b'\nusername = 'u'\npassword_file = 'mqtt-password'\n"
        "[secrets]\nmqtt_password = 'hush'\n"
    )
    hindrance = start.boot / "gatepost.wipe" / "in the way"
    hindrance.mkdir(parents=True)
    for _ in range(2):
        assert start()[0] == 74
        assert start.led.shown()[0] == "timer"
    assert "hush" not in (start.into / "gatepost.toml").read_text()
    shutil.rmtree(hindrance.parent)
    assert start()[0] == 0
    assert "hush" not in (start.boot / "gatepost.toml").read_text()


def test_from_the_first_boot_to_a_broker_that_wants_a_certificate(
    start: Start, authority: Authority, start_broker: Callable[..., Broker]
) -> None:
    """Request out, certificate in: before it the broker refuses the unit, after it takes it in."""
    way = start_broker(encrypted=Encrypted(authority, mutual=True)).way
    table = {"host": way["host"], "port": way["port"], "tls": True, "ca_file": "gatepost-ca.crt"}
    table |= {"cert_file": "gatepost.crt", "key_file": "gatepost.key"}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
    (start.boot / "gatepost.toml").write_text(f'[unit]\nid = "unit"\n[mqtt]\n{lines}')
    (start.boot / "gatepost-ca.crt").write_bytes(authority.cert.read_bytes())
    code, changes, told = start()
    assert (code, changes[-1], told) == (
        0,
        "gatepost.crt: waits for somebody to sign gatepost.csr",
        [],
    )
    assert start.connects()[0] != 0
    signed = signed_by(authority, start.boot / "gatepost.csr")
    (start.boot / "gatepost.crt").write_bytes(signed)
    assert start() == (0, ["gatepost.crt: new"], [])
    assert start.connects() == (0, "")
    assert start() == (0, ["nothing new"], [])


def test_a_start_with_nothing_new_brings_only_what_it_needs(start: Start) -> None:
    """The unit waits for it at each start: as systemd runs it, and without what checks settings."""
    (start.boot / "gatepost.toml").write_text('[unit]\nid = "a"\n')
    assert start()[0] == 0
    done = start.by_itself("-X", "importtime")
    assert done.returncode == 0
    assert done.stdout.startswith("gatepost.crt: waits for somebody to sign")
    assert "appliance.provision.importing" in done.stderr
    assert not re.search(r"\b(numpy|pydantic|cv2|appliance\.config)\b", done.stderr)


def test_as_systemd_runs_it_a_fault_is_its_exit_code(start: Start) -> None:
    """Which keeps nothing from starting: the unit has what it had."""
    (start.boot / "gatepost.toml").write_text('[unit]\nid = "a b"\n')
    done = start.by_itself()
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith("gatepost.toml: unit.id = ")
