"""Cancelled at every stage: honoured until the trial begins, refused from then on, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import SourceError
from appliance.update.assigned import WATCH_S
from tests.standin.hawkbit_state import Action, Fleet
from tests.update.hawkbit_scene import NEW, OLD, UNIT, Scene, scene_in
from tools.publish.signing import PrivateKey


@pytest.fixture
def scene(tmp_path: Path, keys: dict[str, PrivateKey]) -> Iterator[Scene]:
    """Nothing is assigned yet."""
    with scene_in(tmp_path / "scene", keys) as scene:
        yield scene


def nothing_remains(scene: Scene, action: Action) -> None:
    """It is closed as cancelled, nothing will start, and the next release is taken."""
    assert action.status == "CANCELED"
    assert scene.start() == ""
    assert scene.device.shelf.standing().failed == {}
    scene.server.fleet.assign(UNIT, *action.modules)
    scene.turn()
    assert scene.start() == NEW


def in_the_middle(scene: Scene, action: Action, what: str, after_s: float = WATCH_S) -> None:
    """Let somebody at the server do it while an image is fetched, and a minute pass."""

    def sent(name: str, content: bytes) -> bytes:
        if len(name) == 64 and action.is_active and not action.is_canceling:
            scene.now_s += after_s
            Fleet.cancel(action)
            if what == "force quit":
                Fleet.force_quit(action)
        return content

    scene.server.sent = sent


def test_before_the_unit_has_heard_of_it(scene: Scene) -> None:
    """Nothing is fetched."""
    action = scene.assign(NEW)
    Fleet.cancel(action)
    scene.turn()
    assert not [each for each in scene.server.asked if "artefacts" in each]
    nothing_remains(scene, action)


def test_while_it_is_fetched(scene: Scene) -> None:
    """The unit looks every minute."""
    action = scene.assign(NEW)
    in_the_middle(scene, action, "cancel")
    scene.turn()
    assert "DOWNLOADED" not in action.told
    nothing_remains(scene, action)


def test_just_before_it_is_installed(scene: Scene) -> None:
    """No minute passes any more: the unit looks once more before it unpacks."""
    action = scene.assign(NEW)
    in_the_middle(scene, action, "cancel", 0.0)
    scene.turn()
    assert "DOWNLOADED" in action.told
    nothing_remains(scene, action)


def broken_off(scene: Scene) -> Action:
    """One whose download is not to be had."""
    action = scene.assign(OLD)
    scene.server.sent = lambda name, content: content[:9] if len(name) == 64 else content
    with pytest.raises(SourceError):
        scene.turn()
    scene.server.sent = lambda _name, content: content
    Fleet.cancel(action)
    Fleet.force_quit(action)
    return action


def test_closed_by_force_between_two_turns(scene: Scene) -> None:
    """The unit forgets it: a poll that brings nothing new is one without a body again."""
    broken_off(scene)
    assert [scene.turn() is None for _ in range(3)] == [False, False, True]


def test_closed_by_force_and_followed(scene: Scene) -> None:
    """What was told of the one is not taken for told of the other."""
    broken_off(scene)
    action = scene.assign(NEW)
    scene.turn()
    assert action.told[:2] == ["RETRIEVED", "DOWNLOAD"]
    assert scene.start() == NEW


def test_closed_by_force_while_it_is_fetched(scene: Scene) -> None:
    """The server does not know of it any more; nothing is told."""
    action = scene.assign(NEW)
    in_the_middle(scene, action, "force quit")
    scene.turn()
    assert action.told[-1] == "CANCELED"
    nothing_remains(scene, action)


def test_while_a_window_is_waited_for(scene: Scene) -> None:
    """What was fetched stays, nothing is installed."""
    action = scene.server.fleet.assign(UNIT, scene.upload(NEW), window="unavailable")
    scene.turn()
    Fleet.cancel(action)
    scene.turn()
    nothing_remains(scene, action)


def test_before_its_first_start(scene: Scene) -> None:
    """It is installed and waits: it is given up, and has not failed."""
    action = scene.assign(NEW)
    scene.turn()
    Fleet.cancel(action)
    scene.turn()
    assert "was never started" in scene.device.shelf.standing().last
    nothing_remains(scene, action)


@pytest.mark.parametrize("stays", [False, True])
def test_on_trial_it_goes_on(scene: Scene, stays: bool) -> None:
    """Refused, once, also by a server that keeps on cancelling (hawkBit's issue 1318)."""
    action = scene.assign(NEW)
    action.stays_canceling = stays
    scene.turn()
    assert scene.start() == NEW
    Fleet.cancel(action)
    scene.turn()
    scene.etag = ""  # as after a boot
    scene.turn()
    assert action.told.count("CANCEL_REJECTED") == 1
    assert scene.device.shelf.standing().trial is not None
    scene.device.commit()
    scene.turn()
    assert action.status == "FINISHED"


def test_closed_by_force_on_trial(scene: Scene) -> None:
    """The trial goes on; nobody wants to hear how it ends (410), and the unit owes nothing."""
    action = scene.assign(NEW)
    scene.turn()
    scene.start()
    Fleet.cancel(action)
    Fleet.force_quit(action)
    scene.turn()
    scene.device.commit()
    scene.turn()
    assert action.told[-1] == "CANCELED"
    count = len(scene.server.asked)
    scene.turn()
    assert scene.asked_since(count) == ["GET "]


def test_by_a_later_assignment(scene: Scene) -> None:
    """As a server does by default: the first is answered, then the second is taken."""
    first = scene.server.fleet.assign(UNIT, scene.upload(OLD), window="unavailable")
    scene.turn()
    second = scene.assign(NEW)
    scene.turn()
    assert (first.status, second.told) == ("CANCELED", [])
    scene.turn()
    assert scene.start() == NEW


def test_after_its_end(scene: Scene) -> None:
    """The good end is told, though the server hoped for another."""
    action = scene.assign(NEW)
    scene.turn()
    scene.start()
    scene.device.commit()
    Fleet.cancel(action)
    scene.turn()
    assert action.status == "FINISHED"


def test_without_a_persons_consent_nothing_is_done(scene: Scene) -> None:
    """An action that waits for it is not confirmed by the unit, and taken once a person has."""
    action = scene.server.fleet.assign(UNIT, scene.upload(NEW), needs_consent=True)
    scene.turn()
    assert action.told == []
    action.needs_consent = False
    scene.turn()
    assert scene.start() == NEW
