"""The loop `see`: from a frame to a passage that is decided and written down.

The rule to know: it waits for no other loop.  `sender` brings what it has written to the broker,
`keeper` does what is due now and then; the three share the database and immutable snapshots.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Event

from appliance.aiming import Aiming
from appliance.capture.camera import Camera
from appliance.capture.motion import Notice, unnoticed
from appliance.config import Unit
from appliance.crops import Crops
from appliance.domain import Frame, Message, Passage, Settled, Sighting
from appliance.entrance import Entrance
from appliance.health import Beat, Health
from appliance.ledger import Entry, Ledger
from appliance.recognize.recognizer import Recognizer
from appliance.resolve.arrival import Arrivals
from appliance.resolve.tracker import Tracker
from appliance.stamp import Stamp
from appliance.store.passages import Passages
from appliance.transmit import messages

Announce = Callable[[Passage, Message], None]

FRESH_S = 10.0  # after the last sighting; older, a passage must not look live

log = logging.getLogger(__name__)


def _unheard(*_: object) -> None:
    """Nobody asks."""


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
        tend: looks after what hangs on lines beside the entrance, should the keeper be slow.
        crops: the best view of each plate in sight.
        show: hears of each frame and its plates.
        part_with: hears of each vehicle that has gone by.
        notice: hears the time of each frame with a plate, so that none after it is passed over.
        give_way: makes room on a full disk at the end; whether there was any to make.
        aiming: how the newest vehicles were seen.
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
    tend: Callable[[], None] = lambda: None
    crops: Crops = field(default_factory=Crops)
    show: Callable[[Frame, Sequence[Sighting]], object] = _unheard
    part_with: Callable[[Settled], object] = _unheard
    notice: Notice = unnoticed
    give_way: Callable[[], bool] = lambda: False
    aiming: Aiming = field(default_factory=Aiming)
    arrivals: Arrivals = field(default_factory=Arrivals, init=False)
    parting: bool = field(default=False, init=False)
    ledger: Ledger = field(init=False)
    told: dict[int, Passage] = field(default_factory=dict, init=False)  # early, by their track

    def __post_init__(self) -> None:
        """Open the ledger, which is the lane's way into the history."""
        self.ledger = Ledger(self.passages, self.health, self.give_way)

    def see(self, beat: Beat) -> None:
        """Watch the lane until the camera is closed, the recording ends or the unit stops.

        Raises:
            LineError: the gate's line is not in good hands.
            PictureError: the camera or the recording cannot be read any further.
            StalledError: the camera gives no frames.
            StoreError: a passage cannot be written; FullError: not even at the end.
        """
        self.recover()
        try:
            for frame in self.camera.frames():
                self.look(frame)
                beat()
                if self.stopping.is_set():
                    break
        finally:  # a camera that fails must not take with it who has just gone by
            self.part()
        self.ledger.require_written()

    def recover(self) -> None:
        """Record who was told early by a process that was ended before the vehicle had left."""
        recovered = self.ledger.recover()
        if recovered:
            log.warning("%d passages told early before the last end are recorded", recovered)
            self.wake.set()

    def look(self, frame: Frame) -> None:
        """Take in one frame."""
        self.entrance.tend()
        self.tend()
        begun = time.perf_counter()
        if not self.stamp.recorded:
            self.health.took("age", time.monotonic() - frame.at)
        sightings = self.recognizer.sightings(frame)
        if sightings:
            self.notice(frame.at)
        self.show(frame, sightings)
        with self.health.timing("track"):
            over = self.tracker.update(frame.at, frame.size, sightings, frame.cut)
        for settled in over:
            self.settle(settled)
        self.arrivals.watch(frame.at, sightings, frame.cut)  # who was in sight before has come
        sighted = self.tracker.sighted(frame.at)
        self.crops.watch(frame, sighted, self.tracker.last_at)
        self.aiming.watch(frame, sighted, self.tracker.last_at)
        self.health.aimed(self.aiming.aim)
        self.ask_again(frame.at)
        self.write_down()
        self.health.saw(frame)
        self.health.took("frame", time.perf_counter() - begun)
        self.health.reject(self.tracker.rejected)

    def part(self) -> None:
        """Settle whoever is in sight; a recording broken off would show them longer next time."""
        self.parting = True
        if not (self.stamp.recorded and self.stopping.is_set()):
            for settled in self.tracker.flush():
                self.settle(settled)
        self.spread(self.ledger.write_last())

    def settle(self, settled: Settled) -> None:
        """Decide what a vehicle means; write it down before others hear.

        Early only for who is fresh: for others there is no gate to open and nothing to tell live.
        """
        if not settled.early:
            self.record(settled)
        elif self.is_fresh(settled):
            self.tell(settled)

    def tell(self, settled: Settled) -> None:
        """Ask the gate for a vehicle that is still in sight, and let others hear of it."""
        passage = self.passage(settled, None, fresh=True)
        self.told[settled.track] = passage
        self.ledger.tell_early(passage, self.body(passage), settled.last_at + FRESH_S)
        log.info("passage %s: told early", passage.uuid)
        self.wake.set()

    def ask_again(self, at: float) -> None:
        """Ask the gate for who is in sight and was not let in, once that may have changed.

        Others have heard of the vehicle, and a second live copy might open their gates: what this
        opens stands in the record.
        """
        for track, early in self.told.items():
            last_at = self.tracker.last_at(track)
            stands = self.tracker.stands(track, at)
            if last_at is None or not self.entrance.may_open_now(early.decision, stands=stands):
                continue
            settled = replace(early.settled, last_at=last_at)
            again = self.passage(settled, early, fresh=self.is_fresh(settled))
            if again.decision.action == "open":
                self.told[track] = again
                self.ledger.amend_early(again, self.body(again))

    def record(self, settled: Settled) -> None:
        """Write down a vehicle that has gone by, or is in sight at the end.

        The gate stays shut at the end, for a pulse would be cut short.
        """
        self.part_with(settled)
        fresh, early = self.is_fresh(settled), self.told.pop(settled.track, None)
        passage = self.passage(settled, early, fresh=fresh and not self.parting)
        jpeg = self.crops.take(settled.track)
        body = self.body(passage, sha256(jpeg).hexdigest() if jpeg else None)
        fresh_until = settled.last_at + FRESH_S if fresh else None
        self.ledger.put(Entry(passage, body, fresh_until, jpeg))
        self.write_down()

    def write_down(self) -> None:
        """Write what is not written yet, and let others hear of it; on a full disk some waits."""
        self.spread(self.ledger.write())

    def spread(self, written: Iterable[tuple[Passage, Message]]) -> None:
        """Let others hear of what has been written."""
        for passage, message in written:
            self.health.count("passages")
            log.info("passage %s", passage.uuid)
            self.wake.set()
            self.announce(passage, message)

    def passage(self, settled: Settled, early: Passage | None, *, fresh: bool) -> Passage:
        """The settled track with its id, its time, and what was answered it.

        The record of what was told early has the same id: both are one passage.
        """
        stamped = self.stamp(settled, early.uuid if early else None)
        before = early.decision if early else None
        return Passage(
            uuid=stamped.uuid,
            settled=settled,
            decision=self.entrance.answer(settled, stamped, fresh=fresh, before=before),
            epoch_ms=stamped.epoch_ms,
            clock=stamped.clock,
            recorded=self.stamp.recorded,
            night=self.health.is_night(),
        )

    def body(self, passage: Passage, image_sha256: str | None = None) -> str:
        """What others are told of a passage."""
        return messages.passage_body(passage, self.unit, self.model, image_sha256)

    def is_fresh(self, settled: Settled) -> bool:
        """Whether the vehicle is there now and was seen to come; what was told early was."""
        is_recent = time.monotonic() < settled.last_at + FRESH_S
        has_come = settled.track in self.told or self.arrivals.has_come(settled)
        return is_recent and has_come and not self.stamp.recorded
