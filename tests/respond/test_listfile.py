"""Files of lists: what spreadsheets make of them is read, what is wrong is told, all at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ListError
from appliance.respond.entries import Entry, parse_entry
from appliance.respond.listfile import format_csv, format_json, parse_csv, parse_json
from appliance.respond.times import span_text
from tests.respond.test_entries import SPANS

ANNA = parse_entry(
    {"plate": "AB12CDE", "label": "Anna", "times": ["mon 08:00-09:00", "sat 08:00-09:00"]}
)
READABLE: dict[str, tuple[bytes, list[Entry]]] = {
    "every column": (
        (
            b"plate,label,valid_from,valid_until,times,direction\n"
            b'AB12CDE,Anna,,,"mon 08:00-09:00, sat 08:00-09:00",\n'
        ),  # a cell with the separator
        [ANNA],
    ),
    "semicolons, the mark of UTF-8, and Windows' ends of lines": (
        b'\xef\xbb\xbfplate;label;times\r\nab12-cde;Anna;"mon 08:00-09:00; sat 08:00-09:00"\r\n',
        [ANNA],
    ),
    "plates only": (b"plate\nB2\nA1\n", [Entry("A1"), Entry("B2")]),
    "other order, capitals, lines that end early or are empty": (
        b"Label , PLATE\n\nx, A1\n , B2\n,,\n",
        [Entry("A1", "x"), Entry("B2")],
    ),
    "empty columns at the end": (b"plate,label\nA1,x,,,\n", [Entry("A1", "x")]),
    "quotes, and a line within a cell": (
        b'plate,label\nA1,"Smith, ""Jo""\n& Co"\n',
        [Entry("A1", 'Smith, "Jo" & Co')],
    ),
    "a formula is a text": (b"plate,label\nA1,=1+1\n", [Entry("A1", "=1+1")]),
    "no entry": (b"plate,label\n", []),
}
FAULTY: dict[str, tuple[bytes, list[str]]] = {
    "nothing": (b"", ["line 1: expected plate, label"]),
    "no such columns": (
        b"number,plate,plate\n",
        ["line 1: column: expected plate,", "line 1: column: expected plate,"],
    ),
    "no plates": (b"label\nx\n", ["line 1: column: expected one that is named plate"]),
    "another encoding": ("plate\nA1\n".encode("utf-16"), ["line 1: expected UTF-8 text"]),
    "another alphabet": (b"plate,label\nA1,\xe4\n", ["line 2: expected UTF-8 text"]),
    "several, after a cell of two lines": (
        b'plate,label\nA1,"x\ny"\n?,x\nB2,x,y\na-1,\n',
        [
            "line 5: fields: expected at most 2",
            "line 4: plate: expected 1 to 12",
            "line 6: plate: stands there twice, first in line 2",
        ],
    ),
    "an open quote": (b'plate,label\n?,\nA1,"x\nB2,y\n', ["line 3: not CSV", "line 2: plate"]),
    "a null character": (b"plate\nA\x001\n", ["line 2: "]),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ["line 1: expected UTF-8"]),
}
FAULTY_JSON: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "cut off": (b'[{"plate":"A1"}', "not JSON"),
    "no array": (b'{"plate":"A1"}', "expected a JSON array"),
    "a number": (b'["A1", 7]', "entry 2: plate: expected a text"),
    "an array in it": (b'[["A1"]]', "entry 1: plate: expected a text"),
    "twice the same": (b'["A1","a 1"]', "entry 2: plate: stands there twice, first in entry 1"),
    "a field twice": (b'[{"plate":"A1","plate":"B2"}]', "a field stands twice"),
    "no end of brackets": (b"[" * 200_000, "not JSON"),
    "a number without end": (b"[" + b"1" * 10_000 + b"]", ""),
}
ENTRIES = st.builds(
    lambda **fields: parse_entry(fields),
    plate=st.text("ABCXYZ0189", min_size=1, max_size=12),
    label=st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=30),
    valid_from=st.none() | st.dates().map(str),
    valid_until=st.none() | st.datetimes().map(lambda at: f"{at.isoformat(timespec='seconds')}Z"),
    times=st.lists(SPANS, max_size=3).map(lambda spans: [span_text(span) for span in spans]),
    direction=st.sampled_from(["any", "approaching", "receding"]),
)
LISTS = st.lists(ENTRIES, max_size=8, unique_by=lambda entry: entry.plate)
LABELS = st.text("'=+-@ab", max_size=6)


@pytest.mark.parametrize("name", READABLE)
def test_what_spreadsheets_write_is_read(name: str) -> None:
    """Their separators, quotes, marks and empty cells; sorted by plate."""
    content, expected = READABLE[name]
    assert list(parse_csv(content)) == expected


@pytest.mark.parametrize("name", FAULTY)
def test_every_fault_of_a_file_is_told(name: str) -> None:
    """In one report, each with its line; of such a file nothing is used."""
    content, expected = FAULTY[name]
    with pytest.raises(ListError) as caught:
        parse_csv(content)
    told = str(caught.value).splitlines()
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


@pytest.mark.parametrize("name", FAULTY_JSON)
def test_every_fault_of_an_array_is_told(name: str) -> None:
    """With the number of the entry, or with what JSON it is not."""
    content, expected = FAULTY_JSON[name]
    with pytest.raises(ListError) as caught:
        parse_json(content)
    assert expected in str(caught.value)


@pytest.mark.parametrize("parse", [parse_csv, parse_json])
@given(content=st.binary(max_size=200))
def test_garbage_is_a_fault_and_no_crash(
    parse: Callable[[bytes], tuple[Entry, ...]], content: bytes
) -> None:
    """Whatever stands in a file, it is entries or a ListError that says something."""
    told = ""
    try:
        told = repr(parse(content))
    except ListError as fault:
        told = str(fault)
    assert told


def test_json_takes_plates_and_objects() -> None:
    """Both in one array, in the order of their plates."""
    assert parse_json(b'["zg 1", {"plate": "ab1", "label": "x"}]') == (
        Entry("AB1", "x"),
        Entry("ZG1"),
    )


@given(LISTS)
def test_what_is_written_is_read_as_it_was(entries: list[Entry]) -> None:
    """By both formats; and written again it is the same to the last byte."""
    in_order = tuple(sorted(entries, key=lambda entry: entry.plate))
    for parse, write in ((parse_csv, format_csv), (parse_json, format_json)):
        text = write(entries)
        assert parse(text.encode()) == in_order
        assert write(parse(text.encode())) == text


@given(LABELS)
def test_no_label_becomes_a_formula(label: str) -> None:
    """A spreadsheet that opens an export has nothing to carry out; reading it gives the label."""
    entry = Entry("AB1", label.strip())
    text = format_csv([entry])
    cell = text.splitlines()[1].split(",")[1]
    assert cell[:1] not in {"=", "+", "-", "@"}
    assert parse_csv(text.encode()) == (entry,)


def test_exported_json_is_what_the_checksum_is_of() -> None:
    """`sha256sum` of the file is the checksum in the state; any language can make it."""
    objects = [{"plate": "B2", "label": "ž"}, {"plate": "A1"}]
    canonical = json.dumps(
        sorted(objects, key=lambda entry: entry["plate"]),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    exported = format_json(map(parse_entry, objects))
    assert sha256(exported.encode()).digest() == sha256(canonical.encode()).digest()
