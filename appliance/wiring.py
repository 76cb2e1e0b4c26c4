"""What hangs on the unit's lines, as it is configured.

The rule to know: with a recording nothing is switched, however it is played.
"""

from __future__ import annotations

from functools import partial

from appliance.config import Config
from appliance.contact import GpioContact
from appliance.respond.gate import Gate, Guardian
from appliance.source import Source


def build_gate(config: Config, source: Source) -> Gate | None:
    """The gate; dry for a recording; None where none is configured.

    Raises:
        ConfigurationError: the library of the line is not installed.
        LineError: the line cannot be had.
    """
    gate = config.gate
    if gate.line is None and not gate.dry_run:
        return None
    start = None
    if gate.line is not None and not gate.dry_run and not source.recording:
        start = partial(Guardian, gate.line, active_low=gate.active_low)
    return Gate(gate.pulse_s, gate.pause_s, start)


def build_contact(config: Config, source: Source) -> GpioContact | None:
    """What confirms who comes, in a dry run too; None for a recording, or where none is configured.

    Raises:
        ConfigurationError: the library of the line is not installed.
        LineError: the line cannot be had.
    """
    gate = config.gate
    if gate.confirm_line is None or source.recording:
        return None
    return GpioContact(gate.confirm_line, active_low=gate.confirm_active_low)
