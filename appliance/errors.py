"""The errors that a person can mend; `__main__` turns each into a line and an exit code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


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


class OutputError(GatepostError):
    """Stdout does not take what the command says (exit 74, EX_IOERR)."""

    exit_code = 74


class FullError(StoreError):
    """The card takes nothing more for now, as when it is full; what waits may be written later."""


class DamagedError(StoreError):
    """The database file is no longer one; the next start sets it aside and begins a new one."""


class LinkError(GatepostError):
    """The broker acknowledges nothing, or cannot be had for now (exit 75, EX_TEMPFAIL)."""

    exit_code = 75


class LineError(GatepostError):
    """An output line cannot be driven (exit 75): a fresh start sets it at rest, or says why not."""

    exit_code = 75


class StalledError(GatepostError):
    """A loop or the camera fell silent (exit 75): a clean start is the only repair."""

    exit_code = 75


class RestartError(GatepostError):
    """Somebody asked for a restart (exit 3, ours): whoever started the unit starts it again.

    It is a code of its own, for to systemd it is no fault, and any fault ends a trial.
    """

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a list: where, in which field, what stands there, what was expected.

    As text it leaves out what stands there, which may be a plate; `told` is for whoever wrote it.
    """

    place: str
    field: str
    value: str
    expected: str

    def __str__(self) -> str:
        """Without the value, fit for a log."""
        return ": ".join(part for part in (self.place, self.field, self.expected) if part)

    @property
    def told(self) -> str:
        """With the value."""
        named = f"{self.field} = {self.value}" if self.value else self.field
        return ": ".join(part for part in (self.place, named, self.expected) if part)


class ListError(GatepostError):
    """An entry, a list or a command is wrong, and nothing was changed (exit 65, EX_DATAERR).

    As text it names no plate, since it may end in a log.

    Args:
        faults: every one that was found.
    """

    exit_code = 65

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)

    @property
    def told(self) -> str:
        """The faults with their values, a line each, for the one who typed or wrote them."""
        return "\n".join(fault.told for fault in self.faults)


class OrderError(GatepostError):
    """A command over MQTT is refused, and nothing was changed; no plate stands in the text."""


class ListFileError(GatepostError):
    """The file of a list cannot be read (exit 66, EX_NOINPUT)."""

    exit_code = 66


class UpdateError(GatepostError):
    """A release, a manifest or a key is not taken, and nothing was changed (exit 65, EX_DATAERR).

    Args:
        name: of the refusal, one word or two, the same in every release: programs compare it.
        words: what was found and what was expected.
    """

    exit_code = 65

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{name}: {words}")
        self.name = name


class SourceError(GatepostError):
    """Where updates come from is away, too slow or lacks a file (exit 75, EX_TEMPFAIL)."""

    exit_code = 75


def without_secrets(text: str) -> str:
    """`text` with the user and password of every address in it hidden: messages end in logs."""
    return re.sub(r"//[^/@\s]*@", "//***@", text)
