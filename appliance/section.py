"""What the tables of the configuration have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from appliance.weekly import Span, parse_span

CREDENTIAL = "credential:"
"""Begins the name of a systemd credential where a file is expected."""


def _beside_file(path: Path, known: ValidationInfo) -> Path:
    """A relative path means: beside the configuration file, wherever the unit was started."""
    folder = (known.context or {}).get("folder", Path.cwd())
    try:
        return Path(folder) / path.expanduser()
    except RuntimeError as fault:  # "~name" of nobody
        raise ValueError(f"{path}: there is no such home folder") from fault


def _source_beside_file(source: str, known: ValidationInfo) -> str:
    """The same for a source that is a path; an address or a device's number stays as it is."""
    if "://" in source or source.isdecimal():
        return source
    return str(_beside_file(Path(source), known))


def _secret_beside_file(path: Path, known: ValidationInfo) -> Path:
    """The same for a file that may be one of systemd's credentials instead."""
    if not str(path).startswith(CREDENTIAL):
        return _beside_file(path, known)
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", str(path).removeprefix(CREDENTIAL)):
        raise ValueError(f"{path}: expected {CREDENTIAL}NAME, of letters, digits, _, - and .")
    return path


def _span(text: object) -> Span:
    """Weekly times as they are written, as they are kept."""
    try:
        return parse_span(str(text))
    except ValueError as fault:
        why = str(fault).partition(": ")[2]  # the value stands before it already
        raise PydanticCustomError("span", "{why}", {"why": why}) from fault


FilePath = Annotated[Path, AfterValidator(_beside_file)]
SecretPath = Annotated[Path, AfterValidator(_secret_beside_file)]
Source = Annotated[str, AfterValidator(_source_beside_file)]
Spans = Annotated[tuple[Annotated[Span, BeforeValidator(_span)], ...], Field(strict=False)]


class Section(BaseModel):
    """A table of the file: frozen, no unknown key, no guessing of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
