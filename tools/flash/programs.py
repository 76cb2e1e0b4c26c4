"""The programs that do the work: each is Debian's own for its kind of file.

The rule to know: one that fails or is not there ends the build, and the fault names it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

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
    words = list(map(str, command))
    told = {**os.environ, "PATH": PATH, **(environment or {})}
    try:
        done = subprocess.run(  # noqa: S603
            words, input=content, stdout=subprocess.PIPE, cwd=folder, env=told, check=False
        )
    except FileNotFoundError as fault:
        raise GatepostError(f"{words[0]}: not found: tools/image says what is needed") from fault
    if done.returncode:
        raise GatepostError(f"{' '.join(words[:2])}: exit code {done.returncode}, expected 0")
    return done.stdout
