"""Units of a fleet, many in one process.

    the clock -> Passages.record -> outbox -> Sender -> MqttLink -> mosquitto

The rule to know: of each unit the store (a SQLite file of its own, written through), the loop
`send` on a thread of its own and the MQTT connection are the appliance's; played is all before
them.  The lane is one thread for all units of a process, which records what is due.
"""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from threading import Event

from appliance.config import Mqtt, Unit
from appliance.health import Health
from appliance.pipeline import FRESH_S
from appliance.retention import Retention
from appliance.sender import Sender
from appliance.store.database import Database
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.transmit.messages import Receipt, Topics, passage_body
from appliance.transmit.mqtt import MqttLink
from tests.conftest import PASSAGE

PATIENCE_S = 180.0  # for all to be connected, and for the outboxes to run empty: it may be much
KEEP_LAST_S = 72 * 3600.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What the units of a process are to do.

    Attributes:
        names: their ids, which are their user names.
        port: of the broker.
        folder: where the stores go, and where their password is in the file `secret`.
        rate: passages a second of each.
        seconds: for how long.
    """

    names: Sequence[str]
    port: int
    folder: Path
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Told:
    """A passage, times in monotonic seconds, which the machine's processes share.

    Attributes:
        uuid: its id.
        seq: its number at its unit.
        due: when it was to be recorded.
        recorded: when its recording had returned.
        taken: when the sender heard of its PUBACK; 0 where it did not.
    """

    uuid: str
    seq: int
    due: float
    recorded: float
    taken: float


@dataclass(slots=True)
class Member:
    """One unit.

    Attributes:
        name: its id.
        number: among all of the fleet.
        told: what was recorded: seq, uuid, due, recorded.
        taken: when which `seq` was acknowledged.
    """

    name: str
    number: int
    passages: Passages
    sender: Sender
    told: list[tuple[int, str, float, float]] = field(default_factory=list)
    taken: dict[int, float] = field(default_factory=dict)

    def record(self, due: float) -> None:
        """Somebody has gone by."""
        uuid = f"01JD3K7W6Y8Z{self.number:06d}{len(self.told):08d}"
        passage = replace(PASSAGE, uuid=uuid, epoch_ms=round(time.time() * 1000))
        unit = Unit(id=self.name, camera="gate", site="fleet")
        body = passage_body(passage, unit, "det-3/ocr-7")
        seq = self.passages.record(passage, body, time.monotonic() + FRESH_S)
        self.told.append((seq, uuid, due, time.monotonic()))
        self.sender.wake.set()

    def lines(self) -> list[Told]:
        """What became of each."""
        return [
            Told(uuid, seq, due, at, self.taken.get(seq, 0.0)) for seq, uuid, due, at in self.told
        ]


def live(orders: Orders, wire: Connection, go: Signal, stop: Signal) -> None:
    """Run the units of this process; `wire` gets "ready", then what was recorded.

    Args:
        orders: what they are to do.
        wire: to who measures.
        go: set when all of the fleet are connected.
        stop: set when nothing more is to be recorded.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who measures has it, and sets `stop`
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stopping = Event()
    members = [_member(orders, name, stopping) for name in orders.names]
    with ThreadPoolExecutor(len(members)) as pool:
        running = [pool.submit(member.sender.send, lambda: None) for member in members]
        try:
            _until(lambda: stop.is_set() or all(m.sender.link.session for m in members), running)
            wire.send("ready")
            go.wait(PATIENCE_S)
            _drive(members, orders, stop)
            _until(lambda: all(len(each.taken) == len(each.told) for each in members), running)
        finally:
            stopping.set()
            for member in members:
                member.sender.wake.set()
    wire.send([line for member in members for line in member.lines()])


def _member(orders: Orders, name: str, stopping: Event) -> Member:
    broker = {"host": "127.0.0.1", "port": orders.port, "username": name}
    mqtt = Mqtt.model_validate(broker | {"password_file": orders.folder / "secret"})
    topics, wake = Topics(name), Event()
    path = orders.folder / name / "passages.sqlite"
    passages, outbox = Passages(Database(path), 64_000_000), Outbox(Database(path))
    link = MqttLink(mqtt, topics, wake)
    sender = Sender(outbox, link, topics, Health(), wake, stopping, Retention(KEEP_LAST_S))
    member = Member(name, int(name.rsplit("-", 1)[1]), passages, sender)
    _note(link, member.taken)
    return member


def _note(link: MqttLink, taken: dict[int, float]) -> None:
    """Have the link note when which row was acknowledged."""
    tend = link.tend

    def noted() -> list[Receipt]:
        receipts, now = tend(), time.monotonic()
        seqs = (each.publication.seq for each in receipts if each.refusal is None)
        taken.update((seq, now) for seq in seqs if seq is not None)
        return receipts

    link.tend = noted  # type: ignore[method-assign]  # between the real link and the real sender


def _drive(members: Sequence[Member], orders: Orders, stop: Signal) -> None:
    """Record what is due: each unit at its own moments, evenly apart."""
    begin, pause = time.monotonic(), 1 / orders.rate
    for turn in range(round(orders.seconds * orders.rate)):
        for place, member in enumerate(members):
            due = begin + (turn + place / len(members)) * pause
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            member.record(due)


def _until(is_so: Callable[[], bool], running: Sequence[Future[None]]) -> None:
    """Wait, with a deadline after which what is not so shows in the figures; a dead loop raises."""
    deadline, calm = time.monotonic() + PATIENCE_S, Event()
    while not is_so() and time.monotonic() < deadline:
        for each in running:
            if each.done():
                each.result()
        calm.wait(0.1)
