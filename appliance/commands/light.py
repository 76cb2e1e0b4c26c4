"""`gatepost light`: the heads and the filter on the bench, by hand.

The rule to know: it goes through the same guard as the unit, so nothing is lit for longer than the
time in which a frame must come, nor brighter than the heat allows; and never beside a unit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from threading import Event
from typing import Any

from appliance.capture.illuminator import Surroundings
from appliance.capture.lightrules import ALL_PERCENT, FRAMELESS_S, Wish
from appliance.commands.command import Command
from appliance.commands.numbers import whole
from appliance.config import Config, load_config
from appliance.errors import ConfigurationError, LineError
from appliance.health import Health
from appliance.lightsection import Head
from appliance.store.lock import sole_user
from appliance.wiring import guarded, the_filter

TURN_S = 0.1
LONGEST_S = int(FRAMELESS_S) - 1
"""Within what the guard lends, or it would be dark before it is told that it was lit."""
NOT_LIT = LineError.exit_code
"""Too hot, mostly: to be tried again."""


def shine(asked: argparse.Namespace) -> int:
    """`gatepost light on`: for a few seconds, then dark; NOT_LIT where the guard gave no light."""
    config = load_config(asked.config)
    heads = _heads(config, asked.head)
    percent = _percent(config, asked.percent)
    health, begun = Health(), 0.0

    def look() -> Surroundings:
        return Surroundings(health.celsius(), time.monotonic() - begun)

    wish = Wish("on", percent)
    with sole_user(config.store.folder), closing(guarded(heads, wish, look, _once())) as light:
        if 0 < percent < ALL_PERCENT and not light.can_dim:
            print(f"{_named(heads)}: knows on and off only: {percent} % is all of its light")
        never, begun = Event(), time.monotonic()  # its guardian's start does not count
        while time.monotonic() < begun + asked.seconds:
            light.tend()
            never.wait(TURN_S)
        is_lit = light.is_lit
        print(f"{_named(heads)}: {'lit until now' if is_lit else 'not lit'}, dark")
    return 0 if is_lit or not percent else NOT_LIT


def darken(asked: argparse.Namespace) -> int:
    """`gatepost light off`: every head that is configured."""
    config = load_config(asked.config)
    heads = _heads(config, None)
    with sole_user(config.store.folder):
        wish = Wish("off", 0)
        guarded(heads, wish, lambda: Surroundings(None, None), _once()).close()
    print(f"{_named(heads)}: dark")
    return 0


def move(asked: argparse.Namespace) -> int:
    """`gatepost light filter in|away`: one pulse, or the level of its line while it runs."""
    config = load_config(asked.config)
    wanted = config.light.filter
    if wanted.pair is None and wanted.line is None:
        raise ConfigurationError("light.filter is missing: there is no filter to move")
    with sole_user(config.store.folder), closing(the_filter(wanted)) as ircut:
        ircut.put(asked.way == "in")
        if wanted.line is not None:
            Event().wait(asked.seconds)
    print(f"the filter was put {'in the way' if asked.way == 'in' else 'away'}")
    return 0


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `light` to the parser of all commands."""
    purpose = "light and filter by hand, on the bench; never beside a unit"
    parser = commands.add_parser("light", help=purpose, description=purpose)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    lighting = command(verbs, "on", shine, "light for some seconds, as far as the guard allows")
    lighting.add_argument("--head", type=int, metavar="N", help="one of them, counted from 1")
    told = "0 to 100, and light.power at most, which is the default"
    lighting.add_argument("--percent", type=whole(0, ALL_PERCENT), metavar="PERCENT", help=told)
    _add_seconds(lighting)
    command(verbs, "off", darken, "make every head dark")
    moving = command(verbs, "filter", move, "put the IR-cut filter in the way, or away")
    moving.add_argument("way", choices=("in", "away"))
    _add_seconds(moving)


def _add_seconds(parser: argparse.ArgumentParser) -> None:
    told = f"1 to {LONGEST_S}, default 5"
    seconds = whole(1, LONGEST_S)
    parser.add_argument("--seconds", type=seconds, default=5, metavar="S", help=told)


def _heads(config: Config, number: int | None) -> Sequence[Head]:
    heads = config.light.head
    if not heads:
        raise ConfigurationError("light.head is missing: there is nothing to light")
    if number is None:
        return heads
    if not 1 <= number <= len(heads):
        raise ConfigurationError(f"--head {number}: expected 1 to {len(heads)}")
    return heads[number - 1 : number]


def _named(heads: Sequence[Head]) -> str:
    return ", ".join(head.led or f"line {head.line}" for head in heads)


def _percent(config: Config, asked: int | None) -> int:
    """What is asked for, light.power at most."""
    return config.light.power if asked is None else min(asked, config.light.power)


def _once() -> Callable[[str | None], None]:
    """Tells a problem when it is first heard of, not each half second."""
    said = set[str]()

    def tell(problem: str | None) -> None:
        if problem is not None and problem not in said:
            said.add(problem)
            print(problem, file=sys.stderr)

    return tell
