"""A request to install, from the moment that it is made until an updater has said what came of it.

The rule to know: nobody is believed to be at work but who holds the lock.  A request that nobody
takes, an updater that ends without a word and one that ends in the middle are told in words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.update.progress import Desk, Progress, Request

TAKEN_S = 60.0
"""For an updater to take a request: systemd starts one within seconds, on a busy Pi with a slow
card within a quarter of this."""
BEGUN_S = 15.0  # from a request that is taken to the first word of who took it
NO_UPDATER = (
    f"no updater here: nobody took the request within {TAKEN_S:g} s;"
    " is gatepost-update.path enabled?"
)
SILENT = "the updater took the request and ended without a word"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Errand:
    """What is being installed, whoever asked for it.

    Attributes:
        desk: where requests are put.
        monotonic: seconds; a test has its own.
        told: the newest word of an updater.
        is_held: an updater lives.
        fault: what is wrong with the newest attempt; empty: nothing.
    """

    desk: Desk
    monotonic: Callable[[], float] = time.monotonic
    told: Progress | None = field(default=None, init=False)
    is_held: bool = field(default=False, init=False)
    fault: str = field(default="", init=False)
    _asked_at: float | None = field(default=None, init=False)  # None: nothing is asked for
    _taken_at: float | None = field(default=None, init=False)  # None: the request lies there still
    _word: int = field(default=0, init=False)  # of an updater, the newest that was judged

    def __post_init__(self) -> None:
        """Go on with a request of the process before."""
        if self.desk.is_asked():
            self._asked_at, self._word = self.monotonic(), self.desk.word()

    @property
    def is_busy(self) -> bool:
        """Whether something is being installed, or was asked for."""
        return self.is_held or self._asked_at is not None

    def ask(self, version: str, *, reached: bool) -> None:
        """Ask for a version; OSError where requests cannot be put.

        Args:
            version: that is offered.
            reached: the broker is: then the release must reach it too.  The updater could not
                ask it everywhere: the unit's credentials are its service's alone.
        """
        word = self.desk.word()
        self.desk.ask(Request(version, reached))
        self.fault, self._word = "", word
        self._asked_at, self._taken_at = self.monotonic(), None

    def turn(self) -> None:
        """See how far it is; cheap, for it is called every second."""
        self.is_held = self.desk.is_held()  # first: who is gone says no more
        word, self.told = self.desk.word(), self.desk.progress()
        if self.is_held:
            self.fault = ""
        elif self._asked_at is not None and word == self._word:
            self._wait(self._asked_at)
        elif word != self._word:
            self._asked_at = self._taken_at = None
            self.fault, self._word = _fault_of(self.told), word
            if self.fault:
                log.warning("update: %s", self.fault)

    def _wait(self, asked_at: float) -> None:
        now = self.monotonic()
        if self._taken_at is None and not self.desk.is_asked():
            self._taken_at = now
        if self._taken_at is not None:
            if now - self._taken_at > BEGUN_S:
                self.give_up(SILENT)
        elif now - asked_at > TAKEN_S and self.desk.withdraw():
            self.give_up(NO_UPDATER)

    def give_up(self, why: str) -> None:
        """The newest attempt is over."""
        self._asked_at = self._taken_at = None
        self.fault = why
        log.warning("update: %s", why)


def _fault_of(told: Progress | None) -> str:
    """What is wrong where whoever told this does not live any more."""
    if told is None or told.phase == "waiting":
        return ""
    if told.phase == "failed":
        return f"{told.version}: {told.why}"
    how_far = "" if told.percent is None else f", {told.percent} %"
    return f"{told.version}: the updater has ended in the middle ({told.phase}{how_far})"
