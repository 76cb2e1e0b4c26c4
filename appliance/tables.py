"""A TOML file as it is parsed, its faults in words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from appliance.errors import ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


SYSTEM_FILE = Path("/etc/gatepost/gatepost.toml")
"""The settings of a unit."""


def read_table(path: Path) -> dict[str, Any]:
    """The whole file; ConfigurationError where it cannot be read or is none."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise ConfigurationError(f"{path}: cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise ConfigurationError(f"{path}: not UTF-8 text at byte {fault.start}") from fault
    except ValueError as fault:  # TOMLDecodeError is one, and so is a number of 5000 digits
        raise ConfigurationError(f"{path}: not TOML: {fault}") from fault
    return table
