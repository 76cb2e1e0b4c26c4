"""All plate designs, and the texts that their patterns allow.

A pattern is written as it is seen on the plate. `a` stands for a letter of the design's alphabet,
`d` for a digit, `n` for a digit from 1, `x` for either but I and O; capitals and figures stand for
themselves; all else separates and is never part of the text: space, `-` hyphen, `.` dot, `:` two
stickers, `*` emblem, `~` a picture, `=` two small letters one over the other, `#` a hanzi-like
glyph, `|` new line; `^` makes what follows it small. Sizes, letters and syntax follow the plates
in `plates/read` (split train) and what is publicly known of the regions' rules; they are close, not
exact.
"""

import numpy as np

from tools.train.looks import DIGITS, Design
from tools.train.looks_america import AMERICA, AMERICA_WEIGHTS
from tools.train.looks_asia import ASIA, ASIA_WEIGHTS
from tools.train.looks_europe import EUROPE, EUROPE_WEIGHTS

DESIGNS: tuple[Design, ...] = EUROPE + AMERICA + ASIA
REGION_WEIGHTS: dict[str, float] = EUROPE_WEIGHTS | AMERICA_WEIGHTS | ASIA_WEIGHTS
_PLACEHOLDERS: dict[str, str] = {"d": DIGITS, "n": "123456789"}


def choices(design: Design, place: str) -> str:
    """The characters that may stand at one `place` of a pattern; empty for a separator."""
    if place == "a":
        return design.letters
    if place == "x":
        return "".join(c for c in design.letters if c not in "IO") + DIGITS
    return _PLACEHOLDERS.get(place, place if place.isalnum() else "")


def fill(rng: np.random.Generator, design: Design, pattern: str) -> str:
    """A random layout, such as `S:AR 7039`, that follows `pattern`."""
    options = [choices(design, place) or place for place in pattern]
    return "".join(some[int(rng.integers(len(some)))] for some in options)


def fit(design: Design, pattern: str, text: str) -> str | None:
    """`text` laid out with the separators of `pattern`; None where it does not fit."""
    rest = list(text)
    layout = ""
    for place in pattern:
        options = choices(design, place)
        if options and (not rest or rest[0] not in options):
            return None
        layout += rest.pop(0) if options else place
    return None if rest else layout
