"""`gatepost update`: its verbs.

The rule to know: what a verb does is imported when it is asked for; each needs another part.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from appliance.commands.command import Command, Does


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `update` to the parser of all commands."""
    purpose = "signed releases: check, install, status, rollback, hawkbit"
    parser = commands.add_parser("update", help=purpose, description=purpose)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    checking = command(verbs, "check", _later("check"), "say what is offered, or why nothing is")
    installing = command(
        verbs, "install", _later("install_release"), "fetch it and put it on trial"
    )
    for each in (checking, installing):
        told = "a folder with the same files, as on a USB stick (default: update.url)"
        each.add_argument("--from", dest="folder", type=Path, metavar="FOLDER", help=told)
        told = "this one (default: the newest that is fit)"
        each.add_argument("--version", default="", help=told)
    told = "though it failed here, is paused, or has not come to this unit yet"
    installing.add_argument("--force", action="store_true", help=told)
    told = "what the unit asks for in its run-time folder; for gatepost-update.service"
    installing.set_defaults(reached=None)
    installing.add_argument("--requested", action="store_true", help=told)
    status = command(
        verbs, "status", _later("show_status"), "what is good, on trial, and what failed"
    )
    status.add_argument("--json", action="store_true", help="one JSON object")
    turning = command(
        verbs, "hawkbit", _later("turn", "hawkbit"), "do what hawkBit wants, once; for a timer"
    )
    told = "only when it wants to be asked again; for gatepost-hawkbit.service"
    turning.add_argument("--timely", action="store_true", help=told)
    command(
        verbs, "rollback", _later("roll_back"), "give up the trial, or go back to the one before"
    )
    purpose = "what the unit has found of the slot on trial; for gatepost-commit.service"
    command(verbs, "commit", _later("commit_slot", "slotting"), purpose)


def _later(name: str, module: str = "updating") -> Does:
    """What a verb does, by its name in a module beside this one."""

    def does(asked: argparse.Namespace) -> int:
        return int(getattr(import_module(f"appliance.commands.{module}"), name)(asked))

    return does
