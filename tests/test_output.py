"""Stdout that nobody can take: a command says so in one line, the appliance goes on without.

Ctrl-C in the first moment: no traceback.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_S, until
from tests.test_commands import drive, photograph  # noqa: F401  # fixtures
from tests.test_delivery import CLIP

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "from appliance.begin import entry; entry()"
FULL = "stdout cannot be written: No space left on device"


def started(arguments: list[object], **changes: object) -> subprocess.Popen[str]:
    """A command as the script runs it."""
    command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, **changes
    )


def on_full_disk(*arguments: object) -> tuple[int, str]:
    """Exit code and stderr of a command whose stdout is /dev/full."""
    with Path("/dev/full").open("w") as full, started([*arguments], stdout=full) as running:
        _, said = running.communicate(timeout=PATIENCE_S)
    return running.returncode, said


@pytest.mark.parametrize(
    "arguments",
    [("version",), ("check",), ("broker-acl", "unit"), ("replay", CLIP), ("read", "{picture}")],
)
def test_a_result_that_cannot_be_written_is_told(
    tmp_path: Path,
    arguments: tuple[object, ...],
    photograph: Path,  # noqa: F811  # the fixture
) -> None:
    """In one line, with the exit code of an I/O error."""
    config = tmp_path / "unit.toml"
    config.write_text(f"[store]\nfolder = '{tmp_path}'\n")
    named = [photograph if each == "{picture}" else each for each in arguments]
    options = () if named[0] in ("version", "replay") else ("--config", config)
    code, said = on_full_disk(*named, *options)
    assert code == 74, said
    assert FULL in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_stdout_that_is_closed_is_told_too() -> None:
    """Nothing else becomes descriptor 1."""
    with started(["version"], preexec_fn=lambda: os.close(1)) as running:
        _, said = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, said) == (74, "stdout cannot be written: Bad file descriptor\n")


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_appliance_goes_on_without_its_stdout(
    tmp_path: Path,
    drive: Path,  # noqa: F811  # the fixture
    is_closed: bool,
) -> None:
    """The passage is recorded, the fault is logged once, and the end is as it was asked for."""
    config = tmp_path / "unit.toml"
    config.write_text(f"[camera]\nsource = '{drive}'\n[store]\nfolder = '{tmp_path / 'store'}'\n")
    close = (lambda: os.close(1)) if is_closed else None
    with (
        Path("/dev/full").open("w") as full,
        started(["-v", "run", "--config", config], stdout=full, preexec_fn=close) as running,
    ):
        _, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said
    assert "INFO appliance.pipeline: passage " in said
    assert said.count("stdout cannot be written") == 1
    assert "Traceback" not in said


def test_a_reader_that_leaves_ends_a_command_quietly() -> None:
    """As `| head` does."""
    reading, writing = os.pipe()
    os.close(reading)
    with started(["version"], stdout=writing) as running:
        os.close(writing)
        _, said = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, said) == (141, "")


def test_an_interrupt_during_the_imports_is_clean() -> None:
    """Exit code 130 and not a word."""
    with started(["version"], stdout=subprocess.PIPE) as running:
        status = Path(f"/proc/{running.pid}/status")

        def is_listening() -> bool:
            caught = next(x for x in status.read_text().splitlines() if x.startswith("SigCgt"))
            maps = Path(f"/proc/{running.pid}/maps").read_text()
            return bool(int(caught.split()[1], 16) & 1 << (signal.SIGINT - 1)) and "numpy" in maps

        until(is_listening, "the imports have begun")
        running.send_signal(signal.SIGINT)
        out, said = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out, said) == (130, "", "")
