"""The loop `send`: from the outbox to the broker, oldest first.

The rule to know: it never waits for the camera, and what it sends is safe on the card before.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from threading import Event

from appliance.age import age_s, late_s
from appliance.announcer import Announcer
from appliance.domain import Message
from appliance.errors import FullError
from appliance.health import Beat, Health
from appliance.retention import Retention
from appliance.store.outbox import Outbox
from appliance.transmit import last, messages
from appliance.transmit.inflight import WINDOW
from appliance.transmit.link import Link
from appliance.transmit.messages import Publication, Receipt, Topics
from appliance.transmit.pace import Pace

TURN_S = 0.5  # the longest sleep of the sender; new passages and receipts wake it at once
REFUSAL_PAUSE_S = 30.0  # a refused row is tried again then: an ACL is mended by a person
RETRY_S = 1.0  # between two attempts to write on a full disk
RATE, BURST = 200.0, 1000.0
"""Messages a second on `log` in the long run, and at once: a day's backlog goes out in minutes, and
the lane keeps the processor."""
MOST_TAKEN = 1000
"""Acknowledged rows that may wait to be deleted; only a start on a full disk sends them again."""
HURRY_S = 2.0  # for what still waits, when a signal ends the unit

MEMORY = 1000  # passages shown early; a record that is late for its turn leaves one behind

log = logging.getLogger(__name__)


def _pace() -> Pace:
    return Pace(RATE, BURST)


def _recently() -> deque[str]:
    return deque(maxlen=MEMORY)


@dataclass(slots=True)
class Sender:
    """Brings passages from the outbox to the broker.

    A passage leaves the outbox when the broker has acknowledged its copy on `log`, never before.
    The live copy goes ahead of any backlog, once, and is never sent again: told early it is not
    sent a second time when the record follows.

    Attributes:
        outbox: on a connection of its own to the database.
        link: to the broker.
        topics: of this unit.
        health: where refusals show as problems.
        wake: set whenever there may be something to do: by who records a passage, by the link.
        stopping: set when the loop shall return.
        retention: how long the broker keeps the newest passage on `last`; of 0 s: it gets none.
        linger_s: seconds for what still waits when the loop shall return.
        announcer: tells Home Assistant of this unit.
        keeps_image: the broker gets the plate's crop with the newest passage.
    """

    outbox: Outbox
    link: Link
    topics: Topics
    health: Health
    wake: Event
    stopping: Event
    retention: Retention = field(default_factory=partial(Retention, 0.0))
    linger_s: float = 2.0
    announcer: Announcer = field(default_factory=Announcer)
    keeps_image: bool = False
    session: int = field(default=0, init=False)
    handed: dict[int, float] = field(  # to this session and when, no receipt yet
        default_factory=dict, init=False
    )
    taken: set[int] = field(default_factory=set, init=False)  # acknowledged, to be deleted
    delete_at: float = field(default=0.0, init=False)  # monotonic seconds, on a full disk
    pace: Pace = field(default_factory=_pace, init=False)
    live_seq: int = field(
        default=0, init=False
    )  # of the newest record that had its turn to be live
    shown: deque[str] = field(default_factory=_recently, init=False)  # live, their record follows
    hit: deque[str] = field(default_factory=_recently, init=False)  # told to be watched
    last_seq: int = field(default=0, init=False)  # of the newest copy on `last`
    last_from: float = field(default=inf, init=False)  # monotonic seconds: its passage's time
    last_keep_s: float = field(default=0.0, init=False)  # the retention with which it was sent
    image_stands: bool = field(default=True, init=False)  # with the broker, as far as we know
    hold_until: float = field(default=0.0, init=False)  # monotonic seconds, after a refusal
    hurried_until: float = field(default=inf, init=False)  # monotonic seconds

    def send(self, beat: Beat) -> None:
        """Send whatever waits until the unit stops, then what can still go.

        Raises:
            LinkError: the broker acknowledges nothing on a live connection.
            StoreError: the outbox cannot be read or written.
        """
        while not self.stopping.is_set():
            self.turn()
            beat()
            self.rest()
        waiting = self.outbox.waiting()
        if waiting:
            log.warning("%d passages wait for the broker, %.0f s at most", waiting, self.linger_s)
        left = self.drain(self.linger_s, beat)
        if left:
            log.warning("%d passages stay in the outbox until the next start", left)
        self.link.close()

    def drain(self, timeout_s: float, beat: Beat) -> int:
        """Send until nothing waits or `timeout_s` seconds are over; gives what still waits."""
        deadline = time.monotonic() + timeout_s
        while self.outbox.waiting() and time.monotonic() < min(deadline, self.hurried_until):
            self.turn()
            beat()
            self.rest()
        return self.outbox.waiting()

    def hurry(self) -> None:
        """Somebody wants the unit to end now: what cannot go at once stays in the outbox."""
        self.hurried_until = time.monotonic() + HURRY_S

    def turn(self) -> None:
        """Settle what the broker has answered, then hand over what there is room for."""
        self.settle(self.link.tend())
        self.health.problem("broker", self.link.trouble)
        if self.link.session != self.session:
            self.start_over()
        if self.announcer.turn(self.link):
            self.last_seq = 0
        if self.link.room:
            self.show_live()
            self.show_last()
            self.log_waiting()

    def rest(self) -> None:
        """Sleep until there is something to do."""
        is_spent = self.pace.saved < 1
        self.wake.wait(min(TURN_S, self.pace.pause_s(WINDOW)) if is_spent else TURN_S)
        self.wake.clear()

    def start_over(self) -> None:
        """Another connection: nothing that was handed to the one before counts."""
        self.session = self.link.session
        newest = self.outbox.newest()
        if self.session and (newest is None or self.keep_s(newest) <= 0):
            self.publish(last.nothing(self.topics))  # what stands there was erased, or old
        elif self.session and not self.keeps_image:
            self.publish(last.no_image(self.topics))
        self.image_stands = True  # from another process, or of a broker that was set back
        self.handed.clear()
        self.last_seq = 0
        self.hold_until = 0.0

    def settle(self, receipts: list[Receipt]) -> None:
        """Delete the rows that the broker took; keep those that it refused, and say so."""
        self.taken.update(taken for taken in map(_taken_seq, receipts) if taken is not None)
        self.take_out()
        for receipt in receipts:
            topic = receipt.publication.topic
            self.health.problem(topic, receipt.refusal and f"{topic} refused: {receipt.refusal}")
            self.release(receipt)

    def take_out(self) -> None:
        """Delete what the broker has; on a full disk later, and meanwhile it is not sent again."""
        if not self.taken or time.monotonic() < self.delete_at:
            return
        try:
            self.outbox.acknowledge(self.taken)
        except FullError as fault:
            self.delete_at = time.monotonic() + RETRY_S
            self.health.problem("outbox", f"what was sent cannot be taken out: {fault}")
        else:
            self.taken.clear()
            self.health.problem("outbox", None)

    def release(self, receipt: Receipt) -> None:
        """A row has its answer; after a refusal the log pauses."""
        if receipt.publication.seq is not None:
            handed_at = self.handed.pop(receipt.publication.seq, None)
            if handed_at is not None:
                self.health.took("publish", time.monotonic() - handed_at)
            if receipt.refusal is not None:
                self.hold_until = time.monotonic() + REFUSAL_PAUSE_S

    def show_live(self) -> None:
        """Publish passages that are still fresh, whatever else waits: those in sight first."""
        now = time.monotonic()
        early = [each for each in self.outbox.early(now) if each.uuid not in self.shown]
        for message in early[: self.link.room]:
            self.show(message)
            self.shown.append(message.uuid)
        for message in self.outbox.fresh(self.live_seq, now, self.link.room):
            self.show_record(message)

    def show_record(self, message: Message) -> None:
        """Publish a passage that has gone by, unless that was done early."""
        if message.uuid in self.shown:
            self.shown.remove(message.uuid)
            self.tell_hit(message)  # of one that early was read as another plate
        else:
            self.show(message)
        self.live_seq = message.seq

    def show(self, message: Message) -> None:
        """Publish a passage that is fresh."""
        self.link.publish(messages.live(self.topics, message))
        self.tell_hit(message)

    def tell_hit(self, message: Message) -> None:
        """Say it where a plate that is fresh is watched, once for a passage."""
        if messages.is_watched(message) and message.uuid not in self.hit:
            self.link.publish(messages.hit(self.topics))
            self.hit.append(message.uuid)

    def show_last(self) -> None:
        """Publish the newest passage for dashboards, for as long as it may be kept.

        Where it was erased meanwhile, the broker may have been told to forget it just before.
        When its time is over it is taken back: MQTT 3.1.1 has no expiry, and with 5 mosquitto keeps
        what has expired until somebody asks for it (mosquitto #3221).
        """
        if time.monotonic() >= self.last_from + self.retention.keep_s:
            self.last_from = inf
            self.publish(last.forgotten(self.topics))
        if self.last_keep_s != self.retention.keep_s:  # it was changed: so must the expiry be
            self.last_keep_s, self.last_seq = self.retention.keep_s, 0
        newest = self.outbox.newest()
        if newest is None or newest.seq <= self.last_seq:
            return
        self.last_seq = newest.seq
        keep_s = self.keep_s(newest)
        if keep_s <= 0:
            return
        self.last_from = time.monotonic() - age_s(newest)
        self.link.publish(last.passage(self.topics, newest, late_s(newest), keep_s))
        self.show_image(newest.seq, keep_s)
        left = self.outbox.newest()
        if left is None or left.seq < newest.seq:
            self.publish(last.forgotten(self.topics))

    def show_image(self, seq: int, keep_s: int) -> None:
        """Publish the crop of that passage; without one, none of another may stand beside it."""
        if not self.keeps_image:
            return
        jpeg = self.outbox.crop(seq)
        if jpeg:
            self.link.publish(last.image(self.topics, jpeg, keep_s))
        elif self.image_stands:
            self.publish(last.no_image(self.topics))
        self.image_stands = bool(jpeg)

    def publish(self, publications: Iterable[Publication]) -> None:
        """Hand over several."""
        for each in publications:
            self.link.publish(each)

    def keep_s(self, message: Message) -> int:
        """Seconds that the broker may still keep a passage on `last`; 0 or less: not at all."""
        return int(self.retention.keep_s - age_s(message))

    def log_waiting(self) -> None:
        """Publish waiting passages for the records, oldest first."""
        if time.monotonic() < self.hold_until or len(self.taken) > MOST_TAKEN:
            return
        gone = self.handed.keys() | self.taken
        waiting = self.outbox.pending(0, WINDOW + len(gone))
        unsent = [message for message in waiting if message.seq not in gone]
        for message in unsent[: min(self.link.room, self.pace.room(time.monotonic()))]:
            self.link.publish(messages.logged(self.topics, message, late_s(message)))
            self.handed[message.seq] = time.monotonic()
            self.pace.spend(1)


def _taken_seq(receipt: Receipt) -> int | None:
    """The outbox row that the broker has taken with this."""
    return receipt.publication.seq if receipt.refusal is None else None
