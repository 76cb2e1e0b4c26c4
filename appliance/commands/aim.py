"""`gatepost aim`: whether the camera is aimed well, at the road, in a recording or in photographs.

The rule to know: no plate is told, and nothing is stored, sent or switched.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance import aimreport, sight
from appliance.aim import Aim, aim_of
from appliance.aiming import NEWEST, Aiming
from appliance.capture.camera import Camera
from appliance.capture.mask import blackout
from appliance.capture.motion import Notice, unnoticed
from appliance.capture.video import PICTURES, RecordedCamera, load_picture
from appliance.commands.command import Command
from appliance.commands.numbers import whole
from appliance.config import Config, load_config
from appliance.domain import Frame, Sighting
from appliance.errors import GatepostError
from appliance.health import Health
from appliance.places import corners_of
from appliance.report import require_drawable, save_picture
from appliance.source import live_source
from appliance.vehicle import Vehicle, alone

Image = NDArray[np.uint8]
NOT_READY = 1
SEQUENCE = (
    "{folder}: its pictures were taken for the frames of one recording, in the order of their"
    " names, and nothing drove through them; photographs are named one by one, as {folder}/*"
)


def tell_aim(asked: argparse.Namespace) -> int:
    """The figures, and ready or why not; 1 where it is not ready, or not known."""
    config = load_config(asked.config)
    sources: list[Path] = asked.sources
    is_photographed = bool(sources) and all(map(_is_picture, sources))
    if len(sources) > 1 and not is_photographed:
        raise GatepostError(f"{sources[1]}: expected one recording, or photographs")
    if asked.draw is not None:
        require_drawable(asked.draw)
    if is_photographed:
        aim, vehicles, image = _of_photographs(config, sources)
    else:
        aim, vehicles, image = _of_frames(config, sources, asked)
    print(json.dumps(asdict(aim)) if asked.json else aimreport.text(aim))
    if sources and not aim.vehicles and sources[0].is_dir():
        print(SEQUENCE.format(folder=sources[0]), file=sys.stderr)
    if asked.draw is not None:
        if image is None:
            raise GatepostError(f"{asked.draw}: there is no picture to draw on")
        save_picture(asked.draw, aimreport.drawing(image, vehicles, aim))
    return 0 if aim.ready else NOT_READY


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `aim` to the parser of all commands."""
    aiming = command(commands, "aim", tell_aim, "say whether the camera is aimed well")
    aiming.add_argument(
        "sources",
        nargs="*",
        type=Path,
        metavar="CLIP|FOLDER|IMAGE",
        help="a recording (a folder: its frames), or photographs; else the configured camera",
    )
    aiming.add_argument("--json", action="store_true", help="one JSON object at the end")
    aiming.add_argument("--draw", type=Path, metavar="FILE", help="the figures on the last picture")
    aiming.add_argument(
        "--vehicles",
        type=whole(1),
        default=NEWEST,
        metavar="N",
        help=f"end after so many at the camera (default: {NEWEST}); Ctrl-C ends it too",
    )


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES and not path.is_dir()


Found = tuple[Aim, Sequence[Vehicle], Image | None]


def _of_photographs(config: Config, paths: Sequence[Path]) -> Found:
    """Each photograph's best plate stands for a vehicle; the last with a plate is drawn on."""
    recognizer, hidden = sight.build_recognizer(config), corners_of(config.zone, "blackout")
    vehicles, shown = list[Vehicle](), None
    for path in paths:
        image = blackout(load_picture(path), hidden)
        for plate in recognizer.examine(image).plates[:1]:
            seen = Sighting(0, 0.0, plate.detection, plate.read, plate.sharpness, plate.tones)
            vehicles.append(alone(seen, (image.shape[1], image.shape[0])))
            shown = image
    return aim_of(vehicles), vehicles[-1:], shown


def _of_frames(config: Config, sources: Sequence[Path], asked: argparse.Namespace) -> Found:
    """What drives by in a recording, or at the camera until enough have."""
    aiming, shown = sight.build_aiming(config), None
    camera, notice = _camera(config, sources)
    told = 0
    with suppress(KeyboardInterrupt):  # whoever has seen enough wants to know what it says
        for frame in _watched(config, camera, notice, aiming):
            told = _tell(aiming, told, quiet=asked.json)
            shown = frame.image if aiming.tracks or shown is None else shown
            if not sources and aiming.seen >= asked.vehicles:
                break
    aiming.part()
    _tell(aiming, told, quiet=asked.json)
    if camera.fault is not None:  # what came before it still counts
        print(camera.fault, file=sys.stderr)
    return aiming.aim, tuple(aiming.vehicles), shown


def _camera(config: Config, sources: Sequence[Path]) -> tuple[Camera, Notice]:
    if sources:
        return RecordedCamera(sources[0], False, corners_of(config.zone, "blackout")), unnoticed
    live = live_source(config, Health())
    return live.camera, live.notice


def _tell(aiming: Aiming, told: int, *, quiet: bool) -> int:
    """A line for each vehicle after the first `told`; gives how many have been seen by now."""
    for new in range(told, aiming.seen if not quiet else 0):
        print(aimreport.line(new + 1, aiming.vehicles[new - aiming.seen]), flush=True)
    return aiming.seen


def _watched(config: Config, camera: Camera, notice: Notice, aiming: Aiming) -> Iterator[Frame]:
    """Each frame after `aiming` has seen what the unit would see in it."""
    recognizer, tracker = sight.build_recognizer(config), sight.build_tracker(config)
    for frame in camera.frames():
        sightings = recognizer.sightings(frame)
        if sightings:
            notice(frame.at)
        tracker.update(frame.at, frame.size, sightings, frame.cut)
        aiming.watch(frame, tracker.sighted(frame.at), tracker.last_at)
        yield frame
