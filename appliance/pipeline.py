"""The loop `see`: from a frame to a passage that is decided and written down.

The rule to know: it waits for no other loop.  `sender` brings what it has written to the broker,
`keeper` does what is due now and then; the three share the database and immutable snapshots.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event

from appliance.capture.camera import Camera
from appliance.config import Unit
from appliance.domain import Frame, Message, Passage, Settled
from appliance.entrance import Entrance
from appliance.health import Beat, Health
from appliance.recognize.recognizer import Recognizer
from appliance.resolve.tracker import Tracker
from appliance.stamp import Stamp
from appliance.store.passages import Passages
from appliance.transmit import messages

Announce = Callable[[Passage, Message], None]

ARRIVAL_S = 1.0  # who is in sight as early as this after the start stood there before
FRESH_S = 10.0  # after the last sighting; older, a passage must not look live

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
        for settled in self.tracker.update(frame.at, frame.size, sightings, frame.cut):
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
