"""`gatepost fleet`: what every unit at the broker has told of itself, as a table.

The rule to know: it reads what the broker has retained and asks no unit anything, so those that are
away are in it too.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import shorten
from typing import Any

from appliance.commands.command import Command
from appliance.config import load_config
from appliance.errors import ConfigurationError, GatepostError
from appliance.transmit.muster import muster
from appliance.transmit.roll import Member, member_of, news_of

HEAD = ("unit", "", "version", "told", "releases", "problems")
NOTHING = "-"
MOST_NEWS = 60  # characters; all of it is in the JSON


def show_fleet(asked: argparse.Namespace) -> int:
    """A line a unit, or a JSON array of all; in words where there is none."""
    broker = load_config(asked.config).mqtt
    if broker.host is None:
        raise ConfigurationError("mqtt.host is missing: there is no broker to ask")
    members = [member_of(unit, told) for unit, told in sorted(muster(broker).items())]
    if not members:
        who = repr(broker.username) if broker.username else "a caller without a name"
        name = f"broker {broker.host}:{broker.port}"
        raise GatepostError(
            f"{name}: no unit has told anything below gatepost/ that {who} may hear"
        )
    if asked.json:
        print(json.dumps([asdict(each) for each in members], ensure_ascii=False))
    else:
        _tell(members)
    return 0


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `fleet` to the parser of all commands."""
    purpose = "what every unit at the broker has told: online, version, trial, problems"
    parser = command(commands, "fleet", show_fleet, purpose)
    parser.add_argument("--json", action="store_true", help="one JSON array, an object a unit")


def _tell(members: Sequence[Member]) -> None:
    rows = [HEAD, *map(_row, members)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]).rstrip())
    print(_sum(members), file=sys.stderr)


def _row(member: Member) -> tuple[str, ...]:
    slot = f" ({member.slots['booted']})" if member.slots.get("booted") else ""
    return (
        member.unit,
        "online" if member.is_online else "away",
        f"{member.version or NOTHING}{slot}",
        f"{member.told_at[:16].replace('T', ' ')}Z" if member.told_at else NOTHING,
        shorten(news_of(member), MOST_NEWS, placeholder=" ...") or NOTHING,
        "; ".join(member.problems) or NOTHING,
    )


def _sum(members: Sequence[Member]) -> str:
    """How many of what."""
    versions = Counter(each.version or "an unknown version" for each in members)
    told = ", ".join(f"{count} of {version}" for version, count in sorted(versions.items()))
    online = sum(each.is_online for each in members)
    troubled = sum(bool(each.problems) for each in members)
    return f"{len(members)} units, {online} online, {troubled} with problems; {told}"
