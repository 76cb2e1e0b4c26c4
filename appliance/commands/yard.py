"""`gatepost parking` and `gatepost traffic`: who is inside and how many went by, for the owner.

The rule to know: plates go to stdout only, and nothing is changed; the unit may run or not.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from datetime import datetime, timezone
from typing import Any

from appliance.commands.command import Command
from appliance.commands.store import opened_store
from appliance.config import load_config
from appliance.respond.parking import Lot
from appliance.respond.traffic import folded
from appliance.store.counts import Counts
from appliance.store.visits import Visits
from appliance.tally import Move

HEADER = ("hour", "direction", "region", "vehicles")


def show_parking(asked: argparse.Namespace) -> int:
    """Who is inside since when, or with `--ended` who was and for how long; then the occupancy."""
    config = load_config(asked.config)
    with opened_store(asked) as database:
        visits = Visits(database)
        moves, lot = visits.moves(), Lot(visits.unended(), visits.newest())
        forgotten = visits.forgotten()
    now_ms = round(time.time() * 1000)
    ends = {move.partner: move for move in moves if move.way == "out" and move.fate == "left"}
    for move in moves:
        if move.fate == "open":
            print(_visit_line(move, now_ms, "still inside"))
        elif asked.ended and move.fate == "left" and move.seq in ends:
            print(_visit_line(move, ends[move.seq].at_ms, "left"))
        elif asked.ended and move.fate == "unseen":
            print(f"{_when(move.at_ms)}  {move.plate:<10}  {move.list:<8}         ?    left unseen")
    if config.parking.entering is None:
        print("nobody is counted: [parking] is not configured")
        return 0
    room = f" of {config.parking.capacity}" if config.parking.capacity else ""
    print(
        f"occupancy {lot.occupancy}{room}; {len(lot.visits)} visits open, {lot.nameless} of them"
        f" ended without a name; {forgotten} forgotten while they were open"
    )
    return 0


def show_traffic(asked: argparse.Namespace) -> int:
    """Vehicles by hour, direction and region, those of few vehicles put together."""
    with opened_store(asked) as database:
        counts = folded(Counts(database).all())
    rows = [(c.hour.written, c.direction, c.region, c.vehicles) for c in counts]
    if asked.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([HEADER, *rows])
        return 0
    for hour, direction, region, vehicles in [HEADER, *rows]:
        print(f"{hour:<22}  {direction:<11}  {region:<8}  {vehicles:>8}")
    return 0


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `parking` and `traffic` to the parser of all commands."""
    purpose = "who is inside, since when"
    parser = commands.add_parser("parking", help=purpose, description=purpose)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    showing = command(verbs, "show", show_parking, "open visits, and the occupancy")
    showing.add_argument("--ended", action="store_true", help="visits that have ended too")
    purpose = "how many went by, without plates"
    parser = commands.add_parser("traffic", help=purpose, description=purpose)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    showing = command(verbs, "show", show_traffic, "counts by hour, direction and region")
    showing.add_argument("--csv", action="store_true", help="comma-separated, with a header")


def _visit_line(move: Move, until_ms: int, what: str) -> str:
    hours = f"{move.hours(until_ms):>8.2f} h"
    return f"{_when(move.at_ms)}  {move.plate:<10}  {move.list:<8}  {hours}  {what}"


def _when(epoch_ms: int) -> str:
    """In this machine's zone, which is the unit's."""
    local = datetime.fromtimestamp(epoch_ms / 1000, timezone.utc).astimezone()
    return local.isoformat(" ", "seconds")
