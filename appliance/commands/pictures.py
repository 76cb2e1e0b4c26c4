"""`gatepost read`: the plates of photographs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from appliance import output, report, sight
from appliance.capture.mask import Places, blackout
from appliance.capture.video import load_picture
from appliance.commands.command import Command
from appliance.config import load_config
from appliance.errors import GatepostError
from appliance.places import corners_of
from appliance.recognize.recognizer import Recognizer


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `read` to the commands."""
    reading = command(commands, "read", read_pictures, "read the plates of photographs")
    reading.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    reading.add_argument("--json", action="store_true", help="one JSON object a photograph")
    reading.add_argument(
        "--annotate", type=Path, metavar="DIR", help="draw the result into copies there"
    )


def read_pictures(asked: argparse.Namespace) -> int:
    """A line or a JSON object a photograph; a bad one does not stop the others."""
    config = load_config(asked.config)
    recognizer, hidden = sight.build_recognizer(config), corners_of(config.zone, "blackout")
    worst = 0
    for path in asked.images:
        try:
            _read_picture(recognizer, path, hidden, asked)
        except GatepostError as fault:
            print(fault, file=sys.stderr)
            worst = max(worst, fault.exit_code)
    return worst


def _read_picture(
    recognizer: Recognizer, path: Path, hidden: Places, asked: argparse.Namespace
) -> None:
    image = blackout(load_picture(path), hidden)
    examined = recognizer.examine(image)
    if asked.json:
        output.say(json.dumps(report.examination_object(path, image, examined), ensure_ascii=False))
    else:
        output.say(report.examination_line(path, examined))
    if asked.annotate:
        report.save_picture(_copy_name(path, asked), report.draw(image, examined))


def _copy_name(path: Path, asked: argparse.Namespace) -> Path:
    """Where the drawing goes: under the photograph's name, numbered where two share it."""
    same = [other for other in asked.images if other.name == path.name]
    number = f"-{same.index(path) + 1}" if len(same) > 1 else ""
    target: Path = asked.annotate / f"{path.stem}{number}{path.suffix}"
    if target.resolve() == path.resolve():
        raise GatepostError(f"{target}: is the photograph itself; name another folder")
    return target
