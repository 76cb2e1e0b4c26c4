"""The notation of plate syntax, and the files that are written in it.

A pattern in `models/regions/*.toml` is written in the texts' own letters: `A` any letter, `9` any
digit; a lower-case letter is a set that the same file declares (a string: one of its characters; a
list: one of its words); every other capital or digit is itself; `{2}` and `{1,4}` repeat what
stands before them.  A file that is not as it must be is refused whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from appliance.errors import ModelError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ANY_OF = {"A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "9": "0123456789"}
_KIND = str.maketrans({c: kind for kind, characters in ANY_OF.items() for c in characters})
_TERM = re.compile(r"([A-Za-z0-9])(?:\{([1-9])(?:,([1-9]))?\})?")

Words = tuple[str, ...]
Table = Mapping[str, Any]  # as tomllib gives it
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which a region writes its plates.

    Attributes:
        region: its code.
        pattern: as in the file.
        share: of the region's vehicles, 0 to 1.
        texts: how many different texts the pattern has.
        shapes: of its texts, each letter as "A" and each digit as "9".
        expression: matches exactly the pattern's texts.
        examples: texts that must fit.
    """

    region: str
    pattern: str
    share: float
    texts: int
    shapes: frozenset[str]
    expression: re.Pattern[str]
    examples: Words

    @property
    def density(self) -> float:
        """Probability of any one text of the pattern on a vehicle of the region."""
        return self.share / self.texts


@dataclass(frozen=True, slots=True)
class Region:
    """A jurisdiction: its code ("gb", "us-ny"), its vehicles in millions, and its formats."""

    code: str
    name: str
    vehicles: float
    formats: tuple[Format, ...]


def shape_of(text: str) -> str:
    """The text with each letter as "A" and each digit as "9"."""
    return text.translate(_KIND)


def read_region(path: Path) -> Region:
    """The region in one file; ModelError names the file, the key and the value that is wrong."""
    try:
        document: Table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ModelError(f"{path}: the region cannot be read: {fault.strerror}") from fault
    except ValueError as fault:  # of TOML, of UTF-8, or of a number of 5000 digits
        raise ModelError(f"{path}: not a TOML file: {fault}") from fault
    try:
        return _region_of(document, path.stem)
    except ValueError as fault:
        raise ModelError(f"{path}: {fault}") from fault


def _region_of(document: Table, stem: str) -> Region:
    _only(document, ("code", "name", "vehicles", "sets", "format"), "")
    code = _take(document, "code", str)
    if code != stem:
        raise ValueError(f"code: {code!r}, but the file is {stem}.toml")
    declared = _take(document, "sets", dict) if "sets" in document else {}
    sets = {name: _words(name, value) for name, value in declared.items()}
    tables = [_take({"format": entry}, "format", dict) for entry in _take(document, "format", list)]
    whole = sum(_number(table, "weight") for table in tables)
    formats = tuple(_format_of(table, code, sets, whole) for table in tables)
    return Region(code, _take(document, "name", str), _number(document, "vehicles"), formats)


def _format_of(table: Table, region: str, sets: Mapping[str, Words], whole: float) -> Format:
    _only(table, ("pattern", "weight", "examples"), "format.")
    pattern = _take(table, "pattern", str)
    expression, texts, shapes = _compiled(pattern, sets)
    examples = tuple(map(str, _take(table, "examples", list)))
    for example in examples:
        if not expression.fullmatch(example):
            raise ValueError(f"format.examples: {example!r} does not fit {pattern!r}")
    share = table["weight"] / whole
    return Format(region, pattern, share, texts, shapes, expression, examples)


def _compiled(
    pattern: str, sets: Mapping[str, Words]
) -> tuple[re.Pattern[str], int, frozenset[str]]:
    """The pattern as an expression, with the number and the shapes of its texts."""
    terms = list(_TERM.finditer(pattern))
    if not terms or "".join(term[0] for term in terms) != pattern:
        raise ValueError(f"format.pattern: {pattern!r} is not in the notation of regions.py")
    expression, texts, shapes = "", 1, {""}
    for symbol, low, high in (term.groups() for term in terms):
        words = _alternatives(symbol, sets, pattern)
        counts = _counts(low, high, pattern)
        expression += f"(?:{'|'.join(words)}){{{counts[0]},{counts[-1]}}}"
        texts *= sum(len(words) ** count for count in counts)
        kinds = {shape_of(word) for word in words}
        tails = ["".join(tail) for count in counts for tail in product(kinds, repeat=count)]
        shapes = {head + tail for head in shapes for tail in tails}
    return re.compile(expression), texts, frozenset(shapes)


def _counts(low: str | None, high: str | None, pattern: str) -> range:
    counts = range(int(low or 1), int(high or low or 1) + 1)
    if not counts:
        raise ValueError(f"format.pattern: {pattern!r} repeats {low} to {high} times")
    return counts


def _alternatives(symbol: str, sets: Mapping[str, Words], pattern: str) -> Words:
    if symbol.islower() and symbol not in sets:
        raise ValueError(f"format.pattern: {pattern!r} uses {symbol!r}, which [sets] does not have")
    return sets[symbol] if symbol.islower() else tuple(ANY_OF.get(symbol, symbol))


def _words(name: str, value: object) -> Words:
    words = tuple(value) if isinstance(value, (str, list)) else ()
    sound = words and all(isinstance(w, str) and re.fullmatch("[A-Z0-9]+", w) for w in words)
    if not sound or len(set(words)) != len(words) or not re.fullmatch("[a-z]", name):
        raise ValueError(f"sets.{name}: {value!r} is not a lower-case letter's distinct A-Z, 0-9")
    return words


def _only(table: Table, keys: Sequence[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise ValueError(f"{where}{key}: unknown key, expected one of {', '.join(keys)}")


def _take(table: Table, key: str, kind: type[T]) -> T:
    value = table.get(key)
    if not isinstance(value, kind) or not value:
        raise ValueError(f"{key}: {value!r} is not a {kind.__name__} with something in it")
    return value


def _number(table: Table, key: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < inf:
        raise ValueError(f"{key}: {value!r} is not a number above 0")
    return float(value)
