"""The commands; turns errors into one line and an exit code.

Results go to stdout, everything said about them to stderr, so that `--json` can be piped.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from appliance import __version__, app, output, report, sight
from appliance.capture.mask import Places, blackout
from appliance.capture.video import RecordedCamera, load_picture
from appliance.commands import (
    aim,
    broker,
    cameras,
    connect,
    fleet,
    light,
    lists,
    provision,
    update,
    yard,
)
from appliance.config import SYSTEM_FILE, Config, Mqtt, chosen_file, examine_config, load_config
from appliance.domain import Message, Passage
from appliance.errors import ConfigurationError, GatepostError, OutputError, StalledError
from appliance.health import Health
from appliance.hook import Webhook
from appliance.inspection import check_parts, doubts_of
from appliance.places import corners_of
from appliance.recognize.recognizer import Recognizer
from appliance.resolve.story import Story, untold
from appliance.source import live_source, replay_source
from appliance.supervisor import is_hung
from appliance.transmit.messages import complete

INTERRUPTED = 128  # and the signal's number: what a shell gives a command that a signal ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns its exit code (0, or that of the error's class)."""
    output.take_stdout()
    asked = _parser().parse_args(arguments)
    level = logging.INFO if asked.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        return _delivered(asked)
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED + signal.SIGINT
    except BrokenPipeError:  # the reader of our output has gone: `gatepost ... | head`
        sys.stderr.close()
        return 141


def _delivered(asked: argparse.Namespace) -> int:
    """The exit code of the command, once stdout has taken what it said."""
    try:
        code = int(asked.command(asked))
    except GatepostError:
        with suppress(OutputError):  # one fault is enough
            sys.stdout.flush()
        raise
    sys.stdout.flush()
    return code


def read_pictures(asked: argparse.Namespace) -> int:
    """`gatepost read`: a line or a JSON object a photograph; a bad one does not stop the others."""
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


def check(asked: argparse.Namespace) -> int:
    """`gatepost check`: every fault of the configuration and of the models in one report.

    What can hardly be meant is said, and is no fault.
    """
    where = chosen_file(asked.config) or "defaults"
    config, faults = examine_config(asked.config)
    for doubt in doubts_of(config):
        print(f"{where}: warning: {doubt}", file=sys.stderr)
    faults += [f"{where}: {fault}" for fault in check_parts(config)]
    if faults:
        raise ConfigurationError("\n".join(faults))
    print(f"configuration ({where}): no fault")
    print(
        f"models ({config.recognition.models}): {sight.model_pair(config)}, as their manifests say"
    )
    if asked.connect:
        connect.check_connection(config)
    return 0


def tell_version(_: argparse.Namespace) -> int:
    """`gatepost version`: the version of the package and of the models that come with it."""
    print(f"gatepost {__version__}, models {sight.model_pair(Config())}")
    return 0


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gatepost", description="Reads number plates, on the device."
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="say more, on stderr")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reading = _command(commands, "read", read_pictures, "read the plates of photographs")
    reading.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    reading.add_argument("--json", action="store_true", help="one JSON object a photograph")
    reading.add_argument(
        "--annotate", type=Path, metavar="DIR", help="draw the result into copies there"
    )
    playing = _command(commands, "replay", replay, "run a recording through the unit")
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
    _command(commands, "run", run, "run the appliance")
    checking = _command(commands, "check", check, "check the configuration and the models")
    checking.add_argument("--connect", action="store_true", help="try the broker too")
    aim.add_command(commands, _command)
    lists.add_commands(commands, _command)
    cameras.add_command(commands, _command)
    broker.add_command(commands, _command)
    yard.add_commands(commands, _command)
    light.add_commands(commands, _command)
    provision.add_command(commands, _command)
    update.add_commands(commands, _command)
    fleet.add_command(commands, _command)
    _command(commands, "version", tell_version, "say the version")
    return parser


def _seconds(given: str) -> float:
    """A time to wait, from 0; not infinite, for something must end it."""
    try:
        seconds = float(given)
    except ValueError:
        seconds = nan
    if not 0 <= seconds < inf:
        raise argparse.ArgumentTypeError(f"{given!r}: expected seconds, 0 or more")
    return seconds


def _command(
    commands: Any,  # noqa: ANN401  # argparse keeps the type of its sub-parsers to itself
    name: str,
    does: Callable[[argparse.Namespace], int],
    purpose: str,
) -> argparse.ArgumentParser:
    """A sub-parser; every command takes a configuration but those that ask for none."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=purpose, description=purpose)
    parser.set_defaults(command=does)
    if name not in ("cameras", "provision", "version"):
        parser.add_argument("--config", type=Path, metavar="FILE", help=f"default: {SYSTEM_FILE}")
    return parser


def entry() -> None:
    """What the `gatepost` script runs: the command, then the end of the process, whatever hangs.

    The library of a camera that has fallen silent wants to stop it at the exit, and waits for ever.
    """
    code = main()
    if is_hung() or code == StalledError.exit_code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    entry()
