"""For how long passages are kept: as the configuration file says, or shorter where somebody asked.

The rule to know: the file is the ceiling, read anew at each start; nobody at the broker can have a
passage kept for longer than the unit's owner wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from appliance.errors import OrderError
from appliance.store.marks import Marks

DAY_S = 86400.0
LEAST_DAYS = 1
"""The shortest that can be asked for: a slip of the hand must not empty the history."""
ASKED = "keep_s"
"""The store's figure: whole seconds; 0: as the file says."""


def days(seconds: float) -> float:
    """Seconds as days to three decimals, as an int where they are whole: so they are published."""
    rounded = round(seconds / DAY_S, 3)
    return int(rounded) if rounded.is_integer() else rounded


@dataclass(slots=True)
class Retention:
    """How long a passage is kept; the loops share one, and only one of them asks.

    Attributes:
        ceiling_s: what the configuration file says, seconds.
        marks: remember what was asked for, on the connection of the loop that asks; None: nothing
            is remembered.
    """

    ceiling_s: float
    marks: Marks | None = None
    asked_s: float = field(default=inf, init=False)

    def __post_init__(self) -> None:
        """Go on with what was asked of a process before."""
        if self.marks is not None:
            self.asked_s = self.marks.get(ASKED) or inf

    @property
    def keep_s(self) -> float:
        """Seconds that a passage is kept."""
        return min(self.ceiling_s, self.asked_s)

    def ask(self, wanted: float) -> None:
        """Keep passages for so many days from now on; the most there is means: as the file says.

        Raises:
            OrderError: it is less than LEAST_DAYS, or more than the file says.
            StoreError: it cannot be remembered, and nothing has changed.
        """
        most = days(self.ceiling_s)
        if not LEAST_DAYS <= wanted <= most:
            raise OrderError(
                f"retention_days: {wanted:g}, expected {LEAST_DAYS} to {most:g}: no more than"
                " store.retention_hours in the configuration file"
                if most >= LEAST_DAYS
                else f"retention_days: cannot be changed here, for store.retention_hours in the"
                f" configuration file is less than {LEAST_DAYS} day"
            )
        asked_s = 0 if wanted == most else round(wanted * DAY_S)
        if self.marks is not None:
            self.marks.put({ASKED: asked_s})
        self.asked_s = asked_s or inf
