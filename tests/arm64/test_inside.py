"""Into the arm64 root: what is laid where, and what a machine lacks."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tools.arm64.boards import PROCESSORS, Processor
from tools.arm64.inside import Inside
from tools.publish.signing import REPOSITORY


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda each: each.name)
def test_the_kernels_words_fit_the_processor(processor: Processor) -> None:
    """Four cores, each with number and features: XNNPACK reads both."""
    cores = [part.splitlines() for part in processor.cpuinfo.strip().split("\n\n")]
    assert len(cores) == 4
    for number, lines in enumerate(cores):
        told = dict(line.split("\t: ") for line in lines)
        assert told["processor"] == str(number)
        assert told["CPU part"] == processor.part[0]
        assert "asimd" in told["Features"].split()


def test_a_shell_stays_above_the_guest(tmp_path: Path) -> None:
    """A guest that is the first of its processes hangs where it should die of a signal."""
    script = Inside(tmp_path, PROCESSORS[0], tmp_path).script(["python3", "-c", "print(1)"])
    assert script.splitlines()[-1] == "exit"
    assert "exec" not in shlex.split(script)


def test_the_processors_words_lie_over_the_machines(tmp_path: Path) -> None:
    """After /proc is there, and the repository at the place that it has outside."""
    script = Inside(tmp_path / "root", PROCESSORS[0], tmp_path).script(["true"])
    assert script.index("-t proc") < script.index("root/proc/cpuinfo")
    assert f"{tmp_path}/root{REPOSITORY}" in script
