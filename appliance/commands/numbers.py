"""Numbers on the command line, whose range is told instead of every number in it."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an option that takes a whole number from `least` to `most`, None: any more."""
    expected = f"{least} or more" if most is None else f"{least} to {most}"

    def number(given: str) -> int:
        try:
            asked = int(given)
        except ValueError:
            asked = least - 1
        if asked < least or (most is not None and asked > most):
            raise argparse.ArgumentTypeError(f"{given!r}: expected a whole number, {expected}")
        return asked

    return number
