"""In which order units take their turn, in a roll-out and in a night.  Pure.

The rule to know: of the standard library only, for the unit itself asks too.
"""

from __future__ import annotations

from hashlib import sha256


def place_of(unit: str, salt: str) -> float:
    """Where a unit stands in the order of one roll-out, from 0 to 100 without that.

    SHA-256 spreads whatever ids there are evenly; with another salt the order is another, so that
    it is not always the same units that go first.
    """
    drawn = sha256(f"{salt}\n{unit}".encode()).digest()[:7]  # 56 bits: below 1 as a float too
    return int.from_bytes(drawn, "big") / 2**56 * 100
