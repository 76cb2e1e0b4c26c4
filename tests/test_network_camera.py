"""The unit at a real RTSP stream that is cut three times: nobody is lost, nobody comes twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.store.database import DATABASE, Database
from appliance.store.passages import Passages
from tests.conftest import Broker, Listener
from tests.netcam import NetworkCamera
from tests.test_delivery import CLIP as LANE
from tests.test_delivery import TRUTH
from tests.test_toll_gate import CLIP as TOLL
from tests.test_toll_gate import SHARED

SILENT_S = 20.0
SLOW_S = 90.0


@dataclass(frozen=True)
class Drive:
    """A clip and where its stream is cut: (from, to) in seconds of it, from key frame to cut.

    Attributes:
        clip: the recording, and its codec.
        parts: what the camera shows, each until it is killed.
        plates: who drives by.
    """

    clip: Path
    codec: str
    parts: tuple[tuple[float, float], ...]
    plates: tuple[str, ...]


DRIVES = {
    # cut in the middle of HKT4926 (2.7 to 7.5 s) and RKM4E73 (6.9 to 10.5 s), and once in a gap
    "lane": Drive(LANE, ".mp4v", ((0, 4), (4, 8), (8, 11), (11.9, 15.9)), tuple(TRUTH)),
    # cut in the three gaps between vehicles that can be read
    "toll": Drive(
        TOLL,
        ".h264",
        ((0, 4.6), (3.43, 8.4), (8.53, 13.0), (11.92, 18.6)),
        ("34A36837", "34A23126", "89C20339"),
    ),
}


@pytest.fixture(params=["lane", pytest.param("toll", marks=SHARED)])
def drive(request: pytest.FixtureRequest) -> Drive:
    """The repository's own clip, and the real toll lane where it is."""
    return DRIVES[request.param]


@pytest.fixture
def camera(drive: Drive) -> Iterator[NetworkCamera]:
    """Shows it."""
    camera = NetworkCamera(drive.clip, drive.codec)
    yield camera
    camera.kill()


@pytest.fixture
def unit(
    camera: NetworkCamera, drive: Drive, broker: Broker, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    """`gatepost run` at the camera, which shows its first part."""
    config = tmp_path / "gatepost.toml"
    config.write_text(
        f'[camera]\nsource = "{camera.url}"\nsilent_s = {SILENT_S}\n'
        f'[store]\nfolder = "{tmp_path / "store"}"\n{broker.table}'
    )
    camera.show(*drive.parts[0])
    command = [sys.executable, "-m", "appliance", "-v", "run", "--config", str(config)]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stderr=log, text=True)
    yield process
    process.kill()
    process.wait()


def test_a_stream_that_is_cut_three_times_loses_nobody(
    drive: Drive,
    camera: NetworkCamera,
    unit: subprocess.Popen[str],
    broker: Broker,
    listen: Callable[..., Listener],
    tmp_path: Path,
) -> None:
    """Who is cut in the middle is one passage, told live once at most; the unit lives on."""
    listener = listen(broker)
    for part in drive.parts[1:]:
        camera.wait()
        camera.show(*part)
    camera.wait()
    unit.send_signal(signal.SIGTERM)
    assert unit.wait(SLOW_S) == 0
    with closing(Database(tmp_path / "store" / DATABASE)) as database:
        kept = [
            json.loads(message.body)["plate"] for message in Passages(database, None).recent(99)
        ]
    assert sorted(kept) == sorted(drive.plates)
    listener.read_all()
    live = Counter(heard.body["uuid"] for heard in listener.on("passage"))
    assert set(live.values()) <= {1}
    states = [heard.body for heard in listener.on("state") if "latency_ms" in heard.body]
    ages = [state["latency_ms"].get("age", {"p50": 0.0})["p50"] for state in states]
    assert 0 < max(ages) < 1000
    assert any("stream has broken off" in str(state["problems"]) for state in states)
    log = (tmp_path / "log").read_text()
    assert log.count("back after") == len(drive.parts) - 1
    assert "secret" not in log
