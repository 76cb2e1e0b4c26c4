"""The errors that a person can mend; `__main__` turns each into a line and an exit code."""

from __future__ import annotations

import re


class GatepostError(Exception):
    """Something a person can mend; the text names the thing, the value and what was expected."""

    exit_code = 1


class ConfigurationError(GatepostError):
    """The configuration or a model is wrong; a restart would not help (exit 78, EX_CONFIG)."""

    exit_code = 78


class ModelError(ConfigurationError):
    """A model file is missing, damaged or not the one that its manifest describes."""


class PictureError(GatepostError):
    """A picture or a recording cannot be read (exit 66, EX_NOINPUT)."""

    exit_code = 66


class StoreError(GatepostError):
    """The database cannot be opened or written (exit 74, EX_IOERR)."""

    exit_code = 74


class LinkError(GatepostError):
    """The broker holds a live session but acknowledges nothing (exit 75, EX_TEMPFAIL)."""

    exit_code = 75


class LineError(GatepostError):
    """An output line cannot be driven (exit 75): a fresh start sets it at rest, or says why not."""

    exit_code = 75


class StalledError(GatepostError):
    """A loop or the camera fell silent (exit 75): a clean start is the only repair."""

    exit_code = 75


def without_secrets(text: str) -> str:
    """`text` with the user and password of every address in it hidden: messages end in logs."""
    return re.sub(r"//[^/@\s]*@", "//***@", text)
