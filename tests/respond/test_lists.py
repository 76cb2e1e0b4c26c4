"""The rules of the lists: who beats whom, what is near, when nothing is guessed, and commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.decision import ListName
from appliance.domain import Direction
from appliance.errors import ListError
from appliance.respond.entries import Entry, parse_entry
from appliance.respond.lists import (
    LARGEST_ENTRY,
    LARGEST_SET,
    PRECEDENCE,
    ListCommand,
    Lists,
    parse_command,
)
from appliance.respond.near import distance
from tests.respond.test_near import PLATES

ZONE = ZoneInfo("Europe/Zagreb")
NOON = datetime(2026, 11, 20, 12, tzinfo=ZONE)  # a Friday
Stated = dict[ListName, list[Entry]]


def entry(plate: str = "AB12CDE", **fields: object) -> Entry:
    """An entry from its fields."""
    return parse_entry({"plate": plate} | fields)


EXPIRED = entry(valid_until="2026-11-19")
STANDING: dict[str, tuple[Stated, str | None]] = {
    "nowhere": ({"allowed": [entry("XY99ZZZ")]}, None),
    "allowed": ({"allowed": [entry()]}, "allowed"),
    "denied and allowed": ({"denied": [entry()], "allowed": [entry()]}, "denied"),
    "allowed and watched": ({"allowed": [entry()], "watched": [entry()]}, "allowed"),
    "on all": ({name: [entry()] for name in PRECEDENCE}, "denied"),
    "no longer denied": ({"denied": [EXPIRED], "allowed": [entry()]}, "allowed"),
    "no longer allowed": ({"allowed": [EXPIRED], "watched": [entry()]}, "watched"),
    "no longer on any": ({"allowed": [EXPIRED], "watched": [EXPIRED]}, "not allowed"),
}
# what is near to AB12CDE: AB12C0E at 0.5, AB12CDF and AB12CD at 1
NEAR: dict[str, tuple[Stated, float, str | None]] = {
    "not near enough": ({"allowed": [entry("AB12CDF")]}, 0.5, None),
    "not near at all by default": ({"allowed": [entry("AB12C0E")]}, 0.0, None),
    "near": ({"allowed": [entry("AB12CDF")]}, 1.0, "allowed AB12CDF 1"),
    "near by a confusion": ({"allowed": [entry("AB12C0E")]}, 0.5, "allowed AB12C0E 0.5"),
    "the nearest of two": (
        {"allowed": [entry("AB12C0E"), entry("AB12CDF")]},
        1.0,
        "allowed AB12C0E 0.5",
    ),
    "two on one list": ({"allowed": [entry("AB12CDF"), entry("AB12CDG")]}, 1.0, None),
    "two, one of them over": (
        {"allowed": [entry("AB12CDF"), replace(EXPIRED, plate="AB12CDG")]},
        1.0,
        None,
    ),
    "two on two lists": (
        {"allowed": [entry("AB12CDF")], "watched": [entry("AB12CD")]},
        1.0,
        "watched AB12CD 1",
    ),
    "one plate on two lists": (
        {"allowed": [entry("AB12CDF")], "watched": [entry("AB12CDF")]},
        1.0,
        "watched AB12CDF 1",
    ),
    "watched and nearer": (
        {"allowed": [entry("AB12CDF")], "watched": [entry("AB12C0E")]},
        1.0,
        "watched AB12C0E 0.5",
    ),
    "denied, and an allowed one is nearer": (
        {"allowed": [entry("AB12C0E")], "denied": [entry("AB12CDF")]},
        1.0,
        "denied AB12CDF 1",
    ),
    "denied once, and an allowed one is nearer": (
        {"allowed": [entry("AB12C0E")], "denied": [replace(EXPIRED, plate="AB12CDF")]},
        1.0,
        "allowed AB12C0E 0.5",
    ),
    "denied once, and an allowed one is as near": (
        {"allowed": [entry("AB12CD")], "denied": [replace(EXPIRED, plate="AB12CDF")]},
        1.0,
        None,
    ),
    "on a list out of its time, and an allowed one is near": (
        {"watched": [EXPIRED], "allowed": [entry("AB12C0E")]},
        1.0,
        "watched AB12CDE 0",
    ),
}
# what an allowed entry says to an approaching vehicle on a Friday at noon
APPLIES: dict[str, tuple[dict[str, str], datetime | None, Direction, str]] = {
    "always": ({}, NOON, "unknown", ""),
    "not yet": ({"valid_from": "2026-11-21"}, NOON, "approaching", "not valid before 2026-11-21"),
    "the first day": ({"valid_from": "2026-11-20"}, NOON, "approaching", ""),
    "the last day": ({"valid_until": "2026-11-20"}, NOON, "approaching", ""),
    "the day after": ({"valid_until": "2026-11-19"}, NOON, "approaching", "expired"),
    "a day is the unit's own": (
        {"valid_until": "2026-11-20"},
        datetime(2026, 11, 21, 0, 30, tzinfo=ZONE),  # in UTC it is still the day before
        "approaching",
        "expired",
    ),
    "the first moment": ({"valid_from": "2026-11-20T11:00:00Z"}, NOON, "approaching", ""),
    "the moment it ends": ({"valid_until": "2026-11-20T11:00:00Z"}, NOON, "approaching", "expired"),
    "within the week": ({"times": "fri 12:00-13:00"}, NOON, "approaching", ""),
    "not within the week": ({"times": "fri 11:00-12:00"}, NOON, "approaching", "not at this time"),
    "one span of several": ({"times": "mon 08:00-09:00, fri 12:00-13:00"}, NOON, "approaching", ""),
    "a night over the end of summer time": (
        {"times": "sat 22:00-02:30"},
        datetime(2026, 10, 25, 2, 15, tzinfo=ZONE).replace(fold=1),
        "approaching",
        "",
    ),
    "its direction": ({"direction": "approaching"}, NOON, "approaching", ""),
    "the other": ({"direction": "receding"}, NOON, "approaching", "only when receding"),
    "unknown": ({"direction": "approaching"}, NOON, "unknown", "the direction is not known"),
    "no clock, and no need of one": ({}, None, "approaching", ""),
    "no clock": ({"times": "00:00-24:00"}, None, "approaching", "the clock is not set"),
}
DOUBTFUL: dict[str, tuple[dict[str, str], datetime | None, Direction]] = {
    "direction": ({"direction": "approaching"}, NOON, "unknown"),
    "clock": ({"valid_until": "2026-11-19"}, None, "approaching"),
}
ENTRIES = st.builds(
    lambda plate, fields: parse_entry({"plate": plate} | fields),
    PLATES,
    st.sampled_from([{}, {"valid_until": "2026-11-19"}, {"direction": "receding"}]),
)
LISTED = st.fixed_dictionaries(
    {
        name: st.lists(ENTRIES, max_size=6, unique_by=lambda entry: entry.plate)
        for name in PRECEDENCE
    }
)
DISTANCES = st.sampled_from([0.0, 0.5, 1.0, 2.0])


@pytest.mark.parametrize("name", STANDING)
def test_denied_beats_allowed_beats_watched(name: str) -> None:
    """Where a plate stands on several lists, the first whose entry applies counts."""
    lists, expected = STANDING[name]
    match = Lists(lists).match("AB12CDE", NOON, "approaching")
    assert (match and f"{'' if match.applies else 'not '}{match.list}") == expected


@pytest.mark.parametrize("name", NEAR)
def test_near_plates_are_told_as_such_and_never_guessed(name: str) -> None:
    """The nearest counts if it is the only one; denied ones bar; exact ones are exact."""
    lists, most, expected = NEAR[name]
    match = Lists(lists, most).match("AB12CDE", NOON, "approaching")
    assert (match and f"{match.list} {match.entry_plate} {match.distance:g}") == expected
    assert match is None or match.near == (match.distance > 0)


@pytest.mark.parametrize("name", APPLIES)
def test_an_entry_says_why_it_does_not_apply(name: str) -> None:
    """In words without plate and label."""
    fields, when, direction, expected = APPLIES[name]
    lists = Lists({"allowed": [entry(label="Anna", **fields)]})
    match = lists.match("AB12CDE", when, direction)
    assert match is not None
    assert match.applies == (not expected) == (not match.reason)
    assert expected in match.reason
    assert "AB12CDE" not in match.reason
    assert "Anna" not in match.reason


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubt_closes(name: str) -> None:
    """What is not known opens nothing and lifts no ban."""
    fields, when, direction = DOUBTFUL[name]
    for listed in PRECEDENCE:
        match = Lists({listed: [entry(**fields)]}).match("AB12CDE", when, direction)
        assert match is not None
        assert match.applies == (listed != "allowed")


def test_the_night_that_begins_on_sunday_ends_on_monday() -> None:
    """By the wall clock of the unit, hour by hour, over the change to winter time as well."""
    lists = Lists({"allowed": [entry(times="sun 22:00-06:00")]})
    begun = datetime(2026, 10, 24, 22, tzinfo=timezone.utc)
    hours = [(begun + timedelta(hours=step)).astimezone(ZONE) for step in range(48)]
    applying = [at for at in hours if lists.match("AB12CDE", at, "approaching").applies]  # type: ignore[union-attr]
    assert [at.hour for at in applying] == [22, 23, 0, 1, 2, 3, 4, 5]
    assert {at.date().isoformat() for at in applying} == {"2026-10-25", "2026-10-26"}


def test_a_time_without_its_zone_is_refused() -> None:
    """Nobody could say which day it is."""
    lists = Lists({"allowed": [EXPIRED]})
    with pytest.raises(ValueError, match="with its zone"):
        lists.match("AB12CDE", NOON.replace(tzinfo=None), "approaching")


def test_nothing_read_is_on_no_list() -> None:
    """Not even near to a short plate."""
    assert Lists({"allowed": [entry("A")]}, 0.5).match("", NOON, "approaching") is None


def opens(lists: Stated, text: str, most: float, direction: Direction = "approaching") -> bool:
    """Whether an allowed entry applies."""
    match = Lists(lists, most).match(text, NOON, direction)
    return match is not None and match.list == "allowed" and match.applies


@given(LISTED, ENTRIES, PLATES, DISTANCES)
def test_a_denied_entry_never_opens(lists: Stated, more: Entry, text: str, most: float) -> None:
    """Nor lets anything else open: with one more of them, nothing opens that did not before."""
    with_more = lists | {"denied": [e for e in lists["denied"] if e.plate != more.plate] + [more]}
    without = lists | {"denied": [e for e in lists["denied"] if e.plate != more.plate]}
    assert opens(without, text, most) or not opens(with_more, text, most)


@given(LISTED, PLATES, DISTANCES)
def test_an_opening_match_is_as_near_as_allowed_and_alone(
    lists: Stated, text: str, most: float
) -> None:
    """Within the user's distance, with nothing as near, and no denied plate in reach."""
    if not opens(lists, text, most):
        return
    match = Lists(lists, most).match(text, NOON, "approaching")
    assert match is not None
    assert match.distance == distance(text, match.entry_plate) <= most
    if match.near:
        standing = [(name, e.plate) for name in PRECEDENCE for e in lists[name]]
        as_near = [each for each in standing if distance(text, each[1]) <= match.distance]
        assert as_near == [("allowed", match.entry_plate)]
        barring = Lists({"denied": lists["denied"]}, most).near(text, NOON, "approaching")
        assert not any(each.applies for each in barring)


@given(LISTED, PLATES, DISTANCES)
def test_doubt_opens_no_more_than_certainty(lists: Stated, text: str, most: float) -> None:
    """What opens without a direction opens in each."""
    if opens(lists, text, most, "unknown"):
        assert opens(lists, text, most, "approaching")
        assert opens(lists, text, most, "receding")


# --- commands ------------------------------------------------------------------------------------

COMMANDS: dict[str, tuple[str, bytes, ListCommand]] = {
    "a plate": ("allowed/add", b" ab-12 ", ListCommand("allowed", "add", (Entry("AB12"),))),
    "digits only": ("denied/add", b"1234", ListCommand("denied", "add", (Entry("1234"),))),
    "a quoted plate": (
        "watched/remove",
        b'"ab12"',
        ListCommand("watched", "remove", (Entry("AB12"),)),
    ),
    "an entry": (
        "allowed/add",
        b'{"plate":"ab12","label":"Anna"}',
        ListCommand("allowed", "add", (Entry("AB12", "Anna"),)),
    ),
    "a list": (
        "denied/set",
        b'["b2",{"plate":"a1"}]',
        ListCommand("denied", "set", (Entry("A1"), Entry("B2"))),
    ),
    "an empty list": ("denied/set", b"[]", ListCommand("denied", "set", ())),
}
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "no such list": ("unknown/add", b"AB12", "topic: expected denied|allowed|watched"),
    "no such command": ("allowed/clear", b"", "topic: expected"),
    "more topic": ("allowed/add/now", b"AB12", "topic: expected"),
    "an empty payload": ("allowed/add", b"", "payload: plate: expected"),
    "an empty list by mistake": ("allowed/set", b"", "not JSON"),
    "two at once": ("allowed/add", b'{"plate":"A1"},{"plate":"B2"}', "not JSON"),
    "an array": ("allowed/add", b'["SECRET1"]', "plate: expected a text"),
    "no plate": ("allowed/add", b"SECRET1*", "payload: plate: expected 1 to 12"),
    "a name for a field": ("allowed/add", b'{"SECRET1":1}', "payload: field: expected plate"),
    "bytes": ("allowed/add", b"\xff\xfe", "expected UTF-8"),
    "too large": ("allowed/add", b"A" * (LARGEST_ENTRY + 1), f"at most {LARGEST_ENTRY} bytes"),
    "a list too large": ("allowed/set", b" " * (LARGEST_SET + 1), f"at most {LARGEST_SET} bytes"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_understood(name: str) -> None:
    """A plate as it is typed in Home Assistant, or all that an entry may say."""
    topic, payload, expected = COMMANDS[name]
    assert parse_command(topic, payload) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_a_faulty_command_is_refused_in_words(name: str) -> None:
    """Without what it contained: the words go to a log and back over the network."""
    topic, payload, expected = REFUSED[name]
    with pytest.raises(ListError) as caught:
        parse_command(topic, payload)
    assert expected in str(caught.value)
    assert "SECRET1" not in str(caught.value)
