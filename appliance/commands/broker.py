"""`gatepost broker-acl`: what to write into the broker's ACL file.

The rule to know: it prints the whole file, for every unit that is named and nobody else.
"""

from __future__ import annotations

import argparse
from typing import Any

from appliance.commands.command import Command
from appliance.config import Config, load_config
from appliance.discovery import PREFIX
from appliance.transmit.acl import UNIT, USER, Account, People, acl_file

HOME = People()


def broker_acl(asked: argparse.Namespace) -> int:
    """Print mosquitto's ACL file for the units named, or for the one of the configuration."""
    config = load_config(asked.config)
    prefix = asked.prefix or config.homeassistant.prefix
    people = People(asked.homeassistant, prefix, asked.operator)
    print(acl_file(asked.units or [_account_of(config)], people), end="")
    return 0


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `broker-acl` to the parser of all commands."""
    purpose = "print the ACL file of a mosquitto for a fleet"
    parser = command(commands, "broker-acl", broker_acl, purpose)
    named = "unit's id, with its user or its certificate's common name where that differs;"
    parser.add_argument(
        "units",
        nargs="*",
        type=_account,
        metavar="UNIT[=USER]",
        help=f"{named} default: the configuration's",
    )
    told = f"user of Home Assistant (default: {HOME.homeassistant})"
    parser.add_argument(
        "--homeassistant", type=_user, default=HOME.homeassistant, metavar="USER", help=told
    )
    told = "user who may write everything below gatepost/ (default: nobody)"
    parser.add_argument("--operator", type=_user, metavar="USER", help=told)
    told = "of discovery topics, as in Home Assistant (default: the configuration's)"
    parser.add_argument("--prefix", type=_prefix, metavar="TOPIC", help=told)


def _account_of(config: Config) -> Account:
    return Account(config.unit.id, config.mqtt.username or config.unit.id)


def _account(text: str) -> Account:
    """What stands on the command line for one unit."""
    unit, _, user = text.partition("=")
    if not UNIT.fullmatch(unit):
        told = f"{unit!r}: expected a unit's id, up to 64 of letters, digits, _ and -"
        raise argparse.ArgumentTypeError(told)
    return Account(unit, _user(user) if user else unit)


def _user(text: str) -> str:
    if not USER.fullmatch(text):
        told = f"{text!r}: expected a user's name without control characters and outer spaces"
        raise argparse.ArgumentTypeError(told)
    return text


def _prefix(text: str) -> str:
    if not PREFIX.fullmatch(text):
        told = f"{text!r}: expected levels of letters, digits, _ and -, such as homeassistant"
        raise argparse.ArgumentTypeError(told)
    return text
