"""Starts the loops, hears their beats, feeds the systemd watchdog, and ends the process.

The rule to know: nothing is repaired in place.  A loop that raises or falls silent ends them all,
and systemd starts the process afresh.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from types import FrameType

from appliance.errors import StalledError
from appliance.health import Beat
from appliance.threads import PREFIX

LOOK_S = 0.2  # how often the beats are looked at, and how late a signal may be noticed
FEED_S = 2.0  # WatchdogSec is 20 s; a tenth of it leaves room for a busy processor

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""That ask for an end; the third one comes where the terminal has gone."""
GRACE_S = 3.0  # for the other loops, when one has failed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loop:
    """One of the threads of the unit.

    Attributes:
        name: for the log.
        run: the loop; it calls its beat every turn and returns soon after `stopping` is set.
        limit_s: seconds without a beat after which it counts as stalled.
        hurry: called when a signal asks for the end, after `stopping` is set: whoever it wakes must
            find out that this is no natural end.
    """

    name: str
    run: Callable[[Beat], None]
    limit_s: float
    hurry: Callable[[], None] | None = None


def supervise(loops: Sequence[Loop], stopping: Event, stop_s: float = 15.0) -> int:
    """Run all loops until one of them ends, or one of `SIGNALS` comes; then stop the others.

    Must be called on the main thread.

    Args:
        loops: each gets a thread of its own.
        stopping: set when the loops shall return.
        stop_s: seconds that they have for it, after which the stop counts as stalled.

    Returns:
        The number of that signal, 0 where none came.

    Raises:
        StalledError: a loop gave no beat within its limit, or did not stop.
        BaseException: whatever the first failing loop raised, as it was.
    """
    ended = Event()
    watched = [_Watched(loop, ended) for loop in loops]
    systemd = _Systemd()
    with _signals() as asked, _ending(watched, stopping):
        for each in watched:
            each.start()
        _watch(watched, lambda: asked.number or any(w.over for w in watched), systemd, ended)
        log.info("stopping")
        systemd.say("STOPPING=1")
        stopping.set()
        deadline = time.monotonic() + stop_s
        _watch(watched, lambda: _all_over(watched, deadline, asked), systemd, ended)
    return asked.number


@contextmanager
def _ending(watched: Sequence[_Watched], stopping: Event) -> Iterator[None]:
    """However it ends, the other loops are told and get a moment to put down what they hold."""
    try:
        yield
    finally:
        stopping.set()
        deadline = time.monotonic() + GRACE_S
        for each in watched:
            each.wait(max(0.0, deadline - time.monotonic()))


class _Watched:
    """A loop in its thread, with the time of its last beat and what it raised."""

    def __init__(self, loop: Loop, ended: Event) -> None:
        self.loop = loop
        self.over = False
        self.has_beaten = False
        self.error: Exception | None = None
        self._ended = ended
        self._beat_at = time.monotonic()
        # a daemon, for a thread that hangs in a driver must not keep the process alive
        self._thread = Thread(target=self._run, name=PREFIX + loop.name, daemon=True)

    def start(self) -> None:
        self._beat_at = time.monotonic()
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def beat(self) -> None:
        self._beat_at = time.monotonic()
        self.has_beaten = True

    def check(self) -> None:
        if self.error is not None:
            raise self.error
        silent_s = time.monotonic() - self._beat_at
        if not self.over and silent_s > self.loop.limit_s:
            raise StalledError(
                f"loop {self.loop.name}: no beat for {silent_s:.1f} s,"
                f" expected one every {self.loop.limit_s:g} s"
            )

    def _run(self) -> None:
        try:
            self.loop.run(self.beat)
        except Exception as error:  # noqa: BLE001  # the one place: whatever it is ends the process
            self.error = error
        finally:
            self.over = True
            self._ended.set()


class _Systemd:
    """The notification socket; without one (not started by systemd) everything is left unsaid."""

    def __init__(self) -> None:
        self._address = _address(os.environ.get("NOTIFY_SOCKET", ""))
        self._fed_at: float | None = None

    def say(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(1.0)
            try:
                channel.sendto(text.encode(), self._address)
            except OSError as fault:
                log.warning("systemd does not hear %s: %s", text, fault)

    def feed(self) -> None:
        """Say that all is well, and the first time that the unit is ready."""
        now = time.monotonic()
        if self._fed_at is None:
            self.say("READY=1")
        if self._fed_at is None or now - self._fed_at >= FEED_S:
            self.say("WATCHDOG=1")
            self._fed_at = now


def _address(path: str) -> str:
    """The socket's address: a leading @ stands for the null byte of an abstract name."""
    return "\0" + path[1:] if path.startswith("@") else path


class _Asked:
    """Whether a signal asked for an end.

    A plain flag, for `Event.set` takes a lock that the interrupted code may be holding.
    """

    def __init__(self) -> None:
        self.number = 0
        self._passed_on = False

    def ask(self, number: int, _frame: FrameType | None) -> None:
        self.number = number

    def pass_on(self, watched: Sequence[_Watched]) -> None:
        """Let every loop hurry once, if a signal has come."""
        if self.number and not self._passed_on:
            self._passed_on = True
            for each in watched:
                if each.loop.hurry is not None:
                    each.loop.hurry()


@contextmanager
def _signals() -> Iterator[_Asked]:
    """Take `SIGNALS` as a wish to stop, and give them back afterwards.

    Under `nohup` nobody wishes that when the terminal goes.
    """
    asked = _Asked()
    is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = [each for each in SIGNALS if each != signal.SIGHUP or not is_ignored]
    before = [signal.signal(number, asked.ask) for number in numbers]
    try:
        yield asked
    finally:
        for number, action in zip(numbers, before, strict=True):
            signal.signal(number, action)


def _watch(
    watched: Sequence[_Watched], is_enough: Callable[[], object], systemd: _Systemd, ended: Event
) -> None:
    """Check every loop again and again until it is enough."""
    while not is_enough():
        ended.wait(LOOK_S)
        ended.clear()
        for each in watched:
            each.check()
        if all(each.has_beaten for each in watched):
            systemd.feed()


def _all_over(watched: Sequence[_Watched], deadline: float, asked: _Asked) -> bool:
    asked.pass_on(watched)
    late = [each.loop.name for each in watched if not each.over]
    if late and time.monotonic() > deadline:
        raise StalledError(f"loop {', '.join(late)}: did not stop in time")
    return not late
