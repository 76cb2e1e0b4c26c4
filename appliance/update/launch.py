"""Starts the unit from what is installed now: `python3 -m appliance.update.launch FOLDER run ...`.

The rule to know: this is the copy that came with the system, so that a release on trial, however
broken, neither counts nor judges its own starts.  It takes nothing but the standard library, and
ends in `exec`: the unit has its process, and systemd talks to it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from appliance.errors import StoreError
from appliance.update.disk import Disk
from appliance.update.shelf import Shelf, boot_name

DEPLOYMENT = "GATEPOST_DEPLOYMENT"
"""Names to the unit the folder that it was started from; missing: what came with the system."""
BEGIN = (
    "import runpy, sys; sys.path.pop(0); "
    "runpy.run_module('appliance', run_name='__main__', alter_sys=True)"
)
"""As `-m appliance`, which would look into the working folder first: PYTHONSAFEPATH is of 3.11."""

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Count the start and become the unit; returns only where it cannot (exit 74, EX_IOERR)."""
    folder, *command = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    chosen = chosen_start(Path(folder), boot_name())
    python, environment = sys.executable, changed(os.environ, chosen)
    try:
        os.execve(python, [python, "-c", BEGIN, *command], environment)  # noqa: S606
    except OSError as fault:
        log.error("%s: cannot be started: %s", python, fault)  # noqa: TRY400  # one line
        return StoreError.exit_code


def chosen_start(folder: Path, boot: str) -> Path | None:
    """What to start; None: what came with the system, also where the card takes nothing.

    An update that cannot be counted must not be tried, and a full card must not stop the gate.
    """
    shelf = Shelf(folder, Disk())
    try:
        return shelf.start(boot)
    except OSError as fault:
        log.warning("%s: a start cannot be counted: %s", folder, fault)
    good = shelf.standing().current
    is_fit = good and shelf.is_whole(good) and shelf.supersedes(good)
    return shelf.place(good) if good and is_fit else None


def changed(environment: Mapping[str, str], deployment: Path | None) -> dict[str, str]:
    """The environment of the unit, which takes its modules from the deployment's own images.

    The path is the deployment's and not that of `current`: modules that are imported late are
    those of the release that runs, also when the next one is installed meanwhile.
    """
    kept = {key: text for key, text in environment.items() if key != DEPLOYMENT}
    if deployment is None:
        return kept
    modules = ":".join(str(deployment / kind) for kind in ("app", "libraries"))
    told = {"PYTHONPATH": modules, "PYTHONDONTWRITEBYTECODE": "1", DEPLOYMENT: str(deployment)}
    return kept | told


if __name__ == "__main__":
    sys.exit(main())
