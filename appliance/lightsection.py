"""The table [light] of the configuration: the infra-red light, and the filter at the sensor.  Pure.

The rule to know: a head that would be lit before the unit runs is refused here, and so is an LED
that the unit file would not make dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from appliance.access import Gate
from appliance.camerasection import Camera
from appliance.header import FREE, PULLED_UP, require_ours, require_rest
from appliance.section import Section, Spans
from appliance.weekly import Span

MOST_HEADS = 2
LED = r"gatepost:ir:[a-z0-9_-]{1,32}"
Lines = tuple[Annotated[int, Field(ge=FREE[0], le=FREE[-1])], ...]
"""BCM numbers."""


class Head(Section):
    """One `[[light.head]]`: an LED of the kernel, or a line."""

    # the kernel's name, as the overlay labels it
    led: str | None = None
    # BCM number; on and off only
    line: int | None = Field(None, ge=FREE[0], le=FREE[-1])
    # checked even where it is not named, for a line that does not fit it is lit at power-on
    active_low: bool = Field(False, validate_default=True)
    # nm; 850 reaches farther and glows a faint red, 940 nobody sees
    wavelength_nm: Literal[850, 940] = 850

    @field_validator("led")
    @classmethod
    def _led_is_known(cls, led: str | None) -> str | None:
        """ExecStopPost= of the unit file makes all LEDs dark whose names begin so, and no other."""
        if led is not None and not re.fullmatch(LED, led):
            raise ValueError(
                f"light.head.led = {led!r}: expected the name of an LED that begins with"
                " gatepost:ir:, such as gatepost:ir:illuminator of the overlay"
            )
        return led

    @field_validator("line")
    @classmethod
    def _line_is_free(cls, line: int | None, before: ValidationInfo) -> int | None:
        require_ours("light.head.line", line)
        if line is not None and before.data.get("led"):
            raise ValueError(
                f"light.head.line = {line} beside light.head.led: expected one of them"
            )
        return line

    @field_validator("active_low")
    @classmethod
    def _line_rests_at_reset(cls, active_low: bool, before: ValidationInfo) -> bool:
        line = before.data.get("line")
        require_rest("light.head.active_low", line, active_low, "it would be lit")
        return active_low

    @model_validator(mode="after")
    def _is_named(self) -> Head:
        if self.led is None and self.line is None:
            raise ValueError("light.head: neither led nor line; expected one of them")
        return self


class IrCut(Section):
    """The table [light.filter]: what keeps infra-red from the sensor by day."""

    # BCM numbers of a latching filter's two: a pulse on the first puts it in the way, on the
    # second away
    lines: Annotated[Lines, Field(strict=False)] = ()
    # seconds
    pulse_s: float = Field(0.15, ge=0.1, le=0.2)
    # instead: of one with a driver of its own; away while it is active
    line: int | None = Field(None, ge=FREE[0], le=FREE[-1])
    active_low: bool = False

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two lines of a latching filter; None where it has none."""
        return (self.lines[0], self.lines[1]) if self.lines else None

    @field_validator("lines")
    @classmethod
    def _lines_are_two(cls, lines: tuple[int, ...]) -> tuple[int, ...]:
        if lines and len(set(lines)) != 2:  # noqa: PLR2004  # the poles of a coil
            raise ValueError(f"light.filter.lines = {list(lines)}: expected two different lines")
        for line in lines:
            require_ours("light.filter.lines", line)
            if line <= PULLED_UP:
                raise ValueError(
                    f"light.filter.lines = {list(lines)}: line {line} is pulled high from power-on"
                    f" until the unit runs, and the coil gets hot: expected {PULLED_UP + 1} to"
                    f" {FREE[-1]}"
                )
        return lines

    @field_validator("line")
    @classmethod
    def _line_is_free(cls, line: int | None, before: ValidationInfo) -> int | None:
        require_ours("light.filter.line", line)
        if line is not None and before.data.get("lines"):
            raise ValueError(
                f"light.filter.line = {line} beside light.filter.lines: expected one of them"
            )
        return line

    @model_validator(mode="after")
    def _is_named(self, known: ValidationInfo) -> IrCut:
        is_named = self.model_fields_set or known.context
        if is_named and not self.lines and self.line is None:
            # by their whole names: where one is at fault itself, that is said and not this
            raise ValueError(
                "light.filter: neither light.filter.lines nor light.filter.line; expected one"
            )
        return self


class Light(Section):
    """The light.  Without a head nothing is lit, without a filter nothing is moved."""

    # auto: as daylight wants it; the light's switch over MQTT can only darken
    mode: Literal["auto", "on", "off", "schedule"] = "auto"
    # percent of what a head can give, and the most that can be asked for over MQTT, in steps of 5
    power: int = Field(100, ge=5, le=100)
    # weekly times, for the mode "schedule"
    schedule: Spans = Field((), validate_default=True)
    # true: the sensor's strobe output drives the heads, on every other frame
    strobe: bool = False
    head: Annotated[tuple[Head, ...], Field(strict=False, max_length=MOST_HEADS)] = ()
    filter: IrCut = IrCut()

    @property
    def is_there(self) -> bool:
        """There is a head, or a filter."""
        return bool(self.head) or self.filter != IrCut()

    @field_validator("schedule")
    @classmethod
    def _times_and_mode_go_together(
        cls, schedule: tuple[Span, ...], before: ValidationInfo
    ) -> tuple[Span, ...]:
        mode = before.data.get("mode", "schedule" if schedule else "auto")
        if mode == "schedule" and not schedule:
            raise ValueError(
                'light.mode = "schedule" without light.schedule: expected weekly times'
            )
        if schedule and mode != "schedule":
            raise ValueError(f'light.schedule with light.mode = "{mode}": expected "schedule"')
        return schedule

    @field_validator("head")
    @classmethod
    def _no_head_twice(cls, heads: tuple[Head, ...]) -> tuple[Head, ...]:
        for one, other in combinations(heads, 2):
            if (one.led, one.line) == (other.led, other.line):
                told = f"led = '{one.led}'" if one.led else f"line = {one.line}"
                raise ValueError(f"light.head.{told}: is another head's too; expected another")
        return heads

    @field_validator("head")
    @classmethod
    def _power_can_be_given(
        cls, heads: tuple[Head, ...], before: ValidationInfo
    ) -> tuple[Head, ...]:
        power = before.data.get("power", 100)
        if power < 100 and heads and not any(head.led for head in heads):  # noqa: PLR2004  # all
            raise ValueError(
                f"light.power = {power}: a head on a line gives all or nothing; expected 100, or"
                " an LED (light.head.led)"
            )
        return heads

    @field_validator("filter")
    @classmethod
    def _filter_has_its_own(cls, ircut: IrCut, before: ValidationInfo) -> IrCut:
        taken = {head.line for head in before.data.get("head", ())}
        for line in (*ircut.lines, ircut.line):
            if line is not None and line in taken:
                raise ValueError(f"light.filter: line {line} is a head's too; expected another")
        return ircut

    @model_validator(mode="after")
    def _something_is_named(self, known: ValidationInfo) -> Light:
        """Only a file, which has a folder, names an empty table."""
        if (self.model_fields_set or known.context) and not self.head and not any(self.lines()):
            raise ValueError("light.head is missing: without one, or light.filter, nothing is done")
        return self

    def lines(self) -> Iterator[tuple[str, int]]:
        """Every line of the table with its key."""
        yield from (("light.head.line", head.line) for head in self.head if head.line is not None)
        yield from (("light.filter.lines", line) for line in self.filter.lines)
        if self.filter.line is not None:
            yield "light.filter.line", self.filter.line


def require_fit(light: Light, gate: Gate | None, camera: Camera | None) -> None:
    """Raise ValueError where the light takes what another table has, or wants what it has not.

    Args:
        light: as configured.
        gate: that table; None where it is at fault itself.
        camera: the same.
    """
    taken = {} if gate is None else {gate.line: "line", gate.confirm_line: "confirm_line"}
    for key, line in light.lines():
        if line in taken:
            raise ValueError(f"{key} = {line}: is gate.{taken[line]} too; expected another")
    if light.strobe and camera is not None and camera.kind != "pi":
        raise ValueError(
            f"light.strobe = true with camera.kind = '{camera.kind}': only a camera of the Pi's"
            " own has a strobe output that is known here"
        )
