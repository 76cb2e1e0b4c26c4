"""A board with two slots that is not there: its firmware, its backend and RAUC, by their rules.

The rules: the firmware boots the committed slot, or for one boot the armed one, which a power cut
forgets and which it may lose itself.  RAUC writes the slot that does not run, which holds nothing
whole meanwhile, and arms nothing by itself (`activate-installed=false`).  Marking the slot that
runs as good commits it; marking it as bad, or another one, does not.

The rule to know: a test gives `step`, which is called before each thing that lasts, and may end it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import UpdateError
from appliance.update.rauc import Writing
from appliance.update.slots import Slots, System
from appliance.update.slots import other as _other

KEY = "ours"  # who signs bundles that this board takes
PARTS = 4  # in which a slot is written


@dataclass(frozen=True, slots=True)
class Root:
    """What a slot or a bundle holds.

    Attributes:
        compatible: RAUC's name for the boards.
        version: of the release.
        fault: what is wrong with it, for whoever lets it run; empty: nothing.
        signer: of the bundle.
    """

    compatible: str
    version: str
    fault: str = ""
    signer: str = KEY

    def bundle(self) -> bytes:
        """As a file that `FakeRauc` installs."""
        names = ("compatible", "version", "fault", "signer")
        return json.dumps({name: getattr(self, name) for name in names}).encode()


@dataclass(slots=True)
class FakeBoard:
    """Firmware and backend.

    Attributes:
        roots: what the slots hold; None: nothing whole.
        committed: the slot that is booted unless another one is armed.
        booted: the slot that runs.
        armed: for the next boot.
        is_restarting: somebody asked for a reboot.
        loses: how many armed boots the firmware still forgets (raspberrypi/firmware #2038).
        walks: whether it boots the other slot where one holds nothing (PARTITION_WALK).
        history: what was asked of it.
        step: called before each thing that lasts, with its name.
    """

    roots: dict[str, Root | None]
    committed: str = "A"
    booted: str = "A"
    armed: bool = False
    is_restarting: bool = False
    loses: int = 0
    walks: bool = False
    history: list[str] = field(default_factory=list)
    step: Callable[[str], None] = lambda _name: None

    def slots(self) -> Slots:
        """What runs and what is committed."""
        return Slots(self.booted, self.committed)

    def arm(self, slot: str) -> None:
        """As the backend has it: the committed slot needs no arming."""
        self.do(f"arm {slot}")
        self.armed = slot != self.committed

    def reboot(self) -> None:
        """Somebody asks for it; `power_on` is when it comes."""
        self.do("reboot")
        self.is_restarting = True

    def power_on(self, *, orderly: bool) -> Root | None:
        """Boot: after a power cut or a reset nothing is armed.  Gives what the slot holds."""
        tried = orderly and self.armed and not self.loses
        if orderly and self.armed and self.loses:
            self.loses -= 1
        self.booted = _other(self.committed) if tried else self.committed
        if self.roots[self.booted] is None and self.walks:
            self.booted = _other(self.booted)
        self.armed = self.is_restarting = False
        self.history.append(f"boot {self.booted}")
        return self.roots[self.booted]

    def do(self, name: str) -> None:
        """Something that lasts."""
        self.step(name)
        self.history.append(name)


@dataclass(frozen=True, slots=True)
class FakeRauc:
    """RAUC on such a board.

    Attributes:
        board: whose.
    """

    board: FakeBoard

    def describe(self, bundle: Path) -> System:
        """What a bundle holds; its signature is verified."""
        root = _opened(bundle)
        return System(root.compatible, root.version)

    def install(self, bundle: Path, writing: Writing) -> None:
        """Write a bundle into the slot that does not run."""
        board = self.board
        root, target = _opened(bundle), _other(board.booted)
        here = board.roots[board.booted]
        if here is None or root.compatible != here.compatible:
            raise UpdateError("bundle", "RAUC refused it: Compatible mismatch")
        for part in range(PARTS):
            board.do(f"write {part + 1}/{PARTS} of {target}")
            board.roots[target] = None
            writing(100 * part // PARTS)
        board.do(f"write the end of {target}")
        board.roots[target] = root
        writing(100)

    def mark(self, *, good: bool) -> None:
        """Say of the slot that runs that it is good, which commits it, or bad."""
        board = self.board
        board.do(f"mark {board.booted} {'good' if good else 'bad'}")
        if good:
            board.committed = board.booted

    def arm(self, *, other: bool) -> None:
        """Let the next boot be of the other slot, or of the one that runs."""
        booted = self.board.booted
        self.board.arm(_other(booted) if other else booted)

    def primary(self) -> str:
        """The slot that the next boot is of."""
        committed = self.board.committed
        return _other(committed) if self.board.armed else committed


def _opened(bundle: Path) -> Root:
    """A bundle, else UpdateError."""
    try:
        root = Root(**json.loads(bundle.read_bytes()))
    except (ValueError, TypeError) as fault:
        raise UpdateError("bundle", "RAUC refused it: not a bundle") from fault
    if root.signer != KEY:
        told = "signature verification failed: Verify error: self-signed certificate"
        raise UpdateError("bundle", f"RAUC refused it: {told}")
    return root
