"""A unit with two slots that is not there: a fake board, and what runs on it as its root says.

The rule to know: all decisions are the unit's own code; only power, firmware and faults of a
release are made here.  A root's fault says how it behaves: see FAULTS.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from appliance.update import install as installing
from appliance.update import system, verdict
from appliance.update.boot import ENDED, begin
from appliance.update.disk import Disk
from appliance.update.fakeboard import FakeBoard, FakeRauc, Root
from appliance.update.install import SYSTEM_KINDS, Offer, Unit, look
from appliance.update.shelf import Shelf
from appliance.update.slots import System
from appliance.update.source import Source
from appliance.update.trial import Standing
from tests.update.conftest import BOARD, NOW, Publisher, public_of, verified
from tools.publish.signing import PrivateKey
from tools.publish.site import Table, new_release

COMPATIBLE = "gatepost-qemu-arm64"
OLD, NEW = "1.1.0", "1.2.0"
FAULTS = {
    "initramfs": "never comes up: the watchdog resets the board",
    "hang": "comes up, and the watchdog resets the board",
    "crash": "the unit ends by itself until systemd starts the board anew",
    "silent": "the unit says that it is not good",
    "mute": "nothing is said, until the outer gate starts the board anew",
}
MOST_BOOTS = 12  # of one life; no fault needs more


def bundle_release(
    publisher: Publisher, version: str, root: Root | None = None, **more: object
) -> Table:
    """Publish a release that is a whole system."""
    root = root or Root(COMPATIBLE, version)
    content = root.bundle()
    name = sha256(content).hexdigest()
    folder = publisher.site.folder / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    sizes = {"size": len(content), "unpacked": 0}
    artefact = {"kind": "system", "platform": COMPATIBLE, "sha256": name, **sizes}
    told = {"hardware": [BOARD], "least": "0.0.0", "writes": 1, "reads": 1} | more
    new = new_release(version, [artefact], 100, **told)
    table = publisher.site.table()
    return publisher.publish(table | {"releases": [*table["releases"], new]})


@dataclass
class SlotUnit:
    """A unit, its board and its card.

    Attributes:
        folder: of its updates.
        run: of what no boot outlives.
        keys: of the publisher.
        board: its firmware and slots.
        disk: how it writes.
        boots: how often it was booted.
        before_commit: called before a release that is good is committed.
    """

    folder: Path
    run: Path
    keys: dict[str, PrivateKey]
    board: FakeBoard = field(
        default_factory=lambda: FakeBoard({"A": Root(COMPATIBLE, OLD), "B": None})
    )
    disk: Disk = field(default_factory=Disk)
    boots: int = 0
    before_commit: Callable[[], None] = lambda: None

    @property
    def shelf(self) -> Shelf:
        """Of its updates."""
        return Shelf(self.folder, self.disk)

    @property
    def standing(self) -> Standing:
        """What it remembers."""
        return self.shelf.standing()

    @property
    def rauc(self) -> FakeRauc:
        """Of its board."""
        return FakeRauc(self.board)

    @property
    def version(self) -> str:
        """What runs."""
        root = self.board.roots[self.board.booted]
        assert root is not None
        return root.version

    def look(self, source: Source, wanted: str = "") -> Offer:
        """What is offered."""
        roots = (public_of(self.keys["root"]),)
        told = 1, SYSTEM_KINDS, self.version
        unit = Unit("u1", "gatepost", roots, BOARD, COMPATIBLE, *told)
        return look(self.shelf, unit, source, verified, NOW, wanted)

    def install(self, source: Source, *, reached: bool = False, force: bool = False) -> Standing:
        """Write what is offered into the other slot, and arm it."""
        offer = self.look(source)
        choice = installing.forced(offer) if force else offer.choice
        assert choice.release is not None, choice.words
        archives = installing.fetch_release(self.shelf, choice.release, offer.place, source)
        (bundle,) = archives.values()
        return system.install_bundle(
            self.shelf, choice.release, offer.place, bundle, self.rauc, reached=reached
        )

    def reboot(self) -> None:
        """As a person does it, to the end of all that follows by itself."""
        self.board.reboot()
        self.live(orderly=True)

    def cut(self) -> None:
        """The power goes and comes back."""
        self.live(orderly=False)

    def live(self, *, orderly: bool) -> None:
        """Boot, and whatever follows by itself, until a committed slot runs and stays."""
        for _ in range(MOST_BOOTS):
            orderly = self._boot(orderly=orderly)
            if not orderly and not self.board.slots().on_trial and not self._is_reset:
                return
        raise AssertionError(f"no end: {self.board.history[-30:]}")

    _is_reset: bool = False

    def _boot(self, *, orderly: bool) -> bool:
        """One boot; whether an orderly one follows."""
        root = self.board.power_on(orderly=orderly)
        self.boots += 1
        shutil.rmtree(self.run, ignore_errors=True)
        (self.run / "gatepost").mkdir(parents=True)
        self._is_reset = root is None or root.fault == "initramfs"
        if self._is_reset or root is None:
            assert self.board.booted != self.board.committed, "the committed slot is no slot"
            return False
        begin(self.shelf, self.board, System(root.compatible, root.version), f"boot {self.boots}")
        if not self.board.is_restarting and self.board.slots().on_trial:
            self._try(root)
        return self.board.is_restarting

    def _try(self, root: Root) -> None:
        """The release on trial, as it behaves."""
        if root.fault == "hang":
            self._is_reset = True
        elif root.fault in {"crash", "mute"}:
            self._note(f"the unit ended: {root.fault}")
            self.board.reboot()
        else:
            self.before_commit()
            found = verdict.Verdict(root.version, good=not root.fault, why=root.fault)
            standing = system.commit(self.shelf, self.rauc, found)
            if standing.trial is None and self.board.slots().on_trial:
                self.board.reboot()

    def _note(self, why: str) -> None:
        """As `ExecStopPost=` of the unit, or the outer gate."""
        path = self.folder / ENDED
        self.disk.append(path, f"{why}\n".encode())
        self.disk.sync(path)
        self.disk.sync(path.parent)
