"""Signs of a circuit as SVG, in pixels from where a block's wire comes in, to either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

INK, SOFT, PAPER = "#1d2733", "#7b8794", "#ffffff"
GROUND_Y = 62
"""From a block's wire to its grounds."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Where a block begins and which way it goes: +1 to the right, -1 to the left."""

    x: float
    y: float
    way: int

    def path(self, *points: tuple[float, float], colour: str = INK, dashes: str = "none") -> str:
        """A line through points that are counted from the block's beginning."""
        steps = " ".join(f"{self.x + self.way * x:g},{self.y + y:g}" for x, y in points)
        return (
            f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dashes}"/>'
        )

    def shape(self, *points: tuple[float, float], colour: str = INK) -> str:
        """The same, filled."""
        steps = " ".join(f"{self.x + self.way * x:g},{self.y + y:g}" for x, y in points)
        return f'<polygon points="{steps}" fill="{colour}"/>'

    def box(self, x: float, y: float, width: float, height: float) -> str:
        """A box between two points."""
        left = self.x + (x if self.way > 0 else -x - width)
        return (
            f'<rect x="{left:g}" y="{self.y + y:g}" width="{width:g}" height="{height:g}" rx="4"'
            f' fill="{PAPER}" stroke="{INK}" stroke-width="2"/>'
        )

    def ring(self, x: float, y: float, radius: float, colour: str = PAPER) -> str:
        """A circle around a point."""
        return (
            f'<circle cx="{self.x + self.way * x:g}" cy="{self.y + y:g}" r="{radius:g}"'
            f' fill="{colour}" stroke="{INK}" stroke-width="2"/>'
        )

    def words(self, x: float, y: float, text: str, **look: str | int) -> str:
        """Text that goes away from the header, or stands about a point with anchor="middle"."""
        size, colour = look.get("size", 13), look.get("colour", INK)
        anchor = look.get("anchor", "start" if self.way > 0 else "end")
        weight = look.get("weight", "normal")
        return (
            f'<text x="{self.x + self.way * x:g}" y="{self.y + y:g}" font-size="{size}"'
            f' fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
        )


def ground(pen: Pen, x: float, y: float) -> Iterator[str]:
    """The sign of it, hanging down from a point."""
    yield pen.path((x, y), (x, y + 6))
    for half, down in ((11, 6), (7, 11), (3, 16)):
        yield pen.path((x - half, y + down), (x + half, y + down))


def resistor(pen: Pen, x: float, y: float, value: str) -> Iterator[str]:
    """One that hangs down from a point to the ground, GROUND_Y below the wire."""
    if y == 0:
        yield pen.ring(x, 0, 2.5, INK)
    yield pen.path((x, y), (x, 12))
    yield pen.box(x - 6, 12, 12, 32)
    yield pen.path((x, 44), (x, GROUND_Y))
    yield pen.words(x - 12, 33, value, anchor="end" if pen.way > 0 else "start")
    yield from ground(pen, x, GROUND_Y)


def supply(pen: Pen, x: float, y: float, name: str) -> Iterator[str]:
    """A supply above a point."""
    yield pen.path((x, y), (x, y - 10))
    yield pen.path((x - 9, y - 10), (x + 9, y - 10))
    yield pen.words(x, y - 16, name, anchor="middle")


def switch(pen: Pen, x: float, name: str) -> Iterator[str]:
    """A MOSFET with its gate at the wire; what it switches hangs above it."""
    yield pen.path((0, 0), (x - 14, 0))
    yield pen.path((x - 14, -14), (x - 14, 14))
    yield pen.path((x - 8, -17), (x - 8, 17))
    yield pen.path((x - 8, -12), (x + 10, -12), (x + 10, -34))
    yield pen.path((x - 8, 12), (x + 10, 12), (x + 10, GROUND_Y))
    yield from ground(pen, x + 10, GROUND_Y)
    yield from resistor(pen, x - 50, 0, "10 kΩ")
    yield pen.words(x + 20, 18, name, size=12, colour=SOFT)


def diode(pen: Pen, x: float, y: float) -> Iterator[str]:
    """One that lets current go up, beside a coil 40 high."""
    yield pen.path((x - 34, y), (x, y), (x, y - 40), (x - 34, y - 40))
    yield pen.shape((x - 8, y - 14), (x + 8, y - 14), (x, y - 27))
    yield pen.path((x - 8, y - 28), (x + 8, y - 28))


def led(pen: Pen, x: float, y: float) -> Iterator[str]:
    """One that lights downwards, 26 high, with its two rays."""
    yield pen.path((x, y), (x, y + 26))
    yield pen.shape((x - 9, y + 5), (x + 9, y + 5), (x, y + 19))
    yield pen.path((x - 9, y + 20), (x + 9, y + 20))
    for lower in (4, 12):
        yield pen.path((x + 13, y + lower + 4), (x + 23, y + lower - 3))
        yield pen.shape((x + 25, y + lower - 5), (x + 18, y + lower - 4), (x + 22, y + lower + 2))
