"""The heads of the light, as the unit has them: in the hands of another process.

The rule to know: light is lent for seconds (`lightguardian`); who does not ask again is dark.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from appliance.capture.lightguardian import LAPSED, LIT, LONGEST_S, order_form
from appliance.custody import FAULT
from appliance.ward import ANSWER_S, Ward

MODULE = "appliance.capture.lightguardian"


class Heads(Protocol):
    """All heads of a unit; dark at first.  One thread at a time may call."""

    def give(self, percents: Sequence[int], loan_s: float) -> None:
        """Have each give so much light, for so many seconds from now, and never for LONGEST_S."""

    def is_lit(self) -> bool:
        """Whether any gives light now."""

    def fault(self) -> str:
        """What is wrong with them, in words; empty where nothing is."""

    def kill(self) -> None:
        """Be done with them where they do not obey; they stay as they are."""

    def close(self) -> None:
        """Make them dark and let them go; closing again does nothing."""


class GuardedHeads:
    """The unit's end of the process that holds the heads."""

    def __init__(self, spelt: Sequence[str]) -> None:
        """Start it; on return all are dark.

        Args:
            spelt: each head, as `lamp.spelled` writes it.

        Raises:
            ConfigurationError: a head is not there.
            LineError: a head cannot be had.
        """
        self._ward = Ward("light", MODULE, spelt)
        self._form = order_form(len(spelt))
        self._lost = ""
        self._lit = False

    @property
    def pid(self) -> int:
        """The process."""
        return self._ward.pid

    def give(self, percents: Sequence[int], loan_s: float) -> None:
        """Order it, and wait for the answer: microseconds, or ANSWER_S where it hangs."""
        if self._lost:
            return
        asked_at = time.monotonic()
        until = asked_at + min(loan_s, LONGEST_S)
        if not self._ward.order(self._form.pack(asked_at, until, *percents)):
            self._lost = "the process that holds it is gone"
            return
        while (answer := self._ward.answer(ANSWER_S)) == LAPSED:
            pass  # of the loan before
        self._hear(answer)

    def is_lit(self) -> bool:
        """Whether any gives light, as the process has told."""
        told = b"" if self._lost else self._ward.answer(0)
        if told:
            self._hear(told)
        return self._lit

    def fault(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        code = self._ward.code
        if code is not None and not self._lost:
            self._lost = f"the process that holds it has ended (code {code})"
        return self._lost

    def kill(self) -> None:
        """End it although it does not answer; the heads stay as they are."""
        self._lost = self._lost or "closed"
        self._ward.kill()

    def close(self) -> None:
        """Make them dark, the process ended; killed where it does not end by itself."""
        self._lost, self._lit = self._lost or "closed", False
        self._ward.close()

    def _hear(self, answer: bytes) -> None:
        self._lit = answer == LIT
        if not answer:
            self._lost = "the process that holds it does not answer"
        elif answer == FAULT:
            self._lost = self._ward.words()


class FakeHeads:
    """Heads of nothing, which obey the same rules.

    Attributes:
        history: what each gave from when on, monotonic seconds, in order; the first is the rest at
            the beginning.  The end of a loan stands there once somebody looks.
    """

    def __init__(self, count: int, clock: Callable[[], float]) -> None:
        """Take so many; `clock` ends the loans."""
        self._clock = clock
        self._dark = (0,) * count
        self._until = 0.0
        self._lost = ""
        self.history: list[tuple[float, tuple[int, ...]]] = [(clock(), self._dark)]

    def give(self, percents: Sequence[int], loan_s: float) -> None:
        """Give so much light."""
        self._lapse()
        if not self._lost:
            assert len(percents) == len(self._dark)
            assert all(0 <= each <= 100 for each in percents)  # noqa: PLR2004  # per cent
            self._until = self._clock() + min(loan_s, LONGEST_S)
            self._note(self._clock(), tuple(percents) if loan_s > 0 else self._dark)

    def is_lit(self) -> bool:
        """Whether any gives light now."""
        self._lapse()
        return any(self.history[-1][1])

    def fault(self) -> str:
        """What `lose` was told."""
        return self._lost

    def lose(self, fault: str) -> None:
        """Obey no more."""
        self._lost = fault

    def kill(self) -> None:
        """They stay as they are, while the loan lasts."""
        self._lost = self._lost or "closed"

    def close(self) -> None:
        """Make them dark."""
        self._lapse()
        self._note(self._clock(), self._dark)
        self._lost = self._lost or "closed"

    def _lapse(self) -> None:
        if self._clock() >= self._until:
            self._note(self._until, self._dark)

    def _note(self, at: float, percents: tuple[int, ...]) -> None:
        if percents != self.history[-1][1]:
            self.history.append((at, percents))
