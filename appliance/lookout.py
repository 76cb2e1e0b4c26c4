"""Looks now and then whether something newer is offered, by a process that ends (`update.seek`).

The rule to know: nothing here waits.  `turn` starts the process, or sees that it has ended; a look
that fails is told and is no fault of the unit.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from appliance.update.disk import Disk
from appliance.update.lot import place_of
from appliance.update.question import Answer, Question, answer_of
from appliance.ward import ROOT

SEEK = "appliance.update.seek"
FIRST_S, SPREAD_S = 60.0, 1800.0
"""After the start, so that a lane that comes up has its camera first; then drawn by the unit's id,
so that a town that gets its power back does not ask all at once."""
AGAIN_S = 3600.0  # after a look that failed; or sooner, where looks are closer
LIMIT_S = 300.0  # keys, manifest and openssl: seconds on a good link
MOST_BYTES = 64 * 1024  # of an answer

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lookout:
    """Knows what is offered, as of the newest look that succeeded, over restarts too.

    Attributes:
        question: that each look answers.
        file: where the newest answer is kept.
        period_s: seconds between two looks.
        command: the process; a test has its own.
        monotonic: seconds; a test has its own.
    """

    question: Question
    file: Path
    period_s: float
    command: tuple[str, ...] = (sys.executable, "-m", SEEK)
    monotonic: Callable[[], float] = time.monotonic
    answer: Answer | None = field(default=None, init=False)  # the newest that is no fault
    fault: str = field(default="", init=False)  # of the newest look
    looks: int = field(default=0, init=False)  # that have ended
    due_at: float = field(init=False)
    _seeker: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _began_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Go on with what the unit before has heard."""
        spread = place_of(self.question.unit, SEEK) / 100 * min(SPREAD_S, self.period_s)
        self.due_at = self.monotonic() + FIRST_S + spread
        with suppress(OSError):
            self.answer = answer_of(self.file.read_bytes())

    @property
    def is_looking(self) -> bool:
        """Whether a look goes on."""
        return self._seeker is not None

    def hurry(self) -> None:
        """Look now; one that goes on already is enough."""
        if self._seeker is None:
            self.due_at = self.monotonic()

    def turn(self, *, may_begin: bool) -> None:
        """Begin a look where it is time to, or end one; cheap, for it is called every second."""
        if self._seeker is not None:
            self._attend(self._seeker)
        elif may_begin and self.monotonic() >= self.due_at:
            self._begin()

    def close(self) -> None:
        """End a look that goes on; it is made up for."""
        if self._seeker is not None:
            self._end(self._seeker)
            self.due_at = self.monotonic() + min(self.period_s, AGAIN_S)

    def _begin(self) -> None:
        self._began_at = self.monotonic()
        self.due_at = self._began_at + self.period_s
        try:
            self._seeker = subprocess.Popen(  # noqa: S603  # itself, by its own path
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                start_new_session=True,  # what is sent to the unit's group is not meant for it
            )
            assert self._seeker.stdin is not None
            with suppress(BrokenPipeError), self._seeker.stdin as asked:  # its code says more
                asked.write(self.question.model_dump_json(exclude_unset=True).encode())
        except OSError as fault:
            self._fail(f"a look for updates cannot be begun: {fault.strerror}")

    def _attend(self, seeker: subprocess.Popen[bytes]) -> None:
        if seeker.poll() is None:
            if self.monotonic() - self._began_at > LIMIT_S:
                self._end(seeker)
                self._fail(f"a look for updates took more than {LIMIT_S:g} s")
            return
        assert seeker.stdout is not None
        answer = answer_of(seeker.stdout.read(MOST_BYTES))
        self._end(seeker)
        if answer is None:
            self._fail(f"a look for updates ended without an answer (code {seeker.returncode})")
        elif answer.fault:
            self._fail(answer.fault)
        else:
            self._hear(answer)

    def _hear(self, answer: Answer) -> None:
        self.looks += 1
        self.fault = ""
        if answer != self.answer:
            log.info("updates: %s", answer.version or answer.why)
            with suppress(OSError):  # it is asked for again after a restart
                Disk().replace(self.file, json.dumps(asdict(answer)).encode())
        self.answer = answer

    def _fail(self, why: str) -> None:
        log.warning("updates: %s", why)
        self.looks += 1
        self.fault = why
        self.due_at = self.monotonic() + min(self.period_s, AGAIN_S)

    def _end(self, seeker: subprocess.Popen[bytes]) -> None:
        seeker.kill()  # of one that has ended nothing is left to kill
        seeker.wait()
        if seeker.stdout is not None:
            seeker.stdout.close()
        self._seeker = None
