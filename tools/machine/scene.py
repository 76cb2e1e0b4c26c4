"""What the scenarios have in common: a unit, what it is offered, and steps that each of them takes.

The rule to know: a step waits for what it is about, with a deadline, and raises LateError after it.
"""

from __future__ import annotations

import re
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.machine.card import BOOT_A, BOOT_B, BOOTCONFIG, SYSTEM_A, SYSTEM_B, run
from tools.machine.firmware import FirmwareError, choose
from tools.machine.ledger import Ledger
from tools.machine.releases import Offers, Shop, Signers, pack
from tools.machine.results import Results
from tools.machine.unit import Answer, Unit

INSTALL = "gatepost update install"
INSTALL_S = 1500.0
TRIAL_S = 1300.0
"""From the restart to the commit: a boot, a minute of probation, and all that may be slow."""
FALL_BACK_S = 2400.0
OTHER = {BOOT_A: (BOOT_B, SYSTEM_B), BOOT_B: (BOOT_A, SYSTEM_A)}
SLOTS = {BOOT_A: "A", BOOT_B: "B"}


@dataclass(frozen=True, slots=True)
class Scene:
    """A unit and all that is done to it.

    Attributes:
        unit: the unit.
        offers: what it can fetch.
        shop, by: where releases come from.
        ledger: what must not be lost.
        results: what came of it.
    """

    unit: Unit
    offers: Offers
    shop: Shop
    by: Signers
    ledger: Ledger
    results: Results

    def bundle(self, version: str, *, app: str = "", initramfs: bytes = b"") -> Path:
        """The bundle of a release that is good, or is not."""
        slot = self.shop.slot(version, app=app, initramfs=initramfs)
        return pack(slot, self.shop.folder / f"{version}.raucb", self.by)

    def boot(self) -> float:
        """Give it power and wait for its service; seconds that took."""
        now = time.monotonic()
        self.unit.board.switch_on()
        return self.unit.come_up(now)

    def committed(self) -> int:
        """The partition that the firmware takes unless it is told otherwise; 0: cannot be told."""
        try:
            text = self.unit.board.card.read(BOOTCONFIG, "autoboot.txt").decode()
            return choose(text, is_try=False).partition
        except (FirmwareError, RuntimeError, UnicodeDecodeError):
            return 0  # it is being written just now

    def booted(self) -> int:
        """The partition that was started last."""
        return self.unit.board.runs[-1].start.partition

    def other_slot(self) -> str:
        """Checksums of the two partitions that no update may have touched."""
        card = self.unit.board.card
        spans = (card.spans()[each] for each in OTHER[self.committed()])
        return " ".join(_checksum(card.path, each.begin, each.size) for each in spans)

    def install(self) -> Answer:
        """`gatepost update install` over the network, with how long it took."""
        answer = self.unit.ssh(INSTALL, INSTALL_S)
        if answer.code:
            self.results.check("install", "exit 0", last_line(answer), is_right=False)
        return answer

    def restart_for_trial(self) -> float:
        """Restart, and wait until the firmware tries the other slot; when that began."""
        count = len(self.unit.board.runs)
        self.unit.restart()
        return self.trial_since(count, 300)

    def trial_since(self, count: int, limit_s: float) -> float:
        """Wait until the firmware tries a slot, after so many starts; when that began."""

        def tried() -> float | None:
            began = [each.began_at for each in self.unit.board.runs[count:] if each.start.is_try]
            return began[0] if began else None

        return self.unit.until(tried, "the firmware's try", limit_s)

    def commit(self, since: float) -> float:
        """Wait until the slot that runs is the committed one; seconds since `since`."""
        wanted = self.booted()
        with self.haste():
            self.unit.until(lambda: self.committed() == wanted, "committed", TRIAL_S)
        return time.monotonic() - since

    def fall_back(self, home: int, since: float) -> None:
        """Wait until a slot runs again and is online, after a trial of the other one."""

        def is_up() -> bool:
            run = self.unit.board.runs[-1]
            is_home = run.start.partition == home and run.began_at > since
            return is_home and self.unit.online_at(run.began_at) is not None

        self.unit.until(is_up, f"back in slot {SLOTS[home]}", FALL_BACK_S)

    def settle(self) -> dict[str, Any]:
        """Wait until nothing is on trial: only then is it known which slot is the other one.

        Returns:
            What the unit then tells of its releases.
        """
        with self.haste():
            since = self.unit.until(self._settled_at, "no trial", TRIAL_S)

        def told() -> dict[str, Any] | None:
            heard = [each.table() for each in self.unit.heard("release", since)]
            return heard[-1] if heard and heard[-1]["trial"] is None else None

        return self.unit.until(told, "the trial's end", TRIAL_S)

    def _settled_at(self) -> float | None:
        """When the start began that goes on, if it is of the slot that is committed."""
        return self.unit.board.runs[-1].began_at if self.committed() == self.booted() else None

    def haste(self) -> AbstractContextManager[None]:
        """For that long the unit has many pictures to look at, for its trial needs them."""
        return self.unit.host.cameras.haste(self.unit.name)

    def told(self) -> set[str]:
        """The uuid of every passage that the broker has had."""
        heard = self.unit.heard("log") + self.unit.heard("passage")
        return {str(each.table()["uuid"]) for each in heard}


def last_line(answer: Answer) -> str:
    """What a command said in the end, without a progress bar."""
    lines = [line for line in re.split(r"[\r\n]+", answer.text) if line.strip()]
    return f"exit {answer.code}: {lines[-1] if lines else ''}"


def _checksum(path: Path, begin: int, size: int) -> str:
    part = f"tail -c +{begin + 1} '{path}' | head -c {size} | sha256sum"
    return run(["sh", "-c", part]).decode().split()[0]
