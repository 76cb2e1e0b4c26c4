"""The promise as a user sees it: real processes, a real broker, and somebody who kills them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.pipeline import FRESH_S
from tests.conftest import PATIENCE_S, Broker, Listener, until

DATA = Path(__file__).parent / "data"
CLIP = DATA / "lane.mp4"
TRUTH = [vehicle["text"] for vehicle in json.loads((DATA / "lane.json").read_text())["vehicles"]]
WAYS = ("plain", "mtls", "3.1.1", "tls")
SLOW_S = 240.0  # two cores, both perhaps busy
CLIP_S = 16.0


@pytest.fixture
def broker(request: pytest.FixtureRequest, broker_by: Callable[[str], Broker]) -> Broker:
    """A mosquitto to which the unit comes by the way that the test names."""
    return broker_by(getattr(request, "param", "plain"))


@pytest.fixture
def config(tmp_path: Path, broker: Broker) -> Path:
    """A unit with a store of its own and the test's broker."""
    path = tmp_path / "gatepost.toml"
    store = tmp_path / "store"
    path.write_text(f'[unit]\nid = "pole-7"\n[store]\nfolder = "{store}"\n{broker.table}')
    return path


def start_replay(config: Path, *options: str, recording: Path = CLIP) -> subprocess.Popen[str]:
    """`gatepost replay` of the bundled clip as a process of its own."""
    command = [sys.executable, "-m", "appliance", "replay", str(recording), "--json"]
    command += ["--config", str(config), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def nothing(folder: Path) -> Path:
    """A recording in which nobody comes."""
    empty = folder / "nothing"
    empty.mkdir()
    cv2.imwrite(str(empty / "grey.png"), np.full((64, 64, 3), 114, np.uint8))
    return empty


def told(process: subprocess.Popen[str]) -> list[str]:
    """The uuids that the process has printed, once it is over."""
    output, _ = process.communicate(timeout=SLOW_S)
    return [json.loads(line)["uuid"] for line in output.splitlines()]


def logged(listener: Listener) -> list[str]:
    """The distinct uuids on `log`, in the order of their first arrival."""
    return list(dict.fromkeys(heard.body["uuid"] for heard in listener.on("log")))


def early(listener: Listener) -> dict[str, str]:
    """The plates that came live while their vehicle was in sight, by uuid."""
    bodies = [heard.body for heard in listener.on("passage")]
    return {body["uuid"]: body["plate"] for body in bodies if body["seq"] is None}


@pytest.mark.parametrize("broker", WAYS, indirect=True)
def test_a_replay_reaches_the_broker_once_and_in_order(
    config: Path, broker: Broker, listen: Callable[..., Listener]
) -> None:
    """Every passage of a recording arrives on `log`, right, in order, late, and never live."""
    listener = listen(broker)
    process = start_replay(config)
    uuids = told(process)
    assert process.returncode == 0
    until(lambda: len(logged(listener)) == len(uuids), "all passages on log")
    assert [heard.body["plate"] for heard in listener.on("log")] == TRUTH
    assert [heard.body["seq"] for heard in listener.on("log")] == list(range(1, len(TRUTH) + 1))
    assert all(heard.body["late"] for heard in listener.on("log"))
    assert listener.on("passage") == []


def test_a_replay_in_real_time_is_live(
    config: Path, broker: Broker, listen: Callable[..., Listener]
) -> None:
    """Played as a camera, each goes out once as live, mostly before its vehicle has gone.

    Not the first, which is in sight from the start; nor, on a busy machine, who is seen too late:
    one that lags by the time for which a passage is fresh has nothing live to show.
    """
    listener = listen(broker)
    begun = time.monotonic()
    process = start_replay(config, "--realtime")
    uuids = told(process)
    kept_up = time.monotonic() - begun < CLIP_S + FRESH_S
    live = listener.on("passage")
    shown = [heard.body["uuid"] for heard in live]
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(uuids[1:])
    assert {h.body["uuid"] for h in listener.on("log") if not h.body["late"]} <= set(shown)
    assert None in [heard.body["seq"] for heard in live] or not kept_up
    assert not any(heard.body["late"] for heard in live)
    assert {heard.expiry_s for heard in live} <= set(range(31))


def test_a_unit_killed_while_a_vehicle_is_in_sight_has_its_passage(
    config: Path, broker: Broker, listen: Callable[..., Listener], tmp_path: Path
) -> None:
    """SIGKILL right after a live copy: the next start, which sees nobody, sends the record.

    Whose copy it is hangs on the machine; one that lags behind its clip has nothing live to show.
    """
    listener = listen(broker)
    killed = start_replay(config, "--realtime")
    until(lambda: early(listener) or killed.poll() is not None, "an early copy", SLOW_S)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    listener.read_all()
    if not early(listener):
        pytest.skip("this machine is too slow: nobody was told early")
    live, before = early(listener), logged(listener)
    assert told(start_replay(config, recording=nothing(tmp_path))) == []
    until(lambda: live.keys() <= set(logged(listener)), "their records")
    records = {heard.body["uuid"]: heard.body for heard in listener.on("log")}
    assert {uuid: records[uuid]["plate"] for uuid in live} == live
    assert all(records[uuid]["late"] for uuid in live.keys() - set(before))
    assert early(listener) == live
    assert len(listener.on("passage")) == len({h.body["uuid"] for h in listener.on("passage")})


@pytest.mark.parametrize("broker", WAYS[:3], indirect=True)
def test_the_broker_dies_under_a_replay(
    config: Path, broker: Broker, listen: Callable[..., Listener]
) -> None:
    """Passages sent before, in flight when, and recorded while the broker is dead all arrive."""
    listener = listen(broker)
    broker.save()
    process = start_replay(config)
    assert process.stdout is not None
    until(lambda: listener.on("log"), "the first passage", SLOW_S)
    first = json.loads(process.stdout.readline())["uuid"]
    broker.freeze()
    listener.read_all()
    in_flight = json.loads(process.stdout.readline())["uuid"]
    broker.kill()
    printed = [first, in_flight]
    printed += [json.loads(process.stdout.readline())["uuid"] for _ in TRUTH[2:]]
    broker.restart()
    process.communicate(timeout=SLOW_S)
    assert process.returncode == 0
    until(lambda: set(logged(listener)) == set(printed), "every passage on log")
    assert len(set(printed)) == len(TRUTH)


def test_the_unit_dies_and_its_outbox_is_served_at_the_next_start(
    config: Path, broker: Broker, listen: Callable[..., Listener], tmp_path: Path
) -> None:
    """What a killed unit had recorded arrives although the next start sees no vehicle at all."""
    listener = listen(broker)
    broker.save()
    broker.kill()
    killed = start_replay(config)
    assert killed.stdout is not None
    recorded = [json.loads(killed.stdout.readline())["uuid"] for _ in range(2)]
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    broker.restart()
    assert told(start_replay(config, recording=nothing(tmp_path))) == []
    until(lambda: logged(listener) == recorded, "the killed unit's passages")


def test_a_replay_that_was_killed_is_started_again(
    config: Path, broker: Broker, listen: Callable[..., Listener]
) -> None:
    """The same recording gives the same ids, so nobody who drops repeats counts twice."""
    listener = listen(broker)
    killed = start_replay(config)
    assert killed.stdout is not None
    first = json.loads(killed.stdout.readline())["uuid"]
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=PATIENCE_S)
    uuids = told(start_replay(config))
    assert first == uuids[0]
    assert len(uuids) == len(TRUTH)
    until(lambda: set(logged(listener)) == set(uuids), "every passage on log")


def test_an_interrupted_replay_says_so_and_leaves_no_half_passage(
    config: Path, broker: Broker
) -> None:
    """Ctrl-C with the broker away ends within seconds; a vehicle still in sight is not settled."""
    broker.kill()
    process = start_replay(config)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + signal.SIGINT
    full = told(start_replay(config, "--linger", "0"))
    assert len(full) == len(TRUTH), "the same seqs and ids: none of a half-seen vehicle"


def test_the_history_forgets_but_the_outbox_is_served_first(
    config: Path, broker: Broker, listen: Callable[..., Listener]
) -> None:
    """A recording from long ago is delivered all the same: retention counts from its replay."""
    listener = listen(broker)
    old = config.parent / "old.mp4"
    old.write_bytes(CLIP.read_bytes())
    long_ago = time.time() - 400 * 86400
    os.utime(old, (long_ago, long_ago))
    command = [sys.executable, "-m", "appliance", "replay", str(old), "--config", str(config)]
    subprocess.run(command, check=True, timeout=SLOW_S, stdout=subprocess.DEVNULL)
    until(lambda: len(logged(listener)) == len(TRUTH), "every passage on log")
