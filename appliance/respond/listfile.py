"""Lists as CSV and as JSON, in and out.  Pure.

The rule to know: a list is read whole or not at all, and all its faults are told at once.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from appliance.errors import Fault, ListError
from appliance.respond.entries import PARSERS, Entry, fields_of, parse_entry, shown
from appliance.respond.times import span_text

COLUMNS = tuple(PARSERS)
FORMULA = re.compile("'*[=+@-]")
"""What a spreadsheet would carry out.  In CSV such a label gets an apostrophe in front, which is
taken away again; a formula that comes without one is the text that it is."""

Fields = Mapping[str, object]
Placed = tuple[str, Fields]


def parse_csv(content: bytes) -> tuple[Entry, ...]:
    """The entries of a CSV file, in the order of their plates.

    UTF-8 with or without its mark; commas or semicolons; the first line names the columns, of which
    only `plate` must be there.

    Raises:
        ListError: every fault of the file.
    """
    records, faults = _records(decoded(content))
    if not records:
        raise ListError(faults or [Fault("line 1", "", "", f"expected {', '.join(COLUMNS)}")])
    (_, header), *rest = records
    columns = _columns(header)
    faults += [fault for row in rest for fault in _surplus(*row, len(columns))]
    rows = ((f"line {line}", _row(columns, cells)) for line, cells in rest)
    return _entries(rows, faults)


def parse_json(content: bytes) -> tuple[Entry, ...]:
    """The entries of a JSON array of objects or of plain plates, in the order of their plates.

    Raises:
        ListError: every fault of the array.
    """
    items = load_json(decoded(content))
    if not isinstance(items, list):
        raise ListError([Fault("", "", "", "expected a JSON array of entries")])
    rows = ((f"entry {number}", fields_in(item)) for number, item in enumerate(items, 1))
    return _entries(rows, [])


def format_csv(entries: Iterable[Entry]) -> str:
    """All columns and the entries in the order of their plates, as `parse_csv` reads them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in _in_order(entries):
        times = "; ".join(map(span_text, entry.times))
        cells = fields_of(entry) | {"label": _guarded(entry.label), "times": times}
        writer.writerow([cells.get(column, "") for column in COLUMNS])
    return text.getvalue()


def format_json(entries: Iterable[Entry]) -> str:
    """The canonical form: what the checksum of a list is made over, to the last byte."""
    return f"[{','.join(entry.body for entry in _in_order(entries))}]"


def decoded(content: bytes) -> str:
    """UTF-8 with or without its mark; ListError names the line that is something else."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        told = Fault(f"line {line}", "", "", "expected UTF-8 text ('CSV UTF-8' in a spreadsheet)")
        raise ListError([told]) from fault


def load_json(text: str) -> object:
    """What a JSON text says; ListError says where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as fault:
        raise ListError([Fault("", "", "", f"not JSON: {fault}")]) from fault


def fields_in(item: object) -> Fields:
    """The fields of an item of JSON; all that is no object should be a plate."""
    return item if isinstance(item, dict) else {"plate": item}


def _entries(rows: Iterable[Placed], faults: list[Fault]) -> tuple[Entry, ...]:
    """The entries, or everything that is wrong with them, after the faults found before."""
    faults, places, entries = list(faults), dict[str, str](), []
    for place, fields in rows:
        try:
            entry = parse_entry(fields, place)
        except ListError as fault:
            faults += fault.faults
            continue
        if entry.plate in places:
            again = f"stands there twice, first in {places[entry.plate]}"
            faults.append(Fault(place, "plate", shown("plate", entry.plate), again))
        places.setdefault(entry.plate, place)
        entries.append(entry)
    if faults:
        raise ListError(faults)
    return tuple(_in_order(entries))


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.plate)


def _records(text: str) -> tuple[list[tuple[int, list[str]]], list[Fault]]:
    """The records that are not empty with their lines; the fault after which none can be read."""
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as fault:
        return records, [Fault(f"line {line}", "", "", f"not CSV from here on: {fault}")]
    return records, []


def _columns(header: Sequence[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in header]
    expected = f"expected {', '.join(COLUMNS)}, each once"
    wrong = [name for name in columns if name not in COLUMNS or columns.count(name) > 1]
    faults = [Fault("line 1", "column", repr(name), expected) for name in dict.fromkeys(wrong)]
    if "plate" not in columns:
        faults.append(Fault("line 1", "column", "", "expected one that is named plate"))
    if faults:
        raise ListError(faults)
    return columns


def _surplus(line: int, cells: Sequence[str], most: int) -> Iterator[Fault]:
    if any(cells[most:]):
        yield Fault(f"line {line}", "fields", str(len(cells)), f"expected at most {most}")


def _row(columns: Sequence[str], cells: Sequence[str]) -> Fields:
    """The cells under their columns; a line may end early."""
    row = dict(zip(columns, cells, strict=False))
    return row | {"label": _unguarded(row.get("label", ""))}


def _guarded(label: str) -> str:
    return f"'{label}" if FORMULA.match(label) else label


def _unguarded(label: str) -> str:
    return label[1:] if label.startswith("'") and FORMULA.match(label) else label


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field stands twice in one object")
    return fields
