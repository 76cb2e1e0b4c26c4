"""The power goes at each step of a system update: a whole slot comes up, and the update goes on.

From the first byte that is fetched over RAUC's writing, arming and committing to the last file that
is deleted; with everything on the card that was written, with nothing of what was not synced, and
with half of it.  Releases that fail in each of the ways that there are are cut as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from appliance.update import system
from appliance.update.disk import Disk
from appliance.update.fakeboard import FakeBoard, Root
from appliance.update.slots import write_slots
from appliance.update.source import FolderSource
from tests.update.conftest import publisher_in
from tests.update.cutting import CuttingDisk, PowerCut
from tests.update.slotted import COMPATIBLE, NEW, OLD, SlotUnit, bundle_release
from tools.publish.signing import PrivateKey

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a file system, no file


class Scene:
    """A unit that runs OLD from slot B, with an older one in A, and sources of NEW."""

    def __init__(self, folder: Path, keys: dict[str, PrivateKey]) -> None:
        """Bring it there by an update."""
        self.folder, self.keys = folder, keys
        publisher = publisher_in(folder / "site", keys)
        bundle_release(publisher, OLD)
        board = FakeBoard({"A": Root(COMPATIBLE, "1.0.0"), "B": None})
        self.before = self.unit(folder / "before", board)
        self.before.live(orderly=False)
        self.before.install(FolderSource(folder / "site"), reached=True)
        self.before.reboot()
        assert self.before.version == OLD

    def unit(self, folder: Path, board: FakeBoard) -> SlotUnit:
        """With its own card."""
        return SlotUnit(folder, self.folder / "run", self.keys, board)

    def source(self, fault: str) -> FolderSource:
        """That offers NEW, which behaves so."""
        folder = self.folder / f"site-{fault}"
        if not folder.exists():
            publisher = publisher_in(folder, self.keys)
            root, key = publisher.root.public(), publisher.key.public()
            publisher.site.statement(publisher.root, [root], {"2026": (key, 400)})
            bundle_release(publisher, OLD)
            bundle_release(publisher, NEW, Root(COMPATIBLE, NEW, fault))
        return FolderSource(folder)

    def cut(
        self, fault: str, cut_at: int, does: Callable[[SlotUnit], None] | None = None
    ) -> tuple[SlotUnit, CuttingDisk]:
        """The unit after the power went at a step of its update; 0: after the whole of it.

        Args:
            fault: of the release.
            cut_at: the step.
            does: what it does instead of an update.
        """
        card = self.folder / "card"
        shutil.rmtree(card, ignore_errors=True)
        shutil.copytree(self.before.folder, card / "updates", symlinks=True)
        disk = CuttingDisk(card / "aside", cut_at)
        board = deepcopy(replace(self.before.board, history=[]))
        board.step = lambda name: disk._step(name, Path("board"))
        unit = self.unit(card / "updates", board)
        unit.disk, unit.boots = disk, 100
        write_slots(board.slots())
        try:
            if does is None:
                unit.install(self.source(fault), reached=True)
            else:
                does(unit)
            unit.reboot()
        except PowerCut:
            pass
        else:
            assert cut_at == 0
        unit.disk, board.step = Disk(), lambda _name: None
        return unit, disk


@pytest.fixture(scope="module")
def scene(keys: dict[str, PrivateKey]) -> Iterator[Scene]:
    """Made once; each cut works on a copy."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(dir=MEMORY) as folder:
        patch.setattr("appliance.update.fetch.LEFT_FREE", 0)
        patch.setenv("GATEPOST_RUN", str(Path(folder) / "run"))
        yield Scene(Path(folder), keys)


def steps_of(scene: Scene, fault: str) -> int:
    """How many steps an update has, from the first byte to the slot that stays."""
    return len(scene.cut(fault, 0)[1].steps)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_power_cut_at_any_step_fails_no_release(scene: Scene, share: float) -> None:
    """A whole slot comes up, and NEW is committed in the end; OLD is what is gone back to."""
    count = steps_of(scene, "")
    assert count > 40  # none is lost by a change of `Disk` or of the board
    for step in range(1, count + 1):
        unit, disk = scene.cut("", step)
        disk.lose(share)
        unit.cut()
        told = f"cut at step {step}, {disk.steps[-1]}: {unit.board.history}"
        assert not unit.standing.failed, told
        assert unit.version == unit.board.roots[unit.board.committed].version in {OLD, NEW}, told
        if unit.version == OLD:
            unit.install(scene.source(""), reached=True)
            unit.reboot()
        standing = unit.standing
        assert (unit.version, unit.board.committed) == (NEW, "A"), told
        assert standing.previous is not None, told
        assert (standing.previous.name, standing.previous.version) == ("B", OLD), told
        unit.cut()
        assert (unit.version, unit.standing.trial) == (NEW, None), told


@pytest.mark.parametrize("fault", ["crash", "hang", "initramfs", "silent"])
def test_a_power_cut_at_any_step_saves_no_bad_release(scene: Scene, fault: str) -> None:
    """OLD comes up and stays, NEW is never committed, and is left for good in the end."""
    for step in range(1, steps_of(scene, fault) + 1):
        for share in (0.0, 1.0):
            unit, disk = scene.cut(fault, step)
            disk.lose(share)
            unit.cut()
            told = f"cut at step {step}, {disk.steps[-1]}: {unit.board.history}"
            if NEW not in unit.standing.failed:
                unit.install(scene.source(fault), reached=True)
                unit.reboot()
            assert (unit.version, unit.board.committed) == (OLD, "B"), told
            assert (unit.standing.trial, list(unit.standing.failed)) == (None, [NEW]), told
            assert "mark A good" not in unit.board.history, told
            assert unit.look(scene.source(fault)).choice.name == "failed"


def test_a_power_cut_at_any_step_of_going_back_leaves_one_of_the_two(scene: Scene) -> None:
    """As a person wanted it, or as it was; what he left has failed only once he has left it."""
    _, whole = scene.cut("", 0, go_back)
    for step in range(1, len(whole.steps) + 1):
        for share in (0.0, 1.0):
            unit, disk = scene.cut("", step, go_back)
            disk.lose(share)
            unit.cut()
            told = f"cut at step {step}, {disk.steps[-1]}: {unit.board.history}"
            is_back = unit.version == "1.0.0"
            expected = ("1.0.0", "A") if is_back else (OLD, "B")
            assert (unit.version, unit.board.committed) == expected, told
            assert unit.standing.failed == ({OLD: "wanted"} if is_back else {}), told
            assert unit.standing.trial is None, told


def go_back(unit: SlotUnit) -> None:
    """As `gatepost update rollback`."""
    system.go_back(unit.shelf, unit.rauc, "wanted", schema=1, reached=False)
