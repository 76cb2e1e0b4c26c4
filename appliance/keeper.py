"""The loop `maintain`: what must be done now and then, whether or not anyone comes by.

The rule to know: the lane waits for nothing that is done here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from appliance.announcer import Announcer
from appliance.dating import Dating
from appliance.domain import Clock
from appliance.errors import FullError
from appliance.health import Beat, Health, Vitals
from appliance.lighting import Shining
from appliance.orders import Orders
from appliance.renewal import Renewal
from appliance.retention import Retention
from appliance.standing import StandingLists
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.store.posts import Posts
from appliance.transmit.link import Link
from appliance.transmit.messages import Topics
from appliance.transmit.state import Stock, state
from appliance.update.probation import Probation
from appliance.vigil import Vigil
from appliance.yard import COUNT_S, Yard

LOOK_S = 1.0  # how soon a new problem is published
RETRY_S = 10.0  # before the next attempt to write on a full disk
MINUTE_S = 60.0  # between two states without a change
ROUND_S = 3600.0
"""Between two rounds of retention, which end with the write-ahead log cut off: each minute that was
half of what a passage cost the card (`tools/campaign card`)."""
ROUNDS = 50  # at least, while a passage is kept

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Keeper:
    """Forgets what must not be kept, takes over changes of the lists, and says how the unit is.

    Attributes:
        passages: the history, on a connection of its own to the database.
        outbox: on the same connection.
        standing: the lists, on the same connection.
        health: what is published.
        topics: of this unit.
        link: to the broker; None where there is none.
        stopping: set when the loop shall return.
        retention: how long a passage is kept.
        tend: looks after the gate here too, should the lane hang.
        orders: carries out commands; None where there is no broker.
        yard: counts who is inside and who went by, on the same connection; None where nobody does.
        posts: what waits for the webhook, on the same connection; None where there is none.
        announcer: tells Home Assistant of this unit, in another loop.
        light: whose state is published; looked at each turn; None where there is none.
        vigil: notes what nobody else does, on the same connection; None where nobody does.
        renewal: follows updates; None where nobody does.
        probation: sees whether the release that runs is good; None where it is not on trial.
    """

    passages: Passages
    outbox: Outbox
    standing: StandingLists
    health: Health
    topics: Topics
    link: Link | None
    stopping: Event
    retention: Retention
    tend: Callable[[], None]
    orders: Orders | None = None
    yard: Yard | None = None
    posts: Posts | None = None
    announcer: Announcer = field(default_factory=Announcer)
    vigil: Vigil | None = None
    light: Shining | None = None
    probation: Probation | None = None
    renewal: Renewal | None = None
    next_at: float = field(default=0.0, init=False)  # monotonic seconds
    told: tuple[object, ...] = field(default=(), init=False)
    owes: bool = field(default=False, init=False)  # a round of retention
    forget_at: float = field(default=0.0, init=False)  # monotonic seconds
    kept_s: float = field(default=0.0, init=False)  # the retention of the last round
    dating: Dating = field(init=False)

    def __post_init__(self) -> None:
        """Go on from where the process before has left the time."""
        self.dating = Dating(self.passages, self.yard)

    def maintain(self, beat: Beat) -> None:
        """Look for changes every second, forget and report every minute, until the unit stops.

        Returns when a restart was asked for, too.

        Raises:
            LineError: the gate's line is not in good hands.
            StoreError: the history cannot be read or written, or the lists cannot be read.
        """
        while not self.stopping.is_set():
            self.turn()
            beat()
            if self.is_over:
                return
            self.stopping.wait(LOOK_S)
        with suppress(FullError):
            self.part()

    @property
    def is_over(self) -> bool:
        """Whether the unit is to be started anew: somebody asked for it, or a release waits."""
        waits = self.renewal is not None and self.renewal.is_over
        return waits or (self.orders is not None and self.orders.is_over)

    def part(self) -> None:
        """Write down what the next process goes on from."""
        if self.yard is not None:  # who came at the end; who comes later is counted at the start
            self.yard.catch_up(COUNT_S)
        self.dating.write_down(self.health.clock())
        if self.vigil is not None:
            self.vigil.write_down()

    def turn(self) -> None:
        """Do what is due now."""
        self.tend()
        is_due = time.monotonic() >= self.next_at
        if is_due:
            self.next_at = time.monotonic() + MINUTE_S
        try:
            self.keep(is_due=is_due)
        except FullError as fault:
            self.bear(fault)
        else:
            self.health.problem("keeping", None)
        vitals = self.health.snapshot()
        if self.probation is not None:
            is_connected = self.link is None or self.link.session > 0
            self.probation.turn(vitals, is_connected=is_connected)
        self.renew(vitals.clock)
        if is_due or self.worth_telling(vitals) != self.told:
            self.report(vitals)

    def renew(self, clock: Clock) -> None:
        """See what becomes of updates, and tell."""
        is_connected = self.link is not None and self.link.session > 0
        if self.renewal is not None:
            self.renewal.turn(clock, reached=is_connected)
        if self.renewal is not None and self.link is not None and is_connected:
            for each in self.renewal.news(self.link.session, clock):
                self.link.publish(each)

    def keep(self, *, is_due: bool) -> None:
        """All that is written here; FullError where the disk is full."""
        self.obey()
        has_changed = self.kept_s != self.retention.keep_s
        self.owes = self.owes or has_changed or time.monotonic() >= self.forget_at
        if self.yard is None or self.yard.catch_up(COUNT_S):
            clock = self.health.clock()
            self.dating.turn(clock)
            self.count(clock, is_due=self.owes)
            self.forget()
        if self.vigil is not None:
            self.vigil.turn(self.health.snapshot(), is_due=is_due)

    def forget(self) -> None:
        """Forget what is too old, now and then; not before all that is there has been counted."""
        if self.owes:
            if self.health.clock() == "ntp":
                self.passages.date_back()
            self.passages.forget(self.oldest_ms())
            self.owes, self.kept_s = False, self.retention.keep_s
            self.forget_at = time.monotonic() + self.round_s()

    def bear(self, fault: FullError) -> None:
        """Go on with a full disk: what was not done is due again soon."""
        self.next_at = min(self.next_at, time.monotonic() + RETRY_S)
        self.health.problem("keeping", f"nothing can be forgotten or changed: {fault}")
        if self.yard is not None:
            self.yard.reload()

    def obey(self) -> None:
        """Carry out commands, take over the lists whoever changed them, and tell both."""
        if self.orders is not None:
            self.orders.carry_out()
        lists_changed = self.standing.refresh()
        if lists_changed:
            log.info("the lists have changed")
        if self.orders is not None:
            self.orders.tell(lists_changed=lists_changed)

    def round_s(self) -> float:
        """Seconds between two rounds of retention."""
        return min(ROUND_S, self.retention.keep_s / ROUNDS)

    def oldest_ms(self) -> int:
        """Milliseconds since 1970, as far as they are known, before which nobody is kept.

        What becomes too old before the next round goes now: nobody is kept for longer.
        """
        now_ms = self.passages.keeping.now_ms()
        return int(now_ms - (self.retention.keep_s - self.round_s()) * 1000)

    def count(self, clock: Clock, *, is_due: bool) -> None:
        """Count who came by, say what has changed by it, and forget who came too long ago."""
        if self.yard is None:
            return
        now_ms = round(time.time() * 1000)
        if is_due:  # before the history is, which then clears the log of both
            self.yard.forget(self.oldest_ms(), self.passages.keeping.now_ms())
        if self.link is not None:
            for each in self.yard.news(self.link.session, now_ms, clock):
                self.link.publish(each)

    def worth_telling(self, vitals: Vitals) -> tuple[object, ...]:
        """What is published as soon as it changes; who has just come knows nothing yet."""
        session = self.link and self.link.session
        outside = vitals.outside and vitals.outside.time_of_day
        known = self.announcer.rounds, vitals.problems, vitals.clock
        return session, *known, outside, self.is_lit()

    def is_lit(self) -> bool:
        """Whether there is a light, and it shines."""
        return self.light is not None and self.light.is_lit

    def report(self, vitals: Vitals) -> None:
        """Publish the state, retained."""
        if self.link is not None:
            self.told = self.worth_telling(vitals)
            stock, terms = self.stock(vitals), self.link.terms
            self.link.publish(state(self.topics, vitals, stock, terms, is_lit=self.is_lit()))

    def stock(self, vitals: Vitals) -> Stock:
        """What the unit keeps."""
        waiting, dropped = self.outbox.waiting(), self.outbox.dropped()
        posts = self.posts.waiting() if self.posts is not None else 0
        if self.vigil is None:
            return Stock(waiting, dropped, posts)
        return Stock(
            waiting,
            dropped,
            posts,
            self.vigil.disk(),
            self.vigil.ages(vitals),
            self.vigil.quiet_h,
            self.vigil.marks.store,
        )
