"""Entries: one meaning, one form; and every fault in words that name no plate."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ListError
from appliance.respond.entries import Entry, parse_entry, parse_plate
from appliance.respond.times import span_text
from appliance.weekly import Span

PLATES = {
    "as it is": ("AB12CDE", "AB12CDE"),
    "small letters": ("ab12cde", "AB12CDE"),
    "spaces": (" AB 12\u00a0CDE\t", "AB12CDE"),
    "hyphens, one of them typeset": ("zg-1234\u2013ab", "ZG1234AB"),
    "dots": ("1.abc.234", "1ABC234"),
    "one character": ("7", "7"),
}
NO_PLATES = {
    "Cyrillic letters that look Latin": "\u0410\u041212",
    "Arabic digits": "AB\u0661\u0662",
    "wide letters": "\uff21\uff22",
    "a letter that capitals would turn into two": "stra\u00dfe",
    "a dotless i, which is an I in capitals": "\u0131",
    "an umlaut": "M\u00dc1234",
    "nothing": "",
    "nothing but separators": "- . -",
    "too long": "ABCDEFGHIJKLM",
    "another character": "AB*12",
    "a number": 1234,
    "a list": ["AB12"],
    "null": None,
    "a boolean": True,
}
FAULTY: dict[str, tuple[dict[str, Any], str]] = {
    "no plate": ({"label": "x"}, "plate: expected 1 to 12 of A-Z"),
    "a label too long": ({"label": "x" * 65}, "label: expected at most 64 characters"),
    "a control character": ({"label": "a\x00b"}, "label: expected no control characters"),
    "half a character": ({"label": "a\ud800"}, "label: expected no control characters"),
    "a date as a spreadsheet has it": ({"valid_from": "1.5.2026"}, "expected a day (2026-05-01)"),
    "no such day": ({"valid_from": "2026-02-31"}, "expected a day (2026-05-01)"),
    "a moment without zone": ({"valid_until": "2026-05-01T10:00:00"}, "a moment with its zone"),
    "a moment before all": ({"valid_from": "0001-01-01T00:00:00+01:00"}, "expected a day"),
    "digits of another script": (
        {"valid_from": "\u0662\u0660\u0662\u0666-05-01"},
        "expected a day",
    ),
    "an end before the beginning": (
        {"valid_from": "2026-05-02", "valid_until": "2026-05-01"},
        "valid_until: expected none before valid_from",
    ),
    "an unknown day": ({"times": "fry 07:00-08:00"}, "times: expected such as"),
    "nothing but commas": ({"times": ";,"}, "times: expected such as"),
    "an empty span": ({"times": [""]}, "times: expected such as"),
    "a number as times": ({"times": 7}, "times: expected a text"),
    "an unknown direction": ({"direction": "up"}, "direction: expected approaching, receding"),
    "an unknown field": ({"colour": "red"}, "field: expected plate, label"),
}
BOUNDS = {
    "a day": ("2026-05-01", "2026-05-01"),
    "a moment in UTC": ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"),
    "a moment elsewhere": ("2026-05-01t01:00:00+02:00", "2026-04-30T23:00:00Z"),
    "a part of a second": ("2026-05-01 10:00:00.75Z", "2026-05-01T10:00:00Z"),
}
SAME = {
    "the plate in other words": ({"plate": "ab 1"}, {"plate": "AB-1"}),
    "nothing said": (
        {"plate": "AB1", "label": "", "valid_from": None, "times": [], "direction": "ANY"},
        {"plate": "AB1"},
    ),
    "spaces in a label": ({"plate": "AB1", "label": " a \n b "}, {"plate": "AB1", "label": "a b"}),
    "times in another order": (
        {"plate": "AB1", "times": "sat 22:00-02:00; mon 08:00-09:00"},
        {"plate": "AB1", "times": ["MON 08:00-09:00", "sat 22:00-02:00", "mon 08:00-09:00"]},
    ),
    "every day": (
        {"plate": "AB1", "times": "mon-sun 08:00-09:00"},
        {"plate": "AB1", "times": "08:00-09:00"},
    ),
    "midnight": (
        {"plate": "AB1", "times": "18:00-00:00"},
        {"plate": "AB1", "times": "18:00-24:00"},
    ),
}
SPANS = st.builds(
    lambda first, length, begin, end: Span(
        frozenset((first + step) % 7 for step in range(length)), begin, end
    ),
    st.integers(0, 6),
    st.integers(1, 7),
    st.integers(0, 1439),
    st.integers(1, 1440),
).filter(lambda span: span.begin != span.end)


@pytest.mark.parametrize("name", PLATES)
def test_plates_are_the_same_however_they_are_written(name: str) -> None:
    """Case, spaces, hyphens and dots are how people write, not what is on the plate."""
    written, expected = PLATES[name]
    assert parse_plate(written) == expected


@pytest.mark.parametrize("name", NO_PLATES)
def test_what_could_never_match_is_refused(name: str) -> None:
    """A look-alike that was accepted would silently never open, or never be stopped."""
    with pytest.raises(ValueError, match="expected"):
        parse_plate(NO_PLATES[name])


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_told_in_words(name: str) -> None:
    """With the place, the field and what was expected."""
    fields, expected = FAULTY[name]
    with pytest.raises(ListError) as caught:
        parse_entry({"plate": "AB12CDE"} | fields if "label" not in fields else fields, "line 3")
    assert any(expected in str(fault) for fault in caught.value.faults)
    assert all(fault.place == "line 3" for fault in caught.value.faults)


def test_all_faults_of_an_entry_are_told_at_once() -> None:
    """A person mends them in one go."""
    with pytest.raises(ListError) as caught:
        parse_entry({"plate": "?", "times": "?", "direction": "?", "what": "?"})
    assert [fault.field for fault in caught.value.faults] == [
        "plate",
        "times",
        "direction",
        "field",
    ]


@pytest.mark.parametrize(
    "field", ["plate", "label", "valid_from", "times", "direction", "SECRET1?"]
)
def test_a_fault_as_text_names_no_value(field: str) -> None:
    """It may end in a log, and columns do get mixed up; `told` names it, for who wrote it."""
    secret = "SECRET1?" * 9
    fields = {"plate": "AB1"} | {field: secret if field in Entry.__slots__ else "x"}
    with pytest.raises(ListError) as caught:
        parse_entry(fields)
    assert "SECRET1" not in str(caught.value)
    assert "SECRET1" in caught.value.told


def test_a_look_alike_is_shown_as_its_code() -> None:
    """To the eye it is the right letter; that is the trouble with it."""
    with pytest.raises(ListError) as caught:
        parse_entry({"plate": "\u0410B12"})
    assert "plate = '\\u0410B12'" in caught.value.told


@pytest.mark.parametrize("name", BOUNDS)
def test_days_stay_days_and_moments_are_in_utc(name: str) -> None:
    """A day is the unit's own; a moment is one, wherever it was written."""
    written, expected = BOUNDS[name]
    assert parse_entry({"plate": "AB1", "valid_from": written}).valid_from == expected


@pytest.mark.parametrize("name", SAME)
def test_one_meaning_has_one_form(name: str) -> None:
    """So that checksums of lists agree, whichever way the entries came."""
    one, other = SAME[name]
    assert parse_entry(one) == parse_entry(other)
    assert parse_entry(one).body == parse_entry(other).body


@given(SPANS)
def test_a_span_is_written_as_it_is_read(span: Span) -> None:
    """Days over the end of the week, nights and whole days among them."""
    assert parse_entry({"plate": "AB1", "times": span_text(span)}).times == (span,)


def test_the_body_says_nothing_that_goes_without_saying() -> None:
    """A field of a later release leaves today's checksums as they are."""
    assert parse_entry({"plate": "ab1", "direction": "any"}).body == '{"plate":"AB1"}'
    entry = parse_entry({"plate": "ab1", "label": "Žana", "times": "mon 08:00-09:00"})
    assert entry.body == '{"label":"Žana","plate":"AB1","times":["mon 08:00-09:00"]}'
    assert parse_entry(json.loads(entry.body)) == entry
