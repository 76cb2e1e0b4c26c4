"""The programs that do the work: each is Debian's own for its kind of file.

The rule to know: one that fails or is not there ends the build, and the fault names it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from appliance.errors import GatepostError

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""A user's own may have no `sbin`, where those for disks are."""


def run(
    command: Sequence[str | Path],
    content: bytes = b"",
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Run a program to its end; gives what it says on standard output.

    Args:
        command: the program and its arguments.
        content: on its standard input.
        folder: where it works.
        environment: beside this process's own.

    Raises:
        GatepostError: it is not there, or fails.
    """
    words, told = list(map(str, command)), _environment(environment)
    try:
        done = subprocess.run(  # noqa: S603
            words, input=content, stdout=subprocess.PIPE, cwd=folder, env=told, check=False
        )
    except FileNotFoundError as fault:
        raise _missing(words) from fault
    if done.returncode:
        raise _failed(words, done.returncode)
    return done.stdout


def feed(
    command: Sequence[str], pour: Callable[[IO[bytes]], None], environment: Mapping[str, str]
) -> None:
    """Run a program that reads more than shall lie in memory.

    Args:
        command: the program and its arguments.
        pour: writes what it reads.
        environment: beside this process's own.

    Raises:
        GatepostError: it is not there, or fails.
    """
    told = _environment(environment)
    code = None
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=told) as reading:  # noqa: S603
            assert reading.stdin  # a pipe
            pour(reading.stdin)
        code = reading.returncode
    except FileNotFoundError as fault:
        raise _missing(command) from fault
    except BrokenPipeError:  # it ended before all was read
        code = reading.returncode
    if code:
        raise _failed(command, code)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PATH": PATH, **(more or {})}


def _missing(words: Sequence[str]) -> GatepostError:
    return GatepostError(f"{words[0]}: not found: tools/image says what is needed")


def _failed(words: Sequence[str], code: int) -> GatepostError:
    return GatepostError(f"{' '.join(words[:2])}: exit code {code}, expected 0")
