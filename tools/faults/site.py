"""All that a round needs: disk, broker, proxy, listener and the unit, up and ready for faults."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.store.database import DATABASE, Database
from appliance.store.lists import ListStore
from tests.conftest import PIN, Broker
from tests.standin import FOLDER, Pins
from tools.faults.disk import Disk
from tools.faults.ear import CALM, Ear
from tools.faults.keep import Life
from tools.faults.proxy import Proxy
from tools.faults.unit import OFFSET, Orders
from tools.faults.world import Vehicle, traffic

UNIT = "pole-7"
PATIENCE_S = 120.0  # for the outbox to run empty in the end; the machine may be busy
WORK_S = 15.0  # for a unit to start and to see somebody
CONFIG = """
unit.id = "{unit}"
lane.gone_s = 0.3
store = {{ folder = "{disk}", outbox_mb = 400 }}
mqtt = {{ host = "127.0.0.1", port = {port} }}
gate = {{ line = {pin}, pulse_s = 0.1, pause_s = 0.5 }}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A unit among its surroundings.

    Attributes:
        folder: of the round; the disk is below it.
        disk, broker, proxy, ear, life: the parts.
        pins: what was done to the gate's line.
        vehicles: the traffic.
        orders: of the unit.
        chance: the round's own.
    """

    folder: Path
    disk: Disk
    broker: Broker
    proxy: Proxy
    ear: Ear
    life: Life
    pins: Pins
    vehicles: list[Vehicle]
    orders: Orders
    chance: random.Random

    @property
    def database(self) -> Path:
        """The unit's file."""
        return self.disk.folder / DATABASE

    def wait(self, least_s: float, most_s: float) -> None:
        """Let a while go by, of a length that chance draws."""
        CALM.wait(self.chance.uniform(least_s, most_s))

    def wait_for_work(self) -> None:
        """Let the unit see a vehicle, if it does so in a reasonable time."""
        deadline = time.monotonic() + WORK_S
        while not self.life.works and time.monotonic() < deadline:
            CALM.wait(0.02)

    def set_clock(self, by_s: float) -> None:
        """Set the unit's wall clock by so much, beside what it was set by before."""
        now = OFFSET.unpack(self.orders.clock.read_bytes())[0]
        with self.orders.clock.open("r+b") as file:  # in place: the unit has mapped it
            file.write(OFFSET.pack(now + by_s))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What the unit's file says."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def settle(self) -> bool:
        """Empty the road, mend everything, and wait for the outbox; whether it ran empty."""
        self.proxy.heal()
        self.orders.quiet.touch()
        CALM.wait(1.5)  # for whoever was in sight to have gone
        deadline = time.monotonic() + PATIENCE_S
        while self._waits():
            if time.monotonic() > deadline:
                return False
            CALM.wait(0.2)
        return True

    def _waits(self) -> bool:
        waiting = self.rows("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM early)")
        return waiting != [(0,)]


def _nothing(_path: Path) -> None:
    """The unit begins with an empty history."""


@contextmanager
def opened(
    seed: str,
    make_disk: Callable[[Path], Disk] = Disk,
    prepare: Callable[[Path], None] = _nothing,
) -> Iterator[Site]:
    """A site in a folder of its own that is gone afterwards, with its processes.

    Args:
        seed: of all that is drawn.
        make_disk: makes the small disk in a folder.
        prepare: called with the database before the unit is started.
    """
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="gatepost-faults-")))
        disk = held.enter_context(closing(make_disk(folder / "disk")))
        (folder / "broker").mkdir()
        broker = Broker(folder / "broker")
        held.callback(broker.kill)
        ear = held.enter_context(closing(Ear(broker.port)))
        broker.save()
        proxy = held.enter_context(closing(Proxy(broker.port)))
        orders = _orders(seed, folder, disk.folder, proxy.port)
        vehicles = traffic(orders.seed, orders.start, orders.count)
        _allow(disk.folder / DATABASE, [v.text for v in vehicles if v.allowed])
        prepare(disk.folder / DATABASE)
        life = held.enter_context(closing(Life(orders, disk.folder / DATABASE)))
        yield Site(
            folder=folder,
            disk=disk,
            broker=broker,
            proxy=proxy,
            ear=ear,
            life=life,
            pins=Pins(folder / "pins", PIN),
            vehicles=vehicles,
            orders=orders,
            chance=random.Random(seed),  # noqa: S311  # a game that can be played again
        )


def _orders(seed: str, folder: Path, disk: Path, port: int) -> Orders:
    config = folder / "gatepost.toml"
    config.write_text(CONFIG.format(unit=UNIT, disk=disk, port=port, pin=PIN), encoding="utf-8")
    environment = {
        "PYTHONPATH": os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")]),
        "STANDIN_PINS": str(folder / "pins"),
    }
    orders = Orders(config, seed, time.monotonic(), 1000, folder, environment)
    orders.clock.write_bytes(OFFSET.pack(0.0))
    return orders


def _allow(path: Path, plates: list[str]) -> None:
    """Put the plates on the list for whom the gate opens."""
    with closing(Database(path)) as database:
        bodies = {plate: json.dumps({"plate": plate}) for plate in plates}
        ListStore(database).replace("allowed", bodies)
