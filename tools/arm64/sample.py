"""What is looked at, and how it is run on either machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import cv2

from appliance.capture.video import RecordedCamera
from appliance.errors import GatepostError
from tools.arm64.inside import SHARED, Inside
from tools.arm64.record import CROP, FRAME
from tools.publish.signing import REPOSITORY

CLIP = REPOSITORY / "tests" / "data" / "lane.mp4"
FRAMES = range(15, 240, 30)
"""Of the bundled clip."""
PASSAGE = range(0, 45, 3)
"""Frames of the clip's first vehicle: a folder of pictures, a passage from files to the store."""
SHARED_PICTURES = {"scenes": 16, "detect": 900, "read": 300}
"""Of the shared pictures, where they are: each so manieth by its name."""


def subjects(scratch: Path) -> list[str]:
    """Frames of the clip, and where the shared pictures are, some of these."""
    _passage(scratch / "passage")
    found = [f"{CLIP}{FRAME}{number}" for number in FRAMES]
    for folder, step in SHARED_PICTURES.items():
        files = sorted((SHARED / "plates" / folder / "images").glob("*.jpg"))[::step]
        found += [f"{CROP if folder == 'read' else ''}{path}" for path in files]
    return found


def passages(where: Inside | list[str], out: Path) -> list[dict[str, Any]]:
    """What `gatepost replay` tells of the folder of pictures beside a file, in which it lands."""
    with out.open("wb") as file:
        ran(where, ["-m", "appliance", "replay", "--json", str(out.parent / "passage")], file)
    return [json.loads(line) for line in out.read_text().splitlines()]


def ran(where: Inside | list[str], command: Sequence[str], out: IO[bytes] | None) -> None:
    """Run Python with a command, here or inside; GatepostError where it ends otherwise than with 0.

    Args:
        where: the arm64 root, or this machine's Python.
        command: its arguments.
        out: where its stdout goes; None: where ours does.
    """
    if isinstance(where, Inside):
        code = where.run(["python3", *command], out)
    else:
        done = subprocess.run([*where, *command], stdout=out, cwd=REPOSITORY, check=False)  # noqa: S603
        code = done.returncode
    if code:
        place = where.processor.name if isinstance(where, Inside) else "here"
        raise GatepostError(f"{place}: {' '.join(command[:3])}: exit code {code}, expected 0")


def _passage(folder: Path) -> None:
    """Write the folder of pictures, each pixel as the clip has it."""
    folder.mkdir()
    for frame in RecordedCamera(CLIP).frames():
        if frame.number in PASSAGE:
            cv2.imwrite(str(folder / f"{frame.number:03}.png"), frame.image)
