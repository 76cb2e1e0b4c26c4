"""The commands; turns errors into one line and an exit code.

Results go to stdout, everything said about them to stderr, so that `--json` can be piped.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from appliance import output
from appliance.commands.command import INTERRUPTED
from appliance.errors import GatepostError, OutputError, RestartError, StalledError
from appliance.tables import SYSTEM_FILE
from appliance.threads import is_hung

COMMANDS = {
    "read": "pictures",
    "replay": "unit",
    "run": "unit",
    "check": "checking",
    "aim": "aim",
    "lists": "lists",
    "cameras": "cameras",
    "broker-acl": "broker",
    "parking": "yard",
    "traffic": "yard",
    "light": "light",
    "provision": "provision",
    "update": "update",
    "fleet": "fleet",
    "version": "checking",
}
"""Where each command is, below appliance/commands."""
ABRUPT = (StalledError.exit_code, RestartError.exit_code)
"""Codes after which nothing is waited for at the exit."""


def main(
    arguments: Sequence[str] | None = None, imported: Callable[[], object] = lambda: None
) -> int:
    """Carry out one command; returns its exit code (0, or that of the error's class).

    Args:
        arguments: None: those of the process.
        imported: called when all that the command needs is imported, before it begins.
    """
    output.take_stdout()
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = _parser(arguments).parse_args(arguments)
    imported()
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


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Of the command that is called for, for all that the others need takes a second to import.

    Where none is, as with --help, it is the parser of all of them.
    """
    parser = argparse.ArgumentParser(
        prog="gatepost", description="Reads number plates, on the device."
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="say more, on stderr")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    called = [each for each in arguments if each in COMMANDS][:1] or COMMANDS
    for module in dict.fromkeys(COMMANDS[each] for each in called):
        import_module(f"appliance.commands.{module}").add_commands(commands, _command)
    return parser


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


def entry(imported: Callable[[], object] = lambda: None) -> None:
    """What the `gatepost` script runs: the command, then the end of the process, whatever hangs.

    The library of a camera that has fallen silent wants to stop it at the exit, and waits for ever.
    """
    code = main(imported=imported)
    if is_hung() or code in ABRUPT:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    entry()
