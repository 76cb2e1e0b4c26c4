"""The faults of the configuration in words: the key, its value, what was expected, the nearest key.

The rule to know: what is said may stand in a log, so secrets are hidden.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, get_args

from pydantic import BaseModel

from appliance.errors import without_secrets

Place = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, and positions counted from 0."""
PLACE = "place"
"""The kind of a fault whose words name the point and its value themselves."""


def sentence(root: type[BaseModel], error: Any) -> str:  # noqa: ANN401  # pydantic's, "ctx" untyped
    """One fault of a file in words: the key, the value, what was expected.

    Args:
        root: the whole file.
        error: one of a ValidationError's `errors()`.
    """
    place: Place = error["loc"]
    key, value = _written(place), _shown(place, error["input"])
    if error["type"] == "extra_forbidden":
        return f"{key} = {value}: unknown key{_nearest(root, place)}"
    if error["type"] == "missing":
        return f"{key} is missing: expected {_choice(root, place)}"
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "too_long":
        return (
            f"{key}: {len(error['input'])} of them, expected {error['ctx']['max_length']} at most"
        )
    if error["type"] == PLACE:
        return f"{key}: {error['msg']}"
    expected = _begun(root, place, error["type"]) or _expected(root, place, error["msg"])
    return f"{key} = {value}: {expected}"


def without(file: dict[str, Any], place: Place) -> str:
    """Take what stands at a place out of a parsed file; of a list the whole.

    A key that does not stand there is a default that does not fit the others of its table: then it
    is the whole table that goes.

    Returns:
        What went, as it is written.
    """
    keys = [str(part) for part in takewhile(lambda part: isinstance(part, str), place)]
    table = file
    for key in keys[:-1]:
        table = table.get(key, {})
    if table.pop(keys[-1], None) is not None:
        return ".".join(keys)
    file.pop(keys[0], None)
    return keys[0]


def speaks_of(said: str, key: str) -> bool:
    """Whether a fault names a key or, of a table, one of its keys."""
    return re.search(rf"(?<![\w.]){re.escape(key)}(?!\w)", said) is not None


def _written(place: Place) -> str:
    """The key with its tables; of tables that there are several of, which, counted from 1."""
    parts = (f"[#{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def _shown(place: Place, value: object) -> str:
    """The value as it may stand in a log."""
    key = str(place[-1])
    if re.search("pass|secret|token|key", key) and not key.endswith("_file"):
        return "'***'"
    return without_secrets(repr(value))


def _expected(root: type[BaseModel], place: Place, message: str) -> str:
    """What pydantic says, with the whole range where the field has one."""
    field = _section(root, place).model_fields.get(str(place[-1]))
    if "pattern" in message and field and field.description:
        return f"expected {field.description}"
    bounds = {type(m).__name__: m for m in _limits(root, place)}
    said = re.sub(r"Input is not a valid path for .*", "expected a path", message)
    if "Ge" in bounds and "Le" in bounds:
        kind = "a whole number, " if "integer" in message else ""
        return f"expected {kind}{bounds['Ge'].ge} to {bounds['Le'].le}"
    said = said.replace("a valid tuple", "a list")  # TOML's word
    said = said.replace("a valid boolean", "true or false")
    return said.replace("Input should be", "expected").replace("String should", "must")


def _limits(root: type[BaseModel], place: Place) -> Sequence[Any]:
    """What a field was declared with, such as its range; of an element of a list, the element."""
    depth = sum(1 for _ in takewhile(lambda part: isinstance(part, int), reversed(place)))
    names = place[: len(place) - depth]
    field = _section(root, names).model_fields.get(str(names[-1]))
    if field is None:
        return ()
    declared, limits = field.annotation, field.metadata
    for _ in range(depth):
        declared, *marks = get_args(next(iter(get_args(declared)), None)) or (None,)
        limits = [limit for mark in marks for limit in getattr(mark, "metadata", ())]
    return limits


def _begun(root: type[BaseModel], place: Place, kind: str) -> str:
    """How a table begins, where a value stands in the place of one; empty for other faults."""
    name = _written(tuple(part for part in place if isinstance(part, str)))
    if kind == "model_type" and isinstance(place[-1], str):
        return f"expected a table, begun with [{name}]"
    field = _section(root, place).model_fields.get(str(place[-1]))
    is_list = kind == "tuple_type" and field is not None and _table(field.annotation)
    if kind == "model_type" or is_list:
        return f"expected a list of tables, each begun with [[{name}]]"
    return ""


def _choice(root: type[BaseModel], place: Place) -> str:
    """What may stand in a field that has no default: one of a few words, or as it describes."""
    field = _section(root, place).model_fields[str(place[-1])]
    if field.description:
        return field.description
    return " or ".join(f"'{word}'" for word in get_args(field.annotation))


def _nearest(root: type[BaseModel], place: Place) -> str:
    """The known key nearest to an unknown one, as a question, or all that are known."""
    known = list(_section(root, place).model_fields)
    close = difflib.get_close_matches(str(place[-1]), known, 1, 0.5)
    if close:
        return f"; did you mean {_written((*place[:-1], close[0]))}?"
    return f"; known here: {', '.join(known)}"


def _section(root: type[BaseModel], place: Place) -> type[BaseModel]:
    """The table that holds the key at `place`."""
    section = root
    for part in place[:-1]:
        field = section.model_fields.get(str(part))
        section = _table(field.annotation) or section if field else section
    return section


def _table(annotation: object) -> type[BaseModel] | None:
    """The kind of table that a field holds, one or several of it; None where it holds values."""
    for kind in (annotation, *get_args(annotation)):
        if not get_args(kind) and isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
