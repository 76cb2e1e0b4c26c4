"""The power goes at each step of an update: what starts then is whole, and the update goes on.

From the first byte that is fetched to the last file of the old release that is deleted; with
everything on the card that was written, with nothing of what was not synced, and with half of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.images import forget
from appliance.update.source import FolderSource
from tests.update.conftest import Device, app_files, device_in, publisher_in
from tests.update.cutting import CuttingDisk, PowerCut
from tools.publish.signing import PrivateKey

OLDEST, OLD, NEW = "1.0.5", "1.1.0", "1.2.0"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a file system, no file
"""Thousands of files are made and deleted; what a card keeps is `cutting`'s matter."""
MODELS = {OLD: b"models 1", NEW: b"models 2"}


class Scene:
    """A unit with an old release, and a source that has the new one."""

    def __init__(self, folder: Path, keys: dict[str, PrivateKey]) -> None:
        """Install the old release for good."""
        self.folder, self.keys = folder, keys
        publisher = publisher_in(folder / "site", keys)
        self.source = FolderSource(folder / "site")
        for version in (OLDEST, OLD):  # the oldest is deleted on the way
            publisher.release(version)
            assert device_in(folder / "before", keys, Disk()).run(self.source) == version
        root, key = publisher.root.public(), publisher.key.public()
        publisher.site.statement(publisher.root, [root], {"2026": (key, 400)})
        publisher.release(NEW, models="models 2")

    def cut(self, name: str, cut_at: int) -> tuple[Device, CuttingDisk]:
        """The unit after the power went at a step of the update; 0: after the whole update."""
        folder = self.folder / name
        shutil.copytree(self.folder / "before", folder / "unit", symlinks=True)
        disk = CuttingDisk(folder / "aside", cut_at)
        device = device_in(folder / "unit", self.keys, disk)
        try:
            update(device, self.source)
        except PowerCut:
            pass
        else:
            assert cut_at == 0
        return device_in(folder / "unit", self.keys, Disk()), disk


def update(device: Device, source: FolderSource) -> None:
    """All of it: fetch, install, start, find good, delete what is old."""
    device.install(source)
    device.shelf.start("boot 1")
    forget(device.shelf, device.commit())


def running(place: Path | None) -> str:
    """The version in a deployment, which must be whole."""
    assert place is not None
    version = place.name.partition("-")[0]
    for name, content in app_files(version).items():
        assert (place / "app" / name).read_bytes() == content
    assert (place / "models" / "read.toml").read_bytes() == MODELS[version]
    return version


@pytest.fixture(scope="module")
def scene(keys: dict[str, PrivateKey]) -> Iterator[Scene]:
    """Made once; each cut works on a copy."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(dir=MEMORY) as folder:
        patch.setattr("appliance.update.fetch.LEFT_FREE", 0)
        yield Scene(Path(folder), keys)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_power_cut_at_any_step_leaves_a_whole_release(scene: Scene, share: float) -> None:
    """The old one or the new one starts, and the new one is good in the end: no cut fails it."""
    _, whole = scene.cut(f"whole-{share}", 0)
    assert len(whole.steps) > 60  # none is lost by a change of `Disk`
    for step in range(1, len(whole.steps) + 1):
        device, disk = scene.cut(f"cut-{share}-{step}", step)
        disk.lose(share)
        told = f"cut at step {step}, {disk.steps[-1]}"
        assert running(device.shelf.start("boot 2")) in {OLD, NEW}, told
        assert device.shelf.current.resolve().name.startswith((OLD, NEW)), told
        standing = device.shelf.standing()
        assert not standing.failed, told
        if standing.trial is None and running(device.shelf.start("boot 2")) == OLD:
            device.install(scene.source)
        assert running(device.shelf.start("boot 3")) == NEW, told
        assert forget(device.shelf, device.commit()) is None
        assert running(device.shelf.start("boot 4")) == NEW, told
        shutil.rmtree(device.shelf.folder.parent)


def test_a_power_cut_at_any_step_of_a_fall_back_leaves_the_old_release(scene: Scene) -> None:
    """A release that ends by itself is left, however often the power goes meanwhile."""
    fallen, _ = scene.cut("fallen", 0)
    back = scene.folder / "fallen" / "unit"
    shutil.rmtree(back)
    shutil.copytree(scene.folder / "before", back, symlinks=True)
    fallen.install(scene.source)
    for _ in range(trial.MOST_LOST):
        assert running(fallen.shelf.start("boot 1")) == NEW
    for step in range(1, 9):
        for share in (0.0, 0.5, 1.0):
            folder = scene.folder / f"back-{step}-{share}"
            shutil.copytree(back, folder / "unit", symlinks=True)
            disk = CuttingDisk(folder / "aside", step)
            with pytest.raises(PowerCut):
                device_in(folder / "unit", scene.keys, disk).shelf.start("boot 1")
            disk.lose(share)
            after = device_in(folder / "unit", scene.keys, Disk())
            if running(after.shelf.start("boot 1")) == NEW:  # counted once more, no more than that
                assert running(after.shelf.start("boot 1")) == OLD
            assert list(after.shelf.standing().failed) == [NEW]
