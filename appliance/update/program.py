"""Programs of the system that say something and end, each within its time.

The rule to know: no shell takes part, and nothing is typed to them.  Of the standard library only.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from appliance.errors import UpdateError


def ended(
    command: Sequence[str], limit_s: float, name: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """How a program ended, and what it is called in the words of a fault.

    Args:
        command: the program and its arguments.
        limit_s: seconds that it may take; then it is killed.
        name: of the UpdateError where it cannot be started, or is killed.
    """
    called = " ".join(command)
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and no name of anybody else's
            command,
            check=False,
            capture_output=True,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as fault:
        raise UpdateError(name, f"{called}: {fault.strerror}") from fault
    except subprocess.TimeoutExpired as fault:
        raise UpdateError(name, f"{called}: no answer within {limit_s:g} s") from fault
    return done, called
