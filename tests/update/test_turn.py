"""Turns with a stand-in of hawkBit: the life of an action, from its assignment to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.errors import SourceError
from tests.standin.hawkbit_wire import RefusedError
from tests.update.conftest import tar_of
from tests.update.hawkbit_scene import NEW, OLD, UNIT, Scene, scene_in
from tools.publish.signing import PrivateKey
from tools.publish.site import rolled_out

WHOLE = ["RETRIEVED", "DOWNLOAD", "RUNNING", "RUNNING", "RUNNING", "DOWNLOADED", "RUNNING"]
"""What a server hears of a release until it waits for its first start; three are quarters."""


@pytest.fixture
def scene(tmp_path: Path, keys: dict[str, PrivateKey]) -> Iterator[Scene]:
    """Nothing is assigned yet."""
    with scene_in(tmp_path / "scene", keys) as scene:
        yield scene


def good(scene: Scene) -> None:
    """Start what is on trial, and find it good."""
    scene.start()
    scene.device.commit()


def test_a_release_that_is_good_is_told_so(scene: Scene) -> None:
    """From the assignment to `closed` with success, which comes after the trial and not before."""
    action = scene.assign(NEW)
    scene.turn()
    assert action.told == WHOLE
    scene.turn()
    assert scene.start() == NEW
    scene.turn()
    assert action.is_active
    scene.device.commit()
    scene.turn()
    assert (action.status, action.history[-1]) == (
        "FINISHED",
        ("FINISHED", (f"{NEW} runs and is good",)),
    )
    assert action.told == [*WHOLE, "FINISHED"]


def test_a_release_that_is_not_good_is_told_with_its_reason(scene: Scene) -> None:
    """It fell back: `closed` with failure, and the same release is not tried again."""
    action = scene.assign(NEW)
    scene.turn()
    scene.fail()
    scene.turn()
    words = f"{NEW} failed: 2 starts, 2 of them ended before it was good"
    assert action.history[-1] == ("ERROR", (words,))
    again = scene.server.fleet.assign(UNIT, *action.modules)
    scene.turn()
    assert again.status == "ERROR"
    assert again.history[-1][1][0].startswith(f"failed: {NEW}: 2 starts")
    assert scene.device.shelf.standing().trial is None


def test_the_unit_hears_the_same(scene: Scene) -> None:
    """Its own files tell the phases, for MQTT."""
    scene.assign(NEW)
    scene.turn()
    phases = list(dict.fromkeys(phase for phase, _ in scene.heard.told))
    assert phases == ["download", "install", "waiting"]


def test_one_action_follows_the_other(scene: Scene) -> None:
    """A good one, a bad one, a good one: each is told its own end."""
    first = scene.assign(OLD)
    scene.turn()
    good(scene)
    second = scene.assign(NEW)
    scene.turn()  # tells the end of the first and begins the second
    assert (first.status, second.status) == ("FINISHED", "RUNNING")
    scene.fail()
    third = scene.assign("1.3.0")
    scene.turn()
    scene.turn()
    good(scene)
    scene.turn()
    assert [each.status for each in (second, third)] == ["ERROR", "FINISHED"]
    assert scene.device.shelf.standing().current.version == "1.3.0"  # type: ignore[union-attr]


def test_nothing_is_asked_twice_where_nothing_changes(scene: Scene) -> None:
    """One question with If-None-Match, and no body comes."""
    scene.turn()
    scene.turn()
    count = len(scene.server.asked)
    assert scene.turn() is None
    assert scene.asked_since(count) == ["GET "]


def test_the_server_knows_what_the_unit_is(scene: Scene) -> None:
    """When it asks for it, and when it has changed without it, as by a stick; others' stays."""
    scene.target.attributes["pole"] = "7"
    scene.turn()
    assert scene.target.attributes == {"pole": "7", "version": OLD}
    scene.described = {"version": NEW}
    scene.turn()
    scene.turn()
    assert scene.target.attributes == {"pole": "7", "version": NEW}
    assert len([each for each in scene.server.asked if each.startswith("PUT")]) == 2


@pytest.mark.parametrize("change", [{"percent": 0.0}, {"paused": True}])
def test_an_assignment_passes_over_the_roll_out(scene: Scene, change: dict[str, object]) -> None:
    """Its stage and its pause: hawkBit says when."""
    scene.publisher.release(NEW)
    table = scene.publisher.site.changed(NEW, lambda release: rolled_out(release, **change))
    table = scene.publisher.publish(table)
    files = scene.files(table["releases"][-1]["artefacts"])
    scene.server.fleet.assign(UNIT, scene.server.fleet.module(NEW, files))
    scene.turn()
    assert scene.start() == NEW


def test_a_soft_one_waits_for_the_owners_hours(scene: Scene) -> None:
    """`attempt`: it is fetched, nothing but polls follows, and in the hours it is installed."""
    scene.is_due = False
    action = scene.assign(NEW, "soft")
    scene.turn()
    assert (action.is_active, action.told[-1], scene.start()) == (True, "DOWNLOADED", "")
    count = len(scene.server.asked)
    scene.turn()
    scene.turn()
    assert scene.asked_since(count) == ["GET ", "GET "]
    scene.is_due = True
    scene.turn()
    assert scene.start() == NEW


def test_a_soft_one_that_becomes_forced_does_not_wait(scene: Scene) -> None:
    """Its link changes."""
    scene.is_due = False
    action = scene.assign(NEW, "soft")
    scene.turn()
    action.kind = "forced"
    scene.turn()
    assert scene.start() == NEW


def test_what_is_to_be_fetched_only_is_not_installed(scene: Scene) -> None:
    """`downloaded` ends it; what was fetched is not fetched again when it is to be installed."""
    action = scene.assign(NEW, "downloadonly")
    scene.turn()
    assert (action.is_active, action.told[-1]) == (False, "DOWNLOADED")
    assert scene.heard.told == []
    assert scene.start() == ""
    scene.server.fleet.assign(UNIT, *action.modules)
    count = len(scene.server.asked)
    scene.turn()
    assert scene.start() == NEW
    assert not any(is_image(each.rpartition("/")[2]) for each in scene.asked_since(count))


def test_a_window_is_waited_for(scene: Scene) -> None:
    """Fetched before it, nothing but polls until it is there, installed in it."""
    action = scene.server.fleet.assign(UNIT, scene.upload(NEW), window="unavailable")
    scene.turn()
    assert (action.is_active, action.told[-1]) == (True, "DOWNLOADED")
    assert scene.start() == ""
    count = len(scene.server.asked)
    scene.turn()
    scene.turn()
    assert scene.asked_since(count) == ["GET ", "GET "]
    action.window = "available"
    scene.turn()
    assert scene.start() == NEW
    scene.device.commit()
    scene.turn()
    assert action.status == "FINISHED"


def test_a_release_that_runs_is_good_at_once(scene: Scene) -> None:
    """Nothing is fetched."""
    scene.assign(NEW)
    scene.turn()
    good(scene)
    scene.turn()
    again = scene.server.fleet.assign(UNIT, *scene.target.actions[0].modules)
    scene.turn()
    assert again.history[-1] == ("FINISHED", (f"{NEW} runs already",))


def test_a_release_waits_for_the_trial_of_another(scene: Scene) -> None:
    """As one that came from a stick; the server hears once that it follows."""
    scene.publisher.release(OLD)
    scene.device.install(scene.device_source())
    scene.start()
    action = scene.assign(NEW)
    scene.turn()
    scene.turn()
    assert action.told == ["RETRIEVED", "RUNNING", "RETRIEVED"]
    scene.device.commit()
    scene.turn()
    assert scene.start("boot 2") == NEW


Files = dict[str, bytes]


def without(word: str) -> Callable[[Files], Files]:
    """Leaves out the files that have it in their name."""
    return lambda files: {name: each for name, each in files.items() if word not in name}


def flipped(files: Files) -> Files:
    """A bit of each image is another."""
    images = {name: each[:-1] + bytes([each[-1] ^ 1]) for name, each in files.items()}
    return {name: images[name] if is_image(name) else each for name, each in files.items()}


def is_image(name: str) -> bool:
    """Whether a file is named by its checksum."""
    return len(name) == 64


REFUSED: dict[str, tuple[str, Callable[[Files], Files]]] = {
    "another's": ("signature: manifest", lambda files: files | {"manifest.signed": b"AA==\n{}"}),
    "no manifest": ("assignment: manifest.signed is no artefact", without("manifest")),
    "no keys": ("signature: manifest.signed", without("keys")),
    "no image": (
        "assignment: app is missing, expected the artefact",
        lambda files: {name: each for name, each in files.items() if not is_image(name)},
    ),
    "a flipped bit": ("hash: app: sha256", flipped),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_to_be_trusted_is_refused_and_told(scene: Scene, case: str) -> None:
    """With the name of the refusal; nothing is on trial, and the next turn asks for nothing."""
    words, change = REFUSED[case]
    module = scene.upload(NEW)
    module.files = change(module.files)
    action = scene.server.fleet.assign(UNIT, module)
    scene.turn()
    assert action.status == "ERROR"
    assert action.history[-1][1][0].startswith(words), action.history[-1]
    assert scene.device.shelf.standing().trial is None
    scene.turn()
    assert action.told.count("ERROR") == 1


UNFIT = {
    "downgrade": ("1.0.0", {}, f"downgrade: 1.0.0: older than {NEW}"),
    "hardware": ("1.3.0", {"hardware": ["jetson"]}, "hardware: 1.3.0: not for raspberrypi"),
    "least": ("1.3.0", {"least": "1.2.5"}, "least: 1.3.0: needs 1.2.5 first"),
    "schema": ("1.3.0", {"writes": 9, "reads": 9}, "schema: 1.3.0: writes schema 9"),
    "image": ("1.3.0", {"app": {"../x": b""}}, "image: '../x': leads out of the image"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_is_unfit_is_refused_though_it_is_assigned(scene: Scene, case: str) -> None:
    """An assignment passes over the roll-out and over nothing else."""
    version, more, words = UNFIT[case]
    scene.assign(NEW)
    scene.turn()
    good(scene)
    scene.turn()
    action = scene.assign(version, **more)
    scene.turn()
    assert action.status == "ERROR"
    assert action.history[-1][1][0].startswith(words), action.history[-1]
    assert scene.device.shelf.standing().trial is None


def test_a_version_that_the_manifest_does_not_have_is_refused(scene: Scene) -> None:
    """The module's version says which release is meant, letter by letter."""
    module = scene.upload(NEW)
    module.version = "v1.2.0"
    action = scene.server.fleet.assign(UNIT, module)
    scene.turn()
    assert action.history[-1] == ("ERROR", ("unknown: v1.2.0 is not in the manifest",))


def test_a_server_that_dies_in_the_middle_is_gone_on_with(scene: Scene) -> None:
    """Each turn brings more; it hears once that it was interrupted."""
    app = {"appliance/__init__.py": bytes(range(256)) * 4}
    action = scene.assign(NEW, app=app)
    scene.server.sent = lambda name, content: content[:100] if is_image(name) else content
    for _ in range(3):
        with pytest.raises(SourceError, match=r"broke off|answer"):
            scene.turn()
    interrupted = [told for _, told in action.history if "goes on later" in "".join(told)]
    assert len(interrupted) == 1
    scene.server.sent = lambda _name, content: content
    scene.turn()
    assert scene.start() == NEW


def test_a_server_that_hears_no_more_is_told_later(scene: Scene) -> None:
    """Its quota is full (429): the update goes on, and its end waits until it is heard."""
    action = scene.assign(NEW)
    scene.server.most_reports = 3
    scene.turn()
    good(scene)
    for _ in range(2):
        with pytest.raises(SourceError, match="answered 429: too many"):
            scene.turn()
    scene.server.most_reports = 100
    scene.turn()
    assert action.status == "FINISHED"


def test_a_server_in_a_hurry_is_asked_again_later(scene: Scene) -> None:
    """429 for a poll, too."""

    def refuse(_method: str, _path: str) -> None:
        raise RefusedError(429)

    scene.server.before = refuse
    with pytest.raises(SourceError, match="answered 429"):
        scene.turn()


def test_a_wrong_token_is_told(scene: Scene) -> None:
    """401, with what was expected."""
    scene.target.token = "another"  # noqa: S105  # of a test
    with pytest.raises(SourceError, match="answered 401: expected the token of this unit's id"):
        scene.turn()


def test_a_file_of_another_size_is_not_waited_for(scene: Scene) -> None:
    """A second module has one of the same name: it would break off for ever."""
    module = scene.upload(NEW)
    name = next(each for each in module.files if len(each) == 64)
    other = scene.server.fleet.module("7", {name: tar_of({"x": b""})})
    action = scene.server.fleet.assign(UNIT, module, other)
    scene.turn()
    assert action.status == "ERROR"
    assert " bytes, expected the artefact " in action.history[-1][1][0]
