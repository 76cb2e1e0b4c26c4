"""The loops of the unit, to be read from top to bottom.

The rule to know: the loops share the database and nothing else; none waits for another.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from threading import Event

from appliance.capture.camera import Camera
from appliance.config import Unit
from appliance.domain import Frame, Message, Passage, Settled
from appliance.entrance import Entrance
from appliance.health import Health, Vitals
from appliance.recognize.recognizer import Recognizer
from appliance.resolve.tracker import Tracker
from appliance.stamp import Stamp
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.transmit import messages
from appliance.transmit.inflight import WINDOW
from appliance.transmit.messages import Receipt, Topics
from appliance.transmit.mqtt import Link

Beat = Callable[[], None]
Announce = Callable[[Passage, Message], None]

ARRIVAL_S = 1.0  # who is in sight as early as this after the start stood there before
FRESH_S = 10.0  # after the last sighting; older, a passage must not look live
TURN_S = 0.5  # the longest sleep of the sender; new passages and receipts wake it at once
REFUSAL_PAUSE_S = 30.0  # a refused row is tried again then: an ACL is mended by a person
LOOK_S = 1.0  # how soon a new problem is published
JUMP_S = 60.0  # more than a clock drifts in a minute
HURRY_S = 2.0  # for what still waits, when a signal ends the unit
MINUTE_S = 60.0  # between two rounds of retention, and two states without a change

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lane:
    """Watches the lane: frames go in, passages come to rest in the store.

    Attributes:
        camera: whose frames are looked at, always the newest.
        recognizer: finds and reads the plates of a frame.
        tracker: follows each plate until its vehicle has gone by.
        stamp: gives a settled track its id and its time.
        entrance: answers it, and opens the gate.
        passages: the history, on a connection of its own to the database.
        unit: whose passages these are.
        model: names the pair of models.
        health: where frames, passages and rejects are counted.
        announce: hears of every passage once it is safe.
        wake: tells the sender that there is something to send.
        stopping: set when the loop shall return.
    """

    camera: Camera
    recognizer: Recognizer
    tracker: Tracker
    stamp: Stamp
    entrance: Entrance
    passages: Passages
    unit: Unit
    model: str
    health: Health
    announce: Announce
    wake: Event
    stopping: Event
    began_at: float | None = field(default=None, init=False)  # of the first frame
    parting: bool = field(default=False, init=False)
    told: dict[int, Passage] = field(default_factory=dict, init=False)  # early, by their track

    def see(self, beat: Beat) -> None:
        """Watch the lane until the camera is closed, the recording ends or the unit stops.

        Raises:
            LineError: the gate's line is not in good hands.
            PictureError: the camera or the recording cannot be read any further.
            StalledError: the camera gives no frames.
            StoreError: a passage cannot be written.
        """
        try:
            for frame in self.camera.frames():
                self.look(frame)
                beat()
                if self.stopping.is_set():
                    break
        finally:  # a camera that fails must not take with it who has just gone by
            self.part()

    def look(self, frame: Frame) -> None:
        """Take in one frame."""
        if self.began_at is None:
            self.began_at = frame.at
        self.entrance.tend()
        sightings = self.recognizer.sightings(frame)
        for settled in self.tracker.update(frame.at, frame.size, sightings):
            self.settle(settled)
        self.health.count("frames")
        self.health.reject(self.tracker.rejected)

    def part(self) -> None:
        """Settle whoever is in sight; a recording broken off would show them longer next time."""
        self.parting = True
        if not (self.stamp.recorded and self.stopping.is_set()):
            for settled in self.tracker.flush():
                self.settle(settled)

    def settle(self, settled: Settled) -> None:
        """Decide what a vehicle means; write it down, once it has gone by, before others hear."""
        passage = self.passage(settled)
        if settled.early:
            self.told[settled.track] = passage
            return
        body = messages.passage_body(passage, self.unit, self.model)
        fresh_until = None if passage.recorded else settled.last_at + FRESH_S
        seq = self.passages.record(passage, body, fresh_until)
        self.health.count("passages")
        log.info("passage %s", passage.uuid)
        self.wake.set()
        self.announce(passage, Message(seq, passage.uuid, body, passage.epoch_ms, fresh_until))

    def passage(self, settled: Settled) -> Passage:
        """The settled track with its id, its time, and what was answered it.

        The record of what was told early has the same id: for the gate both are one passage.
        """
        stamped, early = self.stamp(settled), self.told.pop(settled.track, None)
        if early is not None:
            stamped = replace(stamped, uuid=early.uuid)
        before = early.decision if early is not None else None
        fresh = self.is_fresh(settled)
        return Passage(
            uuid=stamped.uuid,
            settled=settled,
            decision=self.entrance.answer(settled, stamped, fresh=fresh, before=before),
            epoch_ms=stamped.epoch_ms,
            clock=stamped.clock,
            recorded=self.stamp.recorded,
        )

    def is_fresh(self, settled: Settled) -> bool:
        """Whether the vehicle is there now and was seen to come.

        After a restart nobody knows how long the one in sight has stood there, or whether the gate
        has already opened for it; and at the end a pulse would be cut short.
        """
        is_recent = time.monotonic() < settled.last_at + FRESH_S
        has_come = self.began_at is not None and settled.first_at > self.began_at + ARRIVAL_S
        return is_recent and has_come and not self.parting and not self.stamp.recorded


@dataclass(slots=True)
class Sender:
    """Brings passages from the outbox to the broker.

    A passage leaves the outbox when the broker has acknowledged its copy on `log`, never before.
    The live copy goes ahead of any backlog, once, and is never sent again.

    Attributes:
        outbox: on a connection of its own to the database.
        link: to the broker.
        topics: of this unit.
        health: where refusals show as problems.
        wake: set whenever there may be something to do: by who records a passage, by the link.
        stopping: set when the loop shall return.
        keep_last_s: seconds that the broker keeps the newest passage on `last`; 0: it gets none.
        linger_s: seconds for what still waits when the loop shall return.
    """

    outbox: Outbox
    link: Link
    topics: Topics
    health: Health
    wake: Event
    stopping: Event
    keep_last_s: float = 0.0
    linger_s: float = 2.0
    session: int = field(default=0, init=False)
    handed: set[int] = field(default_factory=set, init=False)  # to this session, no receipt yet
    live_seq: int = field(default=0, init=False)  # of the newest live copy
    last_seq: int = field(default=0, init=False)  # of the newest copy on `last`
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
        if self.link.session != self.session:
            self.start_over()
        if self.link.room:
            self.show_live()
            self.show_last()
            self.log_waiting()

    def rest(self) -> None:
        """Sleep until there is something to do."""
        self.wake.wait(TURN_S)
        self.wake.clear()

    def start_over(self) -> None:
        """Another connection: nothing that was handed to the one before counts."""
        self.session = self.link.session
        if self.session and not self.keep_last_s:
            self.link.publish(messages.no_last(self.topics))
        self.handed.clear()
        self.last_seq = 0
        self.hold_until = 0.0

    def settle(self, receipts: list[Receipt]) -> None:
        """Delete the rows that the broker took; keep those that it refused, and say so."""
        self.outbox.acknowledge(taken for taken in map(_taken_seq, receipts) if taken is not None)
        for receipt in receipts:
            topic = receipt.publication.topic
            self.health.problem(topic, receipt.refusal and f"{topic} refused: {receipt.refusal}")
            self.release(receipt)

    def release(self, receipt: Receipt) -> None:
        """A row has its answer; after a refusal the log pauses."""
        if receipt.publication.seq is not None:
            self.handed.discard(receipt.publication.seq)
            if receipt.refusal is not None:
                self.hold_until = time.monotonic() + REFUSAL_PAUSE_S

    def show_live(self) -> None:
        """Publish passages that are still fresh, whatever else waits."""
        for message in self.outbox.fresh(self.live_seq, time.monotonic(), self.link.room):
            self.link.publish(messages.live(self.topics, message))
            self.live_seq = message.seq

    def show_last(self) -> None:
        """Publish the newest passage for dashboards, for as long as it may be kept."""
        newest = self.outbox.newest()
        if newest is None or newest.seq <= self.last_seq:
            return
        self.last_seq = newest.seq
        keep_s = int(self.keep_last_s - _age_s(newest))
        if keep_s > 0:
            self.link.publish(messages.last(self.topics, newest, _late_s(newest), keep_s))

    def log_waiting(self) -> None:
        """Publish waiting passages for the records, oldest first."""
        if time.monotonic() < self.hold_until:
            return
        waiting = self.outbox.pending(0, WINDOW + len(self.handed))
        unsent = [message for message in waiting if message.seq not in self.handed]
        for message in unsent[: self.link.room]:
            self.link.publish(messages.logged(self.topics, message, _late_s(message)))
            self.handed.add(message.seq)


def _clock_s() -> float:
    """Wall-clock seconds at the monotonic clock's zero: it changes when the clock is set."""
    return time.time() - time.monotonic()


@dataclass(slots=True)
class Keeper:
    """Forgets what must not be kept and says how the unit is.

    Attributes:
        passages: the history, on a connection of its own to the database.
        outbox: on the same connection.
        health: what is published.
        topics: of this unit.
        link: to the broker; None where there is none.
        stopping: set when the loop shall return.
        retention_s: seconds that a passage is kept.
        tend: looks after the gate here too, should the lane hang.
    """

    passages: Passages
    outbox: Outbox
    health: Health
    topics: Topics
    link: Link | None
    stopping: Event
    retention_s: float
    tend: Callable[[], None]
    next_at: float = field(default=0.0, init=False)  # monotonic seconds
    told: tuple[object, ...] = field(default=(), init=False)
    clock_s: float = field(default_factory=_clock_s, init=False)
    began_after: int = field(default=-1, init=False)  # newest seq of the process before this

    def maintain(self, beat: Beat) -> None:
        """Once a minute forget and report, and report a change at once, until the unit stops.

        Raises:
            LineError: the gate's line is not in good hands.
            StoreError: the history cannot be read or written.
        """
        while not self.stopping.is_set():
            self.turn()
            beat()
            self.stopping.wait(LOOK_S)

    def turn(self) -> None:
        """Do what is due now."""
        self.tend()
        self.follow_clock()
        vitals, now = self.health.snapshot(), time.monotonic()
        is_due = now >= self.next_at
        if is_due:
            self.next_at = now + MINUTE_S
            self.passages.forget(int((time.time() - self.retention_s) * 1000))
        if is_due or self.worth_telling(vitals) != self.told:
            self.report(vitals)

    def follow_clock(self) -> None:
        """Where the clock was set, this process's passages move with it: they are as old as before.

        A unit without a battery clock starts days behind; once it learns the time, retention would
        take what it has just seen for old.
        """
        if self.began_after < 0:
            self.began_after = self.passages.newest_before_this_process()
        jump = _clock_s() - self.clock_s
        if abs(jump) > JUMP_S:
            log.warning("the clock was set by %.0f s", jump)
            self.passages.move_in_time(self.began_after, round(jump * 1000))
            self.clock_s += jump

    def worth_telling(self, vitals: Vitals) -> tuple[object, ...]:
        """What is published as soon as it changes; a new broker knows nothing yet."""
        return self.link and self.link.session, vitals.problems, vitals.clock

    def report(self, vitals: Vitals) -> None:
        """Publish the state, retained."""
        if self.link is not None:
            body = messages.state_body(vitals, self.outbox.waiting(), self.outbox.dropped())
            self.told = self.worth_telling(vitals)
            self.link.publish(messages.state(self.topics, body))


def _taken_seq(receipt: Receipt) -> int | None:
    """The outbox row that the broker has taken with this."""
    return receipt.publication.seq if receipt.refusal is None else None


def _late_s(message: Message) -> int | None:
    """Whole seconds since a passage that is no longer fresh; None while it is."""
    if message.fresh_until is not None and time.monotonic() < message.fresh_until:
        return None
    return _age_s(message)


def _age_s(message: Message) -> int:
    """Whole seconds since the passage; 0 where the clock was set back meanwhile."""
    return max(0, round(time.time() - message.epoch_ms / 1000))
