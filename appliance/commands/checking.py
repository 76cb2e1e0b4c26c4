"""`gatepost check` and `gatepost version`: whether the unit can run, and what it is."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from appliance import __version__, sight
from appliance.commands import connect
from appliance.commands.command import Command
from appliance.config import Config, chosen_file, examine_config
from appliance.errors import ConfigurationError
from appliance.inspection import check_parts, doubts_of


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `check` and `version` to the commands."""
    checking = command(commands, "check", check, "check the configuration and the models")
    checking.add_argument("--connect", action="store_true", help="try the broker too")
    command(commands, "version", tell_version, "say the version")


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
