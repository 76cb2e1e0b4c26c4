"""The power goes at each step by which an action is remembered: it is carried out all the same.

`test_power` cuts at all the other steps of an update; here are those of the memory of the action,
and of the state that it is compared with.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from appliance.update.disk import Disk
from tests.standin.hawkbit_state import Action
from tests.update.conftest import device_in
from tests.update.cutting import CuttingDisk, PowerCut
from tests.update.hawkbit_scene import NEW, UNIT, Scene, scene_in
from tests.update.test_power import MEMORY
from tools.publish.signing import PrivateKey

TURNS = 6
"""After the cut: more than are needed."""
FILES = ("hawkbit.json", "state.json", "unit")  # the last is the folder that is synced


def whole_life(scene: Scene) -> None:
    """Install, start, find good, tell."""
    scene.turn()
    scene.start("boot 1")
    scene.device.commit()
    scene.turn()


def cut(scene: Scene, number: int, cut_at: int, share: float) -> tuple[Action, CuttingDisk]:
    """A new action, whose power goes at a step; 0: at none."""
    folder = scene.folder / f"cut-{number}"
    disk = CuttingDisk(folder / "aside", cut_at)
    scene.device = device_in(folder / "unit", scene.keys, disk)
    modules = list(scene.server.fleet.modules.values())
    action = scene.server.fleet.assign(UNIT, *modules)
    scene.etag = ""
    try:
        whole_life(scene)
    except PowerCut:
        pass
    else:
        assert cut_at == 0
    disk.lose(share)
    scene.device = device_in(folder / "unit", scene.keys, Disk())
    return action, disk


def test_no_power_cut_loses_an_action(keys: dict[str, PrivateKey]) -> None:
    """Whatever was lost with it: the release is good in the end, and the server has heard so."""
    with TemporaryDirectory(dir=MEMORY) as folder, scene_in(Path(folder) / "s", keys) as scene:
        scene.upload(NEW)
        _, whole = cut(scene, 0, 0, 0.0)
        steps = [at for at, step in enumerate(whole.steps, 1) if step.split()[1].startswith(FILES)]
        assert len(steps) > 50, "every step of what is remembered goes through Disk"
        for step in steps:
            action, disk = cut(scene, step, step, (0.0, 0.5, 1.0)[step % 3])
            told = f"cut at step {step}, {disk.steps[-1]}"
            for turn in range(TURNS):
                scene.turn()
                if not action.is_active:
                    break
                scene.start(f"boot {turn + 2}")
                if scene.device.shelf.standing().trial:
                    scene.device.commit()
            assert action.status == "FINISHED", told
            assert action.told.count("FINISHED") == 1, told
            assert not scene.device.shelf.standing().failed, told
            shutil.rmtree(scene.device.shelf.folder.parent)


def test_a_damaged_memory_is_begun_anew(
    tmp_path: Path, keys: dict[str, PrivateKey], caplog: pytest.LogCaptureFixture
) -> None:
    """The card fails: what the server wants it says again, and the end of the trial is told."""
    with scene_in(tmp_path / "s", keys) as scene:
        action = scene.assign(NEW)
        scene.turn()
        scene.start()
        (scene.device.shelf.folder / "hawkbit.json").write_bytes(b"\0" * 300)
        scene.turn()
        scene.device.commit()
        scene.turn()
        assert action.status == "FINISHED"
        assert "cannot be read, hawkBit is asked anew" in caplog.text
