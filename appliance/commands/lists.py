"""`gatepost lists`: show, change and try the lists, whether or not the unit runs.

The rule to know: the store itself keeps changes apart.  A command neither waits for a running unit
nor stops it, and the unit sees the change at its next look.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from math import nan
from pathlib import Path
from typing import Any, get_args

from appliance.access import FARTHEST
from appliance.commands.command import Command, Does
from appliance.commands.files import read_file, write_file
from appliance.commands.store import is_there, opened_store, store_path
from appliance.config import load_config
from appliance.decision import ListName, Match
from appliance.domain import Direction
from appliance.errors import Fault, ListError
from appliance.respond.entries import PARSERS, Entry, fields_of, parse_entry, parse_plate
from appliance.respond.listfile import format_csv, format_json, parse_csv, parse_json
from appliance.respond.lists import PRECEDENCE, ListCommand, Lists
from appliance.standing import carry_out, load_entries
from appliance.store.database import Database
from appliance.store.lists import ListStore

PARSE = {"csv": parse_csv, "json": parse_json}
FORMAT = {"csv": format_csv, "json": format_json}


def show(asked: argparse.Namespace) -> int:
    """Version, length and checksum of every list, or the entries of one, a line each."""
    with _store(asked) as store:
        print(f"lists in {store_path(asked)}:", file=sys.stderr)
        if asked.list is None:
            for name in PRECEDENCE:
                _say_state(name, store)
            return 0
        for entry in load_entries(store)[asked.list]:
            print(_entry_line(entry))
    return 0


def add(asked: argparse.Namespace) -> int:
    """Put an entry on a list; one with the same plate gives way to it, and is told."""
    entry = parse_entry({field: getattr(asked, field) for field in PARSERS})
    return _change(asked, ListCommand(asked.list, "add", (entry,)))


def remove(asked: argparse.Namespace) -> int:
    """Take a plate off a list."""
    return _change(asked, ListCommand(asked.list, "remove", (parse_entry({"plate": asked.plate}),)))


def bring_in(asked: argparse.Namespace) -> int:
    """Let a list be what stands in a file; a file with a fault changes nothing."""
    content = read_file(asked.file)
    try:
        entries = PARSE[_form(asked)](content)
    except ListError as fault:
        located = [replace(f, place=f"{asked.file}: {f.place}".rstrip(": ")) for f in fault.faults]
        raise ListError(located) from fault
    return _change(asked, ListCommand(asked.list, "set", entries))


def bring_out(asked: argparse.Namespace) -> int:
    """Write a list into a file that only its owner reads, or to stdout."""
    with _store(asked) as store:
        text = FORMAT[_form(asked)](load_entries(store)[asked.list])
    if asked.file is None:
        print(text, end="")
    else:
        write_file(asked.file, text)
    return 0


def check(asked: argparse.Namespace) -> int:
    """Say which entry would count for a plate, and why or why not."""
    plate, when = _checked("PLATE", parse_plate, asked.plate), _checked("--at", _moment, asked.at)
    with _store(asked) as store:
        lists = Lists(load_entries(store), _max_distance(asked))
    match = lists.match(plate, when, asked.direction)
    near = lists.near(plate, when, asked.direction)
    if match is None:
        several = ": several are as near, and a gate must not guess" if near else ""
        print(f"{plate}: on no list{several}")
    else:
        print(f"{plate}: {_told(match)}")
    for other in near:
        if other != match:
            print(f"  not counted: {_told(other)}")
    return 0


def add_commands(commands: Any, command: Command) -> None:  # noqa: ANN401  # argparse's own type
    """Add `lists` and what belongs to it to the parser of all commands."""
    purpose = "show, change and try the lists of plates"
    parser = commands.add_parser("lists", help=purpose, description=purpose)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    showing = command(verbs, "show", _aloud(show), "show all lists, or the entries of one")
    showing.add_argument("list", nargs="?", choices=PRECEDENCE)
    adding = _for_list(command(verbs, "add", _aloud(add), "add an entry, or replace it"))
    adding.add_argument("plate", metavar="PLATE")
    _add_fields(adding)
    removing = _for_list(command(verbs, "remove", _aloud(remove), "remove a plate"))
    removing.add_argument("plate", metavar="PLATE")
    importing = _for_list(command(verbs, "import", _aloud(bring_in), "replace a list by a file"))
    importing.add_argument("file", type=Path, metavar="FILE", help="- is stdin")
    exporting = _for_list(command(verbs, "export", _aloud(bring_out), "write a list to a file"))
    exporting.add_argument("file", type=Path, nargs="?", metavar="FILE", help="default: stdout")
    for filing in (importing, exporting):
        filing.add_argument("--format", choices=PARSE, help="default: by FILE's suffix, else csv")
    _add_check(command(verbs, "check", _aloud(check), "say which entry counts for a plate"))


def _add_fields(adding: argparse.ArgumentParser) -> None:
    moment = "a day, or a moment such as 2026-05-01T10:00:00Z"
    adding.add_argument("--label", metavar="TEXT", help="whom or what it is for")
    adding.add_argument("--from", dest="valid_from", metavar="WHEN", help=moment)
    adding.add_argument("--until", dest="valid_until", metavar="WHEN", help=moment)
    span = "such as 'mon-fri 07:00-18:30', local time; may be given again"
    adding.add_argument("--times", action="append", metavar="SPAN", help=span)
    adding.add_argument("--direction", metavar="WAY", help="approaching, receding or any")


def _add_check(checking: argparse.ArgumentParser) -> None:
    checking.add_argument("plate", metavar="PLATE")
    at = "local unless it names its zone: 2026-05-01T10:00; default: now"
    checking.add_argument("--at", metavar="TIME", help=at)
    ways = get_args(Direction)
    checking.add_argument("--direction", choices=ways, default="approaching")
    near = f"how near counts, 0 to {FARTHEST:g}; default: that of the configuration"
    checking.add_argument("--max-distance", type=_distance, metavar="N", help=near)


def _for_list(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("list", choices=PRECEDENCE)
    return parser


def _aloud(does: Does) -> Does:
    """Tell faults with their values, to the one who typed them; in a journal no plate may stand."""

    def done(asked: argparse.Namespace) -> int:
        try:
            return does(asked)
        except ListError as fault:
            told = str(fault) if "JOURNAL_STREAM" in os.environ else fault.told
            print(told, file=sys.stderr)
            if does in {add, remove, bring_in}:
                print("nothing was changed", file=sys.stderr)
            return fault.exit_code

    return done


@contextmanager
def _store(asked: argparse.Namespace) -> Iterator[ListStore]:
    """The unit's lists; StoreError where there are none."""
    with opened_store(asked) as database:
        yield ListStore(database)


@contextmanager
def _new_store(asked: argparse.Namespace) -> Iterator[ListStore]:
    """The unit's lists, in a new store where there is none."""
    path = store_path(asked)
    is_new = not is_there(path)
    with closing(Database(path)) as database:
        if is_new:
            print(f"{path}: a new store", file=sys.stderr)
        yield ListStore(database)


def _change(asked: argparse.Namespace, command: ListCommand) -> int:
    with (_store if command.verb == "remove" else _new_store)(asked) as store:
        before = carry_out(command, store)
        if before is not None and before not in command.entries and command.verb == "add":
            in_journal = "JOURNAL_STREAM" in os.environ  # no plate may stand there
            told = "an entry" if in_journal else _entry_line(before)
            print(f"in the place of: {told}", file=sys.stderr)
        _say_state(command.list, store)
    return 0


def _say_state(name: ListName, store: ListStore) -> None:
    state = store.state(name)
    print(f"{name:<8}  version {state.version:<4}  entries {state.count:<6}  {state.sha256}")


def _form(asked: argparse.Namespace) -> str:
    suffix = asked.file.suffix.lower().removeprefix(".") if asked.file else ""
    return str(asked.format or (suffix if suffix in PARSE else "csv"))


def _told(match: Match) -> str:
    label = f" ({match.label})" if match.label else ""
    stands = f"near to {match.entry_plate}, distance {match.distance:g}," if match.near else ""
    return f"{stands} on {match.list}{label}, {_verdict(match)}".strip()


def _verdict(match: Match) -> str:
    return "which applies" if match.applies else f"which does not apply: {match.reason}"


def _entry_line(entry: Entry) -> str:
    told = [f"{field}: {_words(value)}" for field, value in fields_of(entry).items()]
    return "  ".join([entry.plate, *told[1:]])


def _words(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _checked(name: str, parse: Callable[[Any], Any], value: object) -> Any:  # noqa: ANN401
    try:
        return parse(value)
    except ValueError as fault:
        raise ListError([Fault("", name, ascii(value), str(fault))]) from fault


def _moment(text: str | None) -> datetime:
    """In this machine's zone, which is the unit's."""
    if text is None:
        return datetime.now().astimezone()
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError) as fault:
        raise ValueError("expected such as 2026-05-01T10:00 or 2026-05-01T10:00:00Z") from fault


def _max_distance(asked: argparse.Namespace) -> float:
    """As asked for, else as the unit has it."""
    configured = load_config(asked.config).lists.max_distance
    return configured if asked.max_distance is None else float(asked.max_distance)


def _distance(text: str) -> float:
    try:
        away = float(text)
    except ValueError:
        away = nan
    if not 0 <= away <= FARTHEST:
        raise argparse.ArgumentTypeError(f"{text!r}: expected 0 to {FARTHEST:g}")
    return away
