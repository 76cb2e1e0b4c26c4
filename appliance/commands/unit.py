"""`gatepost run` and `gatepost replay`: the unit at a camera, and on a recording."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from appliance import app, output, report
from appliance.capture.video import RecordedCamera
from appliance.commands.command import INTERRUPTED, Command
from appliance.config import Mqtt, load_config
from appliance.domain import Message, Passage
from appliance.health import Health
from appliance.hook import Webhook
from appliance.places import corners_of
from appliance.resolve.story import Story, untold
from appliance.source import live_source, replay_source
from appliance.transmit.messages import complete


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `replay` and `run` to the commands."""
    playing = command(commands, "replay", replay, "run a recording through the unit")
    playing.add_argument("recording", type=Path, metavar="CLIP|FOLDER")
    playing.add_argument("--json", action="store_true", help="one JSON object a passage")
    playing.add_argument(
        "--realtime", action="store_true", help="as a camera would see it now, at its speed"
    )
    playing.add_argument(
        "--explain", action="store_true", help="the story of every track too, on stderr"
    )
    lingering = "how long to wait at the end for a broker that is away (default: 600)"
    playing.add_argument(
        "--linger", type=_seconds, default=600.0, metavar="SECONDS", help=lingering
    )
    command(commands, "run", run, "run the appliance")


def replay(asked: argparse.Namespace) -> int:
    """`gatepost replay`: the pipeline on a recording; a line or a JSON object for each passage."""
    config = load_config(asked.config)
    with nullcontext() if asked.config else TemporaryDirectory(prefix="gatepost-") as folder:
        if folder:  # a trial leaves nothing behind, and nobody hears of it
            store = config.store.model_copy(update={"folder": Path(folder)})
            silent = {"store": store, "mqtt": Mqtt(), "webhook": Webhook()}
            config = config.model_copy(update=silent)
        health = Health()
        hidden = corners_of(config.zone, "blackout")
        recorded = RecordedCamera(asked.recording, asked.realtime, hidden)
        source = replay_source(config, recorded, report.Shown(recorded), health)
        announce = _tell_object if asked.json else partial(_tell_line, output.say)
        tell = _explain if asked.explain else untold
        number = app.run_unit(config, health, source, announce, asked.linger, tell)
        seen = health.snapshot()
        told = f"{seen.passages} passages in {seen.frames} frames"
        print(f"{asked.recording}: {told}", file=sys.stderr)
    return INTERRUPTED + number if number else 0


def run(asked: argparse.Namespace) -> int:
    """`gatepost run`: the appliance, until it is stopped; without a broker it prints passages."""
    config = load_config(asked.config)
    health = Health()
    in_journal = "JOURNAL_STREAM" in os.environ  # systemd's: no plate may stand there
    say = output.say_while_heard()
    announce = _tell_nobody if config.mqtt.host or in_journal else partial(_tell_line, say)
    app.run_unit(config, health, live_source(config, health), announce)
    return 0


def _tell_line(say: Callable[[str], None], passage: Passage, message: Message) -> None:
    """A passage as a line of text."""
    say(report.passage_line(passage, message.seq))


def _tell_object(passage: Passage, message: Message) -> None:
    """A passage as the payload that goes out, with its frames."""
    payload = json.loads(complete(message, None))
    settled = passage.settled
    frames = {"first_frame": settled.first_frame, "last_frame": settled.last_frame}
    output.say(json.dumps(payload | {"late": passage.recorded} | frames, ensure_ascii=False))


def _tell_nobody(_passage: Passage, _message: Message) -> None:
    """With a broker, passages go there; in a journal no plate may stand."""


def _explain(story: Story) -> None:
    """What became of a track and why; with its plate, so to the user's own terminal only."""
    print(report.story_text(story), file=sys.stderr)


def _seconds(given: str) -> float:
    """A time to wait, from 0; not infinite, for something must end it."""
    try:
        seconds = float(given)
    except ValueError:
        seconds = nan
    if not 0 <= seconds < inf:
        raise argparse.ArgumentTypeError(f"{given!r}: expected seconds, 0 or more")
    return seconds
