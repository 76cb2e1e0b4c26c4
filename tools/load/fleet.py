"""What `tools/fleet` runs: units that all record at once, one broker, and what became of it.

The rule to know: what was recorded the units tell, what arrived the listener; nobody is believed
about the other.  The broker lets in who `gatepost broker-acl` names, each with a password.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import SpawnContext
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from appliance.commands.numbers import whole
from tests.conftest import Broker
from tools.faults.ear import CALM, Ear
from tools.load.gauge import Look, look
from tools.load.members import PATIENCE_S, Orders, Told, live
from tools.load.verdict import Run, report, table

LISTENER = "records"  # the operator of the ACL file: hears everything
PASSWORD = "as good as any"  # noqa: S105  # of a broker that lives for a minute, on loopback
LOOK_S = 1.0
LAST_S = 5.0  # for the listener to hear what the units know to be acknowledged


@dataclass(frozen=True, slots=True)
class Asked:
    """How large the fleet is.

    Attributes:
        units: how many.
        rate: passages a second of each.
        seconds: for how long.
        processes: in which the units live.
    """

    units: int
    rate: float
    seconds: float
    processes: int

    @property
    def names(self) -> list[str]:
        """The ids of the units."""
        return [f"unit-{number:04d}" for number in range(self.units)]

    @property
    def total(self) -> int:
        """Passages in all."""
        return round(self.seconds * self.rate) * self.units


def main() -> int:
    """Run it and print the table; 1 where something was lost, 130 when broken off."""
    parser = argparse.ArgumentParser(prog="tools/fleet", description=__doc__)
    parser.add_argument("--units", type=whole(1), default=200, help="how many (200)")
    parser.add_argument("--rate", type=float, default=1.0, help="passages a second of each (1)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for how long (60)")
    parser.add_argument("--processes", type=whole(1), default=8, help="in which the units live (8)")
    parser.add_argument("--folder", type=Path, help="for the stores (default: the system's)")
    parser.add_argument("--out", type=Path, default=Path("out/fleet"), help="for the table")
    given = parser.parse_args()
    asked = Asked(given.units, given.rate, given.seconds, given.processes)
    with TemporaryDirectory(prefix="gatepost-fleet-", dir=given.folder) as folder:
        run = play(asked, Path(folder))
    command = f"tools/fleet --units {asked.units} --rate {asked.rate:g} --seconds {asked.seconds:g}"
    told = {"command": command} | report(run)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "fleet.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (given.out / "fleet.md").write_text(table(told), encoding="utf-8")
    print(table(told))
    return 130 if run.broken_off else int(bool(told["lost"]))


def play(asked: Asked, folder: Path) -> Run:
    """Run the fleet in that folder; Ctrl-C ends the recording, and what was recorded is judged."""
    context = get_context("spawn")
    go, stop = context.Event(), context.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    with ExitStack() as held:
        held.callback(signal.signal, signal.SIGINT, before)
        broker = _broker(asked.names, folder)
        held.callback(broker.kill)
        ear = held.enter_context(closing(Ear(broker.port, LISTENER, PASSWORD)))
        shares = [asked.names[first :: asked.processes] for first in range(asked.processes)]
        units = [
            Share(context, Orders(names, broker.port, folder, asked.rate, asked.seconds), go, stop)
            for names in shares
            if names
        ]
        for unit in units:
            held.callback(unit.end)
        for unit in units:
            unit.receive()  # "ready"
        go.set()
        with tqdm(total=asked.total, unit="passage") as bar:
            told, looks = _watch(units, broker, ear, bar.update)
        return Run(asked.units, asked.rate, told, list(ear.heard), looks, stop.is_set())


class Share:
    """A process with some of the units."""

    def __init__(self, context: SpawnContext, orders: Orders, go: Signal, stop: Signal) -> None:
        """Start it."""
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=live, args=(orders, theirs, go, stop))
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid or 0

    def receive(self, timeout_s: float = 2 * PATIENCE_S) -> list[Told] | None:
        """What it says next; None where that is too little or too late: it tells why on stderr.

        Raises:
            EOFError: it has ended.
        """
        told: list[Told] | None = self._wire.recv() if self._wire.poll(timeout_s) else None
        return told

    def end(self) -> None:
        """Have it gone."""
        self._process.join(PATIENCE_S)
        self._process.kill()


def _watch(
    units: Sequence[Share], broker: Broker, ear: Ear, advance: Callable[[int], object]
) -> tuple[list[Told], list[Look]]:
    """Look every second until all units have told what they recorded, and the listener has it."""
    pids = [unit.pid for unit in units]
    told: list[Told] = []
    looks, silent, logged, deadline = [look(broker.pid, pids)], list(units), 0, 0.0
    while silent or (logged < len(told) and time.monotonic() < deadline):
        CALM.wait(LOOK_S)
        for unit in list(silent):
            said = unit.receive(0)
            if said is not None:
                told += said
                silent.remove(unit)
                deadline = time.monotonic() + LAST_S
        if len(silent) == len(units):
            looks.append(look(broker.pid, pids))
        now = sum(heard.topic == "log" for heard in list(ear.heard))
        advance(now - logged)
        logged = now
    return told, looks


def _broker(names: Sequence[str], folder: Path) -> Broker:
    """A mosquitto with an account for each unit and for the listener."""
    acl, passwords = folder / "acl", folder / "passwords"
    command = [sys.executable, "-m", "appliance", "broker-acl", "--operator", LISTENER, *names]
    acl.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603
    accounts = (f"{name}:{PASSWORD}\n" for name in (*names, LISTENER))
    passwords.write_text("".join(accounts), encoding="ascii")
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD, encoding="ascii")
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)  # noqa: S603, S607
    home = folder / "broker"
    home.mkdir()
    lines = "allow_anonymous false", f"acl_file {acl}", f"password_file {passwords}"
    return Broker(home, *lines, "log_type none", "log_type error", "log_type warning")


if __name__ == "__main__":
    sys.exit(main())
