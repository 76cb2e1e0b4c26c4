"""The infra-red light, behind a guard that has the last word.

The rule to know: whoever wishes for light, be it daylight, a schedule or a person, says so here,
and one method alone orders any: what `lightrules.granted` gives, as a loan that ends with the time
in which a frame must come.  A unit that hangs, dies or sees nothing is dark.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Protocol

from appliance.capture.heads import Heads
from appliance.capture.lightrules import FRAMELESS_S, Heat, Wish, granted
from appliance.errors import GatepostError, LineError

TURN_S = 0.5
"""Between two looks at heat and frames: both loops that tend come more often."""
COOL = Heat(is_known=True)
"""So cool that nothing is limited."""
LIMITED = "the light is limited: it is hot, or nobody tells the temperature"

log = logging.getLogger(__name__)


class Illuminator(Protocol):
    """The light, or the lights."""

    @property
    def is_lit(self) -> bool:
        """Whether it gives light now, whatever was asked for."""

    def want(self, lit: bool) -> None:
        """Ask for light or darkness, from any thread; the guard may know better."""

    def close(self) -> None:
        """Make it dark and let it go; closing again does nothing."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the guard looks at.

    Attributes:
        celsius: the hottest temperature that anybody tells; None where nobody does.
        frame_age_s: seconds since the newest frame; None before the first.
        local: the unit's local time; None where nobody vouches for the clock.
    """

    celsius: float | None
    frame_age_s: float | None
    local: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a light is made of.

    Attributes:
        wish: at the start.
        can_dim: of each head, whether it knows more than on and off.
        start: gives its heads, dark; called again where they are lost.
        look: at what is around, from any thread.
        tell: hears what is wrong in words, None where nothing is.
    """

    wish: Wish
    can_dim: Sequence[bool]
    start: Callable[[], Heads]
    look: Callable[[], Surroundings]
    tell: Callable[[str | None], None] = lambda _: None


class GuardedLight:
    """The light of a unit.

    Any thread may call; it takes microseconds, and a second where the guardian hangs.
    """

    def __init__(self, terms: Terms, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the heads, dark.

        Args:
            terms: what it is made of.
            clock: monotonic seconds.

        Raises:
            ConfigurationError: a head is not there.
            LineError: a head cannot be had.
        """
        self._terms, self._clock = terms, clock
        self._heads = terms.start()
        self._wish = terms.wish
        self._heat = Heat()
        self._given: tuple[int, ...] = (0,) * len(terms.can_dim)
        self._turn_at = 0.0
        self._over = ""  # why there will be no light any more
        self._lock = Lock()

    @property
    def is_lit(self) -> bool:
        """Whether it gives light now, as its guardian tells."""
        with self._lock:
            return self._heads.is_lit()

    @property
    def can_dim(self) -> bool:
        """Whether a head knows more than on and off."""
        return any(self._terms.can_dim)

    @property
    def wish(self) -> Wish:
        """What is wished for."""
        return self._wish

    def want(self, lit: bool) -> None:
        """What daylight asks for; it decides in the mode "auto"."""
        self._ask(lambda wish: replace(wish, dark_outside=lit))

    def release(self, released: bool) -> None:
        """A person's switch: false keeps it dark, true leaves it to the mode."""
        self._ask(lambda wish: replace(wish, released=released))

    def dim(self, percent: int) -> None:
        """How bright it shall be where it shall be lit, 0 to 100."""
        self._ask(lambda wish: replace(wish, percent=percent))

    def tend(self) -> None:
        """Look at heat and frames, and prolong the loan; within TURN_S once is enough.

        Raises:
            LineError: the heads were not in good hands; they are dark as far as that was possible.
        """
        with self._lock:
            if not self._over and self._clock() >= self._turn_at:
                self._turn()
            if not self._over and (fault := self._heads.fault()):
                self._over = fault
                self._rest()
            if self._over:
                raise LineError(f"light: {self._over}")

    def close(self) -> None:
        """Make it dark and let it go."""
        with self._lock:
            self._over = self._over or "closed"
            self._heads.close()

    def _ask(self, change: Callable[[Wish], Wish]) -> None:
        with self._lock:
            before, self._wish = self._wish, change(self._wish)
            if self._wish != before:
                self._turn()

    def _turn(self) -> None:
        """Order what the guard gives; nothing else here orders anything."""
        self._turn_at = self._clock() + TURN_S
        around = self._terms.look()
        self._heat = self._heat.after(around.celsius)
        gives = self._granted(around, self._heat)
        if any(gives) or gives != self._given:
            self._heads.give(gives, FRAMELESS_S - (around.frame_age_s or 0.0))
        if gives != self._given:
            log.info("light: %s", ", ".join(f"{each} %" for each in gives))
        self._given = gives
        self._terms.tell(LIMITED if gives != self._granted(around, COOL) else None)

    def _granted(self, around: Surroundings, heat: Heat) -> tuple[int, ...]:
        wanted = self._wish.wanted(around.local)
        age_s = around.frame_age_s
        return tuple(granted(wanted, heat, age_s, can_dim=each) for each in self._terms.can_dim)

    def _rest(self) -> None:
        """End a guardian that is lost; a new one makes the heads dark at its start."""
        self._heads.kill()
        with suppress(GatepostError):  # what was lost is told, not what could not be mended
            self._heads = self._terms.start()
            self._heads.close()


@dataclass
class FakeIlluminator:
    """A light of nothing, without a guard.

    Attributes:
        history: what was asked for, in order.
        is_open: not closed yet.
    """

    history: list[bool] = field(default_factory=list)
    is_open: bool = True

    @property
    def is_lit(self) -> bool:
        """Whether it was asked for last."""
        return self.is_open and bool(self.history) and self.history[-1]

    def want(self, lit: bool) -> None:
        """Ask for light or darkness."""
        self.history.append(lit)

    def close(self) -> None:
        """Make it dark."""
        self.is_open = False
