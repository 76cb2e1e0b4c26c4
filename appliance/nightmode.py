"""Whether day or night is decided by the pictures, or by somebody who asked for one of them.

The rule to know: what was asked for over MQTT outlives the process, and gives way to the
configuration file only by being asked for the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.daylightsection import MODES, Mode
from appliance.errors import OrderError
from appliance.store.marks import Marks

ASKED = "night_mode"
"""The store's figure: the place in MODES, from 1; 0: as the file says."""


@dataclass(slots=True)
class NightMode:
    """The user's wish; the loops share one, and only one of them asks.

    Attributes:
        filed: what the configuration file says.
        marks: remember what was asked for, on the connection of the loop that asks; None: nothing
            is remembered.
    """

    filed: Mode = "auto"
    marks: Marks | None = None
    mode: Mode = field(init=False)

    def __post_init__(self) -> None:
        """Go on with what was asked of a process before."""
        place = (self.marks.get(ASKED) if self.marks is not None else None) or 0
        self.mode = MODES[place - 1] if 0 < place <= len(MODES) else self.filed

    def ask(self, wanted: bytes) -> None:
        """Go by it from now on.

        Raises:
            OrderError: it is none of MODES.
            StoreError: it cannot be remembered, and nothing has changed.
        """
        named = wanted.decode("ascii", "replace").strip()
        mode = next((each for each in MODES if each == named), None)
        if mode is None:
            raise OrderError(f"night_mode: expected {', '.join(MODES[:-1])} or {MODES[-1]}")
        if self.marks is not None:
            self.marks.put({ASKED: 0 if mode == self.filed else MODES.index(mode) + 1})
        self.mode = mode
