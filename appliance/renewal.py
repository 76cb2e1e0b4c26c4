"""What the unit knows of its releases, tells of them, and asks for: in the loop that maintains.

The rules to know: the unit installs nothing.  It asks in a file, an updater of its own does it
(`errand`), and the unit ends by itself once what was installed waits for its first start and nobody
is before the gate.  It ends once for a release: where the start after that does not try it, no
other would, and that is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from appliance import __version__
from appliance.domain import Clock
from appliance.errand import Errand
from appliance.errors import OrderError
from appliance.health import Health
from appliance.lookout import Lookout
from appliance.transmit import release
from appliance.transmit.messages import Publication, Topics
from appliance.transmit.release import CHECK, INSTALL, Firmware, Report
from appliance.update.progress import VERSION
from appliance.update.shelf import Shelf
from appliance.update.trial import Standing, Trial, order
from appliance.update.window import day_of, is_due
from appliance.weekly import Span

MOST_WAIT_S = 300.0  # a vehicle that is parked before the gate does not keep a release from it
HOUR_S = 3600.0  # how old what the unit tells of itself may be
NOT_TRIED = "{} is installed and no start tried it: is updates.conf in the service's folder?"


def _now() -> datetime:
    return datetime.now().astimezone()


def no_slots() -> Mapping[str, str] | None:
    """Of a system that has none."""


@dataclass(slots=True)
class Renewal:
    """Follows an update from the offer to the end of the process that it replaces.

    Attributes:
        window: when it installs by itself what is offered; None: never.
        topics: of the unit.
        shelf: what is on trial and what failed; only read.
        errand: of whoever installs.
        health: where faults show.
        lookout: knows what is offered; None: nobody looks.
        is_quiet: whether nobody is before the gate.
        reboots: whoever installs starts the whole board anew: the unit says when, and stays.
        slots: those of the system, where it has any.
        local: local time; a test has its own.
        monotonic: seconds; a test has its own.
    """

    window: Span | None
    topics: Topics
    shelf: Shelf
    errand: Errand
    health: Health
    lookout: Lookout | None = None
    is_quiet: Callable[[], bool] = lambda: True
    reboots: bool = False
    slots: Callable[[], Mapping[str, str] | None] = no_slots
    local: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    is_over: bool = field(default=False, init=False)  # the unit is to end for what waits
    standing: Standing = field(default_factory=Standing, init=False)
    _seen: tuple[int, int] = field(default=(0, 0), init=False)  # which state that was
    _passed_over: str = field(default="", init=False)  # what this start should have been of
    _reached: bool = field(default=False, init=False)
    _waits_since: float | None = field(default=None, init=False)
    _tried_on: tuple[str, date] | None = field(default=None, init=False)  # by itself
    _session: int = field(default=0, init=False)  # that was told
    _said: tuple[Report | None, Firmware | None] = field(default=(None, None), init=False)
    _tell_at: float = field(default=0.0, init=False)  # monotonic seconds

    def __post_init__(self) -> None:
        """See how it stands; what waits already will not be tried by one more start."""
        self._look_at_shelf()
        waiting = _waiting(self.standing)
        if waiting is not None and not self.reboots:
            self._passed_over = waiting.deployment.name

    @property
    def available(self) -> str:
        """The version that may be asked for; empty: none, or nobody knows."""
        offered = self.lookout.answer.version if self.lookout and self.lookout.answer else ""
        is_fit = offered and offered not in {*self.standing.failed, self._on_trial}
        return offered if is_fit and order(offered) > order(__version__) else ""

    @property
    def is_busy(self) -> bool:
        """Whether something is being installed, or about to be tried."""
        return self.errand.is_busy or self._waits()

    def turn(self, clock: Clock, *, reached: bool) -> None:
        """See what is new and do what is due; cheap, for it is called every second.

        Args:
            clock: how far the time of day can be trusted.
            reached: the broker is.
        """
        self._reached = reached
        self._look_at_shelf()
        self.errand.turn()
        if self.lookout is not None:
            self.lookout.turn(may_begin=not self.is_busy)
        self._make_way()
        if self.window is not None and clock != "none":
            self._install_by_itself(self.window, self.local())
        self.health.problem("update", self.fault() or None)

    def ask(self, wanted: bytes) -> None:
        """What somebody asks for on `update/set`.

        Raises:
            OrderError: it is nothing that may be, nothing is offered, or nobody is there to do it.
        """
        if self.lookout is None:
            raise OrderError("update: update.url is missing, so nothing is offered")
        if wanted.strip() == CHECK:
            self.lookout.hurry()
        elif wanted.strip() == INSTALL:
            self.install()
        else:
            raise OrderError(f"update: expected {INSTALL.decode()} or {CHECK.decode()}")

    def install(self) -> None:
        """Ask for what is offered; what is being installed already needs no second request.

        Raises:
            OrderError: nothing is offered, or nobody is there to do it.
        """
        if self.is_busy:
            return
        version = self.available
        if not version:
            raise OrderError(f"update: nothing to install: {self.why() or 'nobody has looked yet'}")
        if self.lookout is not None:
            self.lookout.close()  # one at a time is at the folder of updates
        try:
            self.errand.ask(version, reached=self._reached)
        except OSError as fault:
            told = f"{self.errand.desk.request}: {fault.strerror}"
            raise OrderError(f"update: no updater here: {told}") from fault

    def why(self) -> str:
        """Why nothing is offered, as far as is known; empty where something is."""
        if self.available or self.lookout is None:
            return ""
        answer = self.lookout.answer
        if self.lookout.fault or answer is None:
            return self.lookout.fault
        failed = self.standing.failed.get(answer.version, "")
        return f"{answer.version} failed: {failed}" if failed else answer.why

    def fault(self) -> str:
        """What is wrong with the newest attempt, or with the newest release; empty: nothing."""
        if self.errand.fault:
            return f"update: {self.errand.fault}"
        waiting = _waiting(self.standing)
        if waiting is not None and waiting.deployment.name == self._passed_over:
            return f"update: {NOT_TRIED.format(waiting.deployment.version)}"
        failed = filter(VERSION.fullmatch, self.standing.failed)  # as it lies on the card
        newer = [each for each in failed if order(each) > order(__version__)]
        if newer and self.standing.trial is None:
            newest = max(newer, key=order)
            return f"update: {newest} failed here: {self.standing.failed[newest]}"
        return ""

    def news(self, session: int, clock: Clock) -> list[Publication]:
        """What to publish now: what has changed, all of it to who is new, and once an hour."""
        now = self.monotonic()
        if session != self._session or now >= self._tell_at:
            self._session, self._tell_at, self._said = session, now + HOUR_S, (None, None)
        report, firmware = self._report(), self._firmware() if self.lookout else None
        new = []
        if report != self._said[0]:
            new.append(release.release(self.topics, report, self._moment(clock)))
        if firmware is not None and firmware != self._said[1]:
            new.append(release.update(self.topics, firmware))
        self._said = report, firmware
        return new

    def close(self) -> None:
        """The unit ends."""
        if self.lookout is not None:
            self.lookout.close()

    @property
    def _on_trial(self) -> str:
        return self.standing.trial.deployment.version if self.standing.trial else ""

    def _look_at_shelf(self) -> None:
        """Read the state where another one lies there."""
        with suppress(OSError):
            found = self.shelf.state.stat()
            if (found.st_ino, found.st_mtime_ns) != self._seen:
                self._seen = found.st_ino, found.st_mtime_ns
                self.standing = self.shelf.standing()

    def _waits(self) -> bool:
        """Whether an updater has installed what waits for its first start, and this was none."""
        waiting, told = _waiting(self.standing), self.errand.told
        is_done = told is not None and told.phase == "waiting"
        return is_done and waiting is not None and waiting.deployment.name != self._passed_over

    def _make_way(self) -> None:
        """End at a quiet moment, or let the board be started anew then."""
        if not self._waits():
            self._waits_since = None
            return
        now = self.monotonic()
        if self._waits_since is None:
            self._waits_since = now
        if self.is_quiet() or now - self._waits_since >= MOST_WAIT_S:
            self.is_over = not self.reboots
            if self.reboots:
                with suppress(OSError):  # whoever waits for it does so for minutes only
                    self.errand.desk.hush()

    def _install_by_itself(self, window: Span, local: datetime) -> None:
        """Once in each window, from the unit's own minute on."""
        attempt = self.available, day_of(window, local)
        if not self.available or self.is_busy or attempt == self._tried_on:
            return
        if is_due(window, self.topics.unit, local):
            self._tried_on = attempt
            try:
                self.install()
            except OrderError as fault:
                self.errand.give_up(str(fault).removeprefix("update: "))

    def _moment(self, clock: Clock) -> str | None:
        at = self.local().astimezone(timezone.utc)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if clock != "none" else None

    def _firmware(self) -> Firmware:
        told, answer = self.errand.told, self.lookout.answer if self.lookout else None
        latest = self._on_trial or self.available or (__version__ if answer else "")
        is_known = (
            self.errand.is_held and told is not None and told.phase in {"download", "install"}
        )
        return Firmware(
            installed=__version__,
            latest=latest,
            summary=answer.summary if answer and answer.version == latest else "",
            is_busy=self.is_busy,
            percent=told.percent if told and is_known else None,
        )

    def _report(self) -> Report:
        standing, trial = self.standing, self.standing.trial
        answer = self.lookout.answer if self.lookout else None
        on_trial = {"version": self._on_trial, "starts": trial.starts} if trial else None
        return Report(
            version=__version__,
            available=self.available or None,
            why=self.why(),
            sequence=max(standing.sequence, answer.sequence if answer else 0),
            trial=on_trial,
            last=standing.last,
            failed=standing.failed,
            fault=self.errand.fault,
            slots=self.slots(),
        )


def _waiting(standing: Standing) -> Trial | None:
    """What is installed and was never started."""
    trial = standing.trial
    return trial if trial is not None and not trial.starts else None
