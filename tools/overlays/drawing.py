"""wiring.svg: the header, and what hangs on it, drawn from the table.

A block is drawn to the right of the point where its wire comes in; on the header's left side the
same is drawn mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.overlays.symbols import (
    GROUND_Y,
    INK,
    PAPER,
    SOFT,
    Pen,
    diode,
    ground,
    led,
    resistor,
    supply,
    switch,
)
from tools.overlays.wiring import HEADER, Line, Wiring

WIDTH, HEIGHT = 1240, 920
LEFT, RIGHT = 594, 646
"""The two columns of pins, odd and even."""
TOP, STEP = 128, 34
EDGE = 180
"""From a column to where the blocks begin."""
WIRE = "#0b6e4f"
COLOURS = {"5 V": "#d64545", "3.3 V": "#e8963a", "ground": "#39424e"}
OURS, OTHERS, UNUSED = "#1f9d6b", "#b9c2cc", "#e6eaee"


def head(pen: Pen) -> Iterator[str]:
    """The driver of an infra-red head, dark unless it is told to shine."""
    yield pen.path((0, 0), (100, 0))
    yield from resistor(pen, 66, 0, "10 kΩ")
    yield pen.box(100, -28, 128, 56)
    yield pen.words(106, 5, "EN/DIM", size=12)
    yield pen.words(222, -10, "constant", size=12, anchor="end" if pen.way > 0 else "start")
    yield pen.words(222, 5, "current", size=12, anchor="end" if pen.way > 0 else "start")
    yield pen.words(222, 20, "driver", size=12, anchor="end" if pen.way > 0 else "start")
    yield from supply(pen, 164, -28, "12 V of its own")
    yield pen.path((164, 28), (164, GROUND_Y))
    yield from ground(pen, 164, GROUND_Y)
    yield pen.path((228, -14), (274, -14), (274, -13))
    yield from led(pen, 274, -13)
    yield pen.path((274, 13), (274, 14), (228, 14))
    yield pen.words(246, 40, "850 or 940 nm", size=12, colour=SOFT)
    yield pen.words(182, 62, "joined to the Pi's ground", size=12, colour=SOFT)


def relay(pen: Pen) -> Iterator[str]:
    """The gate's relay."""
    yield from switch(pen, 120, "logic level: on at 3.3 V")
    yield pen.box(113, -74, 34, 40)
    yield pen.path((113, -42), (147, -66))
    yield from diode(pen, 172, -34)
    yield pen.path((130, -34), (172, -34))
    yield pen.path((130, -74), (172, -74))
    yield from supply(pen, 130, -74, "5 V")
    yield pen.ring(222, -72, 4)
    yield pen.ring(222, -36, 4)
    yield pen.path((222, -40), (212, -66))
    yield pen.path((147, -54), (215, -54), colour=SOFT, dashes="4 4")
    yield pen.words(234, -66, "to the gate's", size=12)
    yield pen.words(234, -51, "push-button", size=12)
    yield pen.words(234, -36, "input", size=12)


def fan(pen: Pen) -> Iterator[str]:
    """The enclosure's fan."""
    yield from switch(pen, 120, "logic level: on at 3.3 V")
    yield pen.ring(130, -54, 20)
    yield pen.words(130, -49, "M", anchor="middle", weight="bold")
    yield from diode(pen, 172, -34)
    yield pen.path((130, -34), (172, -34))
    yield pen.path((130, -74), (172, -74))
    yield from supply(pen, 130, -74, "5 V")
    yield pen.words(192, -49, "at most what the Pi's 5 V", size=12, colour=SOFT)
    yield pen.words(192, -34, "can spare, else its own", size=12, colour=SOFT)


def contact(pen: Pen) -> Iterator[str]:
    """The second factor's contact."""
    yield pen.path((0, 0), (120, 0))
    yield pen.ring(124, 0, 4)
    yield pen.path((128, -2), (164, -18))
    yield pen.ring(168, 0, 4)
    yield pen.path((172, 0), (194, 0), (194, 20))
    yield from ground(pen, 194, 20)
    yield pen.words(210, -3, "badge reader or loop;", size=12, colour=SOFT)
    yield pen.words(210, 12, "the Pi pulls the line up", size=12, colour=SOFT)


def bridge(pen: Pen) -> Iterator[str]:
    """The IR-cut filter's H-bridge: its second input is STEP below the first."""
    lower = Pen(pen.x, pen.y + STEP, pen.way)
    yield pen.path((0, 0), (146, 0))
    yield lower.path((0, 0), (146, 0))
    yield from resistor(lower, 56, 0, "10 kΩ")
    yield pen.ring(122, 0, 2.5, INK)
    yield pen.path((122, 0), (122, STEP - 6))
    yield from resistor(Pen(pen.x, pen.y + STEP, pen.way), 122, 6, "10 kΩ")
    yield pen.box(146, -26, 96, 86)
    yield pen.words(153, 5, "IN1", size=12)
    yield pen.words(153, STEP + 5, "IN2", size=12)
    yield pen.words(235, 22, "H-bridge", size=12, anchor="end" if pen.way > 0 else "start")
    yield from supply(pen, 194, -26, "5 V")
    yield pen.path((194, 60), (194, STEP + GROUND_Y))
    yield from ground(pen, 194, STEP + GROUND_Y)
    yield pen.path((242, 0), (278, 0), (278, 7))
    yield pen.box(261, 7, 34, 20)
    yield pen.path((261, 23), (295, 11))
    yield pen.path((278, 27), (278, STEP), (242, STEP))
    yield pen.words(304, 14, "filter's", size=12)
    yield pen.words(304, 29, "coil", size=12)
    yield pen.words(212, 82, "pulses of 0.1 to 0.2 s,", size=12, colour=SOFT)
    yield pen.words(212, 97, "then both low", size=12, colour=SOFT)


def lamp(pen: Pen) -> Iterator[str]:
    """The status LED."""
    yield pen.path((0, 0), (110, 0))
    yield pen.box(110, -7, 40, 14)
    yield pen.words(130, -14, "330 Ω", anchor="middle")
    yield pen.path((150, 0), (184, 0))
    yield from led(pen, 184, 0)
    yield from ground(pen, 184, 26)
    yield pen.words(222, 12, "green, on the enclosure", size=12, colour=SOFT)


@dataclass(frozen=True, slots=True)
class Block:
    """What hangs on a pin: how it is drawn, how far down, and where the wire to it turns."""

    draw: Callable[[Pen], Iterator[str]]
    down: float
    lane: float = 104


BLOCKS = {
    "gate relay": Block(relay, 186),
    "fan": Block(fan, 376, 126),
    "second factor": Block(contact, 520, 92),
    "head 2": Block(head, 706),
    "head 1": Block(head, 186),
    "IR-cut A": Block(bridge, 366),
    "status LED": Block(lamp, 560),
}
"""By signal; IR-cut B comes in with A."""
TITLES = {"IR-cut A": "IR-cut filter", "IR-cut B": ""}


def drawing(wiring: Wiring) -> str:
    """The whole picture."""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    font = 'font-family="DejaVu Sans, Verdana, Arial, sans-serif"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        *_title(),
        *_header(wiring),
        *(part for line in wiring.lines for part in _hung(line)),
        *_legend(wiring),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _title() -> Iterator[str]:
    page = Pen(0, 0, 1)
    middle = (LEFT + RIGHT) / 2
    yield page.words(middle, 40, "Gatepost on the 40-pin header", anchor="middle", size=22)
    told = "Raspberry Pi 3, 4, CM4 and 5, seen from above, pin 1 at the end away from the USB"
    yield page.words(middle, 64, told, anchor="middle", colour=SOFT)


def _header(wiring: Wiring) -> Iterator[str]:
    page = Pen(0, 0, 1)
    yield page.box(LEFT - 22, TOP - 24, RIGHT - LEFT + 44, 19 * STEP + 48)
    for pin in range(1, 41):
        x, y = _place(pin)
        what, colour = HEADER[pin], _colour(pin, wiring)
        yield page.ring(x, y, 12, colour)
        ink = INK if colour in {OTHERS, UNUSED} else PAPER
        yield page.words(x, y + 4, str(pin), anchor="middle", size=11, colour=ink)
        name = what if isinstance(what, str) else f"GPIO {what}"
        used = colour == OURS
        outside = Pen(x, y, -1 if pin % 2 else 1)
        look = INK if used else SOFT
        yield outside.words(30, -5 if used else 4, name, size=12, colour=look)


def _place(pin: int) -> tuple[int, int]:
    return (LEFT if pin % 2 else RIGHT), TOP + STEP * ((pin - 1) // 2)


def _colour(pin: int, wiring: Wiring) -> str:
    what = HEADER[pin]
    if isinstance(what, str):
        return COLOURS[what]
    if any(line.gpio == what for line in wiring.lines):
        return OURS
    return OTHERS if any(what in gpios for gpios in wiring.free.values()) else UNUSED


def _hung(line: Line) -> Iterator[str]:
    """A signal's wire and, but for the filter's second, what hangs on it."""
    x, y = _place(line.pin)
    way = -1 if line.pin % 2 else 1
    pin = Pen(x, y, way)
    block = BLOCKS.get(line.signal, Block(_nothing, y))
    turn = (block.lane, block.down - y)
    yield pin.path((12, 0), (block.lane, 0), turn, (EDGE, block.down - y), colour=WIRE)
    there = Pen(x + way * EDGE, block.down, way)
    yield there.words(0, -9, TITLES.get(line.signal, line.signal), size=14, weight="bold")
    yield there.words(0, 16, line.parameter, size=11, colour=SOFT)
    yield from block.draw(there)


def _nothing(_: Pen) -> Iterator[str]:
    return iter(())


def _legend(wiring: Wiring) -> Iterator[str]:
    page = Pen(0, 0, 1)
    names = {OURS: "ours", OTHERS: "left alone", UNUSED: "unused", **_named()}
    for index, (colour, name) in enumerate(names.items()):
        yield page.ring(716 + 92 * index, HEIGHT - 76, 8, colour)
        yield page.words(730 + 92 * index, HEIGHT - 72, name, size=12)
    others = ", ".join(
        f"GPIO {' and '.join(map(str, gpios))} ({what})" for what, gpios in wiring.free.items()
    )
    yield page.words(40, HEIGHT - 40, f"Left alone: {others}, the PoE header.", size=13)
    held = (
        "Each 10 kΩ stands at the driver, not at the Pi: it holds the driver off when nothing runs."
    )
    yield page.words(40, HEIGHT - 18, held, size=13)


def _named() -> dict[str, str]:
    return {colour: name for name, colour in COLOURS.items()}
