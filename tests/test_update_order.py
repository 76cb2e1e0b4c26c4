"""An update over MQTT, whole: a real broker, a real site of releases, an updater of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from appliance import __version__, app
from appliance.config import Config, load_config
from appliance.errors import RestartError
from appliance.health import Health
from appliance.source import Source
from appliance.stamp import LiveStamp
from appliance.update.disk import Disk
from appliance.update.progress import RUN, Desk
from appliance.update.shelf import Shelf
from tests.commands.test_update import Fleet
from tests.conftest import Broker, Listener, until
from tests.test_orders_cmd import Camera
from tests.update.test_web import Server, published

BASE = "gatepost/unit"


@pytest.fixture
def fleet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Fleet:
    """With one release, and the unit's run-time folder."""
    made = Fleet(tmp_path, capsys)
    made.release("0.2.0")
    (tmp_path / "gatepost").mkdir()
    monkeypatch.setenv(RUN, str(tmp_path))
    return made


@pytest.fixture
def server(fleet: Fleet) -> Iterator[Server]:
    """What is published, over HTTP."""
    with published(fleet.site) as made:
        yield made


@pytest.fixture
def config(fleet: Fleet, server: Server, broker: Broker) -> Config:
    """Of the unit and of its updater."""
    update = f"url = '{server.url}'\nroot_file = 'root.pub'\nfolder = '{fleet.updates}'\n"
    store = f"[store]\nfolder = '{fleet.folder / 'store'}'\n"
    file = fleet.folder / "unit.toml"
    file.write_text(f"[unit]\nid = 'unit'\n[update]\n{update}{store}{broker.table}")
    return load_config(file)


def run_updater(folder: Path) -> None:
    """What gatepost-update.path does when there is a request."""
    until(Desk(folder).request.exists, "a request")
    command = [sys.executable, "-m", "appliance", "update", "install", "--requested"]
    done = subprocess.run(
        [*command, "--config", str(folder / "unit.toml")],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {RUN: str(folder)},
    )
    assert (done.returncode, done.stdout.partition(" waits")[0]) == (
        0,
        "0.2.0 is installed and",
    ), done.stderr


def test_an_update_is_ordered_over_mqtt(
    config: Config,
    fleet: Fleet,
    broker: Broker,
    listen: Callable[..., Listener],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Looked for, shown, ordered, fetched with progress; then the unit ends to be started anew."""
    monkeypatch.setattr("appliance.loops.QUIET_S", 1.0)
    listener, camera = listen(broker), Camera()

    def order() -> None:
        until(lambda: listener.on("update"), "the entity's state")
        listener.say(f"{BASE}/update/set", "install", name="too early")
        until(lambda: listener.on("cmd/result"), "an answer")
        listener.say(f"{BASE}/update/set", "install", retained=True)
        listener.say(f"{BASE}/update/set", "check", name="look")
        until(lambda: listener.on("update")[-1].body.get("latest_version") == "0.2.0", "the offer")
        listener.say(f"{BASE}/update/set", "install", name="go")
        listener.say(f"{BASE}/update/set", "install", name="again")
        run_updater(fleet.folder)

    ordering = Thread(target=order)
    ordering.start()
    source = Source(camera, LiveStamp(lambda: "ntp"), recording=False)
    with pytest.raises(RestartError, match="a release is installed and waits"):
        app.run_unit(config, Health(), source, lambda *_: None)
    ordering.join()
    listener.say(f"{BASE}/update/set", "", retained=True)  # whoever retained it takes it back
    listener.read_all()
    answers = {each.body["id"]: each.body for each in listener.on("cmd/result")}
    assert answers["too early"]["error"] == "update: nothing to install: nobody has looked yet"
    assert answers[None]["error"].startswith("retained: a retained command is never carried out")
    assert [answers[name]["ok"] for name in ("look", "go", "again")] == [True] * 3
    shown = [each.body for each in listener.on("update")]
    assert {each["installed_version"] for each in shown} == {__version__}
    assert "latest_version" not in shown[0]
    assert shown[-1]["in_progress"]
    assert shown[-1]["release_summary"] == "better at night"
    told = [each.body for each in listener.on("release")]
    assert (told[0]["version"], told[0]["available"]) == (__version__, None)
    assert any(each["available"] == "0.2.0" for each in told)
    assert told[-1]["trial"] == {"version": "0.2.0", "starts": 0}
    assert Shelf(fleet.updates, Disk()).start("boot") is not None, "the next start is of it"
