"""What hangs on the unit's lines, as it is configured.

The rule to know: with a recording nothing is switched, however it is played.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from appliance.camerasection import Camera
from appliance.capture import lamp
from appliance.capture.heads import GuardedHeads
from appliance.capture.illuminator import GuardedLight, Surroundings, Terms
from appliance.capture.ircut import Filter, LatchingFilter, LevelFilter
from appliance.capture.lightrules import Wish
from appliance.config import Config
from appliance.contact import GpioContact
from appliance.gpio import GpioLine
from appliance.health import Health
from appliance.lightsection import Head, IrCut, Light
from appliance.respond.gate import Gate, Guardian
from appliance.source import Source

TOUT_WIDTH = Path("/sys/module/imx296/parameters/tout_width")
"""Lines of a strobe pulse, 0 for none, its default (raspberrypi/linux PR #7606).  That the kernel
shows it there as it does other parameters of modules is unverified."""


@dataclass(frozen=True, slots=True)
class Lights:
    """What hangs on lines for the camera's sake.

    Attributes:
        light: None where there is none.
        ircut: the filter at the sensor; None where there is none.
    """

    light: GuardedLight | None
    ircut: Filter | None

    @property
    def can_dim(self) -> bool:
        """Whether there is a light that knows more than on and off."""
        return self.light is not None and self.light.can_dim

    def tend_light(self) -> None:
        """The same for the light alone, for the lane: a pulse of the filter starts a process."""
        if self.light is not None:
            self.light.tend()

    def tend(self) -> None:
        """See that they are in good hands; LineError where one was not."""
        self.tend_light()
        if self.ircut is not None:
            self.ircut.tend()


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


def hang_lights(config: Config, source: Source, health: Health, held: ExitStack) -> Lights:
    """Light and filter, which are let go when `held` is; raises like the two below."""
    light = build_light(config, source, health)
    health.problem("strobe", strobe_fault() if light is not None and config.light.strobe else None)
    if light is not None:
        held.callback(light.close)
    ircut = build_filter(config, source)
    if ircut is not None:
        held.callback(ircut.close)
    return Lights(light, ircut)


def build_light(config: Config, source: Source, health: Health) -> GuardedLight | None:
    """The light, dark; None for a recording, or where none is configured.

    Raises:
        ConfigurationError: an LED is not there, or the library of the lines is not installed.
        LineError: a head cannot be had.
    """
    light = config.light
    if not light.head or source.recording:
        return None
    wish = Wish(light.mode, light.power, light.schedule)
    return guarded(light.head, wish, partial(_around, health), partial(health.problem, "light"))


def guarded(
    heads: Sequence[Head],
    wish: Wish,
    look: Callable[[], Surroundings],
    tell: Callable[[str | None], None],
) -> GuardedLight:
    """The light of these heads, dark, behind its guard; raises like `build_light`.

    Args:
        heads: as configured.
        wish: what is wished for at first.
        look: see `Terms`, and `tell` too.
        tell: hears what is wrong.
    """
    can_dim = [_can_dim(head) for head in heads]
    start = partial(GuardedHeads, [_spelled(head) for head in heads])
    return GuardedLight(Terms(wish, can_dim, start, look, tell))


def build_filter(config: Config, source: Source) -> Filter | None:
    """The filter at the sensor, put in the way; None for a recording, or where none is configured.

    Raises:
        ConfigurationError: the library of the lines is not installed.
        LineError: a line cannot be had.
    """
    wanted = config.light.filter
    if source.recording or (wanted.pair is None and wanted.line is None):
        return None
    ircut = the_filter(wanted)
    ircut.put(True)  # nobody knows where it was left
    return ircut


def strobe_fault(path: Path = TOUT_WIDTH) -> str | None:
    """Why the sensor gives no strobe, as far as its driver tells; None where nothing is known."""
    try:
        is_off = int(path.read_text(encoding="ascii")) == 0
    except (OSError, ValueError):
        return None
    return f"light.strobe = true, and {path} is 0: the sensor gives no strobe" if is_off else None


def the_filter(wanted: IrCut) -> Filter:
    """The filter of such a table, which has one; raises like `build_filter`."""
    if wanted.pair is not None:
        return LatchingFilter(wanted.pair, wanted.pulse_s)
    assert wanted.line is not None
    return LevelFilter(GpioLine(wanted.line, active_low=wanted.active_low))


def as_played(config: Config, source: Source) -> Config:
    """The configuration as far as it is obeyed: a recording has no light, and nothing to set."""
    dark = {"light": Light(), "camera": Camera()}
    return config.model_copy(update=dark) if source.recording else config


def _folder(name: str) -> Path:
    return lamp.LEDS / name


def _can_dim(head: Head) -> bool:
    return head.led is not None and lamp.led_steps(_folder(head.led)) > 1


def _spelled(head: Head) -> str:
    if head.led is not None:
        return lamp.spelled(_folder(head.led))
    assert head.line is not None
    return lamp.spelled(head.line, active_low=head.active_low)


def _around(health: Health) -> Surroundings:
    """What the light's guard looks at, now."""
    local = datetime.now().astimezone() if health.clock() != "none" else None
    return Surroundings(health.celsius(), health.frame_age_s(), local)
