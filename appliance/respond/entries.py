"""What an entry of a list is, and the one way in which text becomes one.  Pure.

The rule to know: an Entry is canonical.  Whether it came by file, command or MQTT, the same meaning
gives the same Entry, the same body, and so the same checksum of its list.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from appliance.errors import Fault, ListError
from appliance.respond.times import is_same_form, parse_bound, parse_spans, span_text
from appliance.weekly import Span

EntryDirection = Literal["approaching", "receding", "any"]

LONGEST_PLATE = 12
LONGEST_LABEL = 64
SHOWN = 60  # characters of a faulty value

SEPARATOR = re.compile("[\\s.\N{MIDDLE DOT}\N{SOFT HYPHEN}\N{HYPHEN}-\N{EM DASH}-]")
PLATE = re.compile(f"[A-Za-z0-9]{{1,{LONGEST_PLATE}}}", re.ASCII)
PLATE_EXPECTED = (
    f"expected 1 to {LONGEST_PLATE} of A-Z and 0-9; case, spaces, hyphens and dots do not matter"
)
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
CONTROLS = {"Cc", "Cs"}  # Unicode's control characters and lone surrogates


@dataclass(frozen=True, slots=True)
class Entry:
    """One plate of a list, and when and which way it counts.

    Attributes:
        plate: A-Z and 0-9, without separators.
        label: whom or what it is for, in the user's words; it may be a name.
        valid_from: first day in the unit's zone ("2026-05-01") or first moment in UTC
            ("2026-05-01T10:00:00Z"); empty: since ever.
        valid_until: last day, which still counts, or the moment at which it ends; empty: for ever.
        times: spans of the week; none of them: always.
        direction: in which the vehicle must drive.
        rest: canonical JSON of what the store holds beyond that, from a later release; empty:
            nothing.
    """

    plate: str
    label: str = ""
    valid_from: str = ""
    valid_until: str = ""
    times: tuple[Span, ...] = ()
    direction: EntryDirection = "any"
    rest: str = ""

    @property
    def body(self) -> str:
        """Its canonical JSON: keys in order, no spaces, and nothing that is as it mostly is.

        A field that a later release adds does not change the checksum of today's lists.
        """
        return CANONICAL.encode(fields_of(self))


def fields_of(entry: Entry) -> dict[str, object]:
    """What `parse_entry` would make the entry from; fields that say nothing are left out."""
    fields: dict[str, object] = {field: getattr(entry, field) for field in PARSERS}
    fields["times"] = [span_text(span) for span in entry.times]
    fields["direction"] = "" if entry.direction == "any" else entry.direction
    rest = json.loads(entry.rest) if entry.rest else {}
    return {field: value for field, value in fields.items() if value} | rest


def parse_plate(value: object) -> str:
    """A plate in capitals, without the spaces, hyphens and dots that people write into it.

    Letters that only look Latin, and digits of other scripts, are refused: they would never match.

    Raises:
        ValueError: what was expected, in words without the plate.
    """
    plate = SEPARATOR.sub("", _text(value))
    if not PLATE.fullmatch(plate):
        raise ValueError(PLATE_EXPECTED)
    return plate.upper()


def parse_entry(fields: Mapping[str, object], place: str = "") -> Entry:
    """An entry from its fields; None and the empty text mean the same as a field that is missing.

    Args:
        fields: by the names of Entry's attributes; `times` is a text or a list of texts.
        place: where the entry stands, for messages ("line 3").

    Raises:
        ListError: every fault of the entry.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for field, value in ({"plate": ""} | dict(fields)).items():
        if field not in PARSERS:
            known = f"expected {', '.join(PARSERS)}"
            faults.append(Fault(place, "field", repr(field), known))
            continue
        try:
            values[field] = PARSERS[field](value)
        except ValueError as fault:
            faults.append(Fault(place, field, shown(field, value), str(fault)))
    faults += _disorder(values, place)
    if faults:
        raise ListError(faults)
    return Entry(**values)


def parse_stored(body: str) -> Entry:
    """An entry as it stands in the store, where a later release may have written it.

    A field that is not known here, or says what is not known, is kept in `rest`: one such entry
    must not take away all lists.

    Raises:
        ListError: it has no plate that is one, or is no entry at all.
    """
    try:
        fields = dict(json.loads(body))
    except (ValueError, TypeError) as fault:
        raise ListError([Fault("", "", "", "an entry is no JSON object")]) from fault
    rest = {field: value for field, value in fields.items() if not _is_known(field, value)}
    entry = parse_entry({field: fields[field] for field in fields.keys() - rest.keys()})
    return replace(entry, rest=CANONICAL.encode(rest) if rest else "")


def _is_known(field: str, value: object) -> bool:
    try:
        PARSERS[field](value)
    except (KeyError, ValueError):
        return False
    return True


def shown(field: str, value: object) -> str:
    """A value for the eyes of whoever wrote it; look-alikes of Latin letters show as codes."""
    text = ascii(value) if field == "plate" else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _disorder(values: Mapping[str, Any], place: str) -> list[Fault]:
    first, last = values.get("valid_from", ""), values.get("valid_until", "")
    if first and last and is_same_form(first, last) and last < first:
        return [Fault(place, "valid_until", repr(last), "expected none before valid_from")]
    return []


def _text(value: object) -> str:
    """A text without spaces around it; None is the empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("expected a text")  # noqa: TRY004  # a fault of the user, not of the code
    return value.strip()


def _label(value: object) -> str:
    """On one line, whatever spaces a spreadsheet has put into it."""
    label = " ".join(_text(value).split())
    if len(label) > LONGEST_LABEL:
        raise ValueError(f"expected at most {LONGEST_LABEL} characters")
    if any(unicodedata.category(character) in CONTROLS for character in label):
        raise ValueError("expected no control characters")
    return label


def _bound(value: object) -> str:
    text = _text(value)
    return parse_bound(text) if text else ""


def _times(value: object) -> tuple[Span, ...]:
    """Spans apart by commas, semicolons or as a list; a list of nothing but commas is a fault."""
    if isinstance(value, list):
        return parse_spans(map(_text, value))
    text = _text(value)
    return parse_spans(text.replace(";", ",").removesuffix(",").split(",")) if text else ()


def _direction(value: object) -> str:
    direction = _text(value).lower() or "any"
    if direction not in get_args(EntryDirection):
        raise ValueError("expected approaching, receding or any")
    return direction


PARSERS: dict[str, Callable[[object], Any]] = {
    "plate": parse_plate,
    "label": _label,
    "valid_from": _bound,
    "valid_until": _bound,
    "times": _times,
    "direction": _direction,
}
"""The fields of an entry, in the order of the columns of a file."""
