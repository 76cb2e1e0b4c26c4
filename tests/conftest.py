"""What several tests need: a real broker that can be killed, a listener, passages to record."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import settings
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.config import Mqtt, Unit
from appliance.decision import Decision
from appliance.domain import Box, Candidate, Passage, Read, Settled
from appliance.health import Vitals
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Publication
from tests.authority import Authority
from tests.front import OLD_ANSWER, Front
from tests.standin import FOLDER, Pins
from tests.wire import objections, text_of

PIN = 17
PATIENCE_S = 30.0  # the machine may be busy with other things
settings.register_profile("unhurried", deadline=None)  # the same; a test is no measurement
settings.load_profile("unhurried")
QUIET_S = 0.2  # of silence on loopback: all has been read
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")

UNIT = Unit(id="unit", camera="gate", site="home")
SETTLED = Settled(
    read=Read(
        text="AB12CDE",
        confidence=0.96712,
        characters=(0.99,) * 7,
        candidates=(Candidate("AB12CDE", 0.96712), Candidate("AB12CDF", 0.0214)),
        region="gb",
        region_confidence=0.99,
        format_ok=True,
    ),
    reads=7,
    frames=9,
    first_frame=10,
    last_frame=40,
    best_frame=33,
    first_at=100.0,
    last_at=101.84,
    direction="approaching",
    box=Box(812.3, 440.0, 1010.2, 491.6),
    image_size=(1456, 1088),
)
VITALS = Vitals(
    passages=1207,
    frames=4711,
    skipped=88,
    rejected=88,
    rejects={"low agreement": 88},
    gate={"opened": 2},
    problems=("camera dark",),
    soc_temp=61.2,
    clock="ntp",
    temps={"cpu-thermal": 61.2},
    throttled=("under-voltage",),
    uptime_s=86_000,
    fps=14.8,
    frame_age_s=0.1,
    brightness=0.43,
    latency_ms={"detect": {"p50": 41.0, "p95": 60.2, "max": 71.9}},
)
PASSAGE = Passage(
    uuid="01JD3K7W6Y8ZB2Q4XN5T0V9M3C",
    settled=SETTLED,
    decision=Decision("unknown", "ignore", "not on a list"),
    epoch_ms=1795224030123,
    clock="ntp",
)


def numbered(number: int, **changes: Any) -> Passage:  # noqa: ANN401  # any field of Passage
    """A passage of just now whose uuid ends in `number`."""
    now_ms = round(time.time() * 1000)
    passage = replace(PASSAGE, uuid=f"01JD3K7W6Y8ZB2Q4XN{number:08d}", epoch_ms=now_ms)
    return replace(passage, **changes)


def until(condition: Callable[[], object], what: str, limit_s: float = PATIENCE_S) -> None:
    """Wait for a condition, with a deadline."""
    deadline, never = time.monotonic() + limit_s, Event()
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {limit_s} s"
        never.wait(0.01)


class Encrypted:
    """A listener with TLS beside the plain one, and the way to it."""

    def __init__(self, authority: Authority, *, mutual: bool, days: int = 2) -> None:
        """Have `authority` sign for the broker, and for the unit where that is `mutual`."""
        port, served = free_port(), authority.sign("server", server=True, days=days)
        self.way: dict[str, object] = {"port": port, "tls": True, "ca_file": authority.cert}
        self.options = [
            f"listener {port} 127.0.0.1",
            f"certfile {served.cert}",
            f"keyfile {served.key}",
        ]
        if mutual:
            own = authority.sign("unit")
            self.way |= {"cert_file": own.cert, "key_file": own.key}
            asked = f"cafile {authority.cert}", "require_certificate true"
            self.options += [*asked, "use_identity_as_username true"]


class Broker:
    """A mosquitto on a port of its own, which can be killed, frozen and started again.

    Attributes:
        port: where it listens without encryption.
        way: the table [mqtt] by which a unit comes to it; the broker itself listens at `port` too.
    """

    def __init__(self, folder: Path, *options: str, encrypted: Encrypted | None = None) -> None:
        """Start it with `options` added to its configuration."""
        self.port = free_port()
        self.way: dict[str, object] = {"host": "127.0.0.1", "port": self.port}
        if encrypted is not None:
            self.way |= encrypted.way
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        lines = (
            f"listener {self.port} 127.0.0.1",
            "user root" if os.geteuid() == 0 else "",  # else root's folder is not writable to it
            "persistence true",
            "log_type all",
            f"persistence_location {folder}/",
            "max_inflight_messages 0",  # to a listener: what is acknowledged has been delivered
            "max_queued_messages 100000",  # 0 makes 2.0.11 hang up after each refusal
            *(options or ("allow_anonymous true",)),
            *(encrypted.options if encrypted else ()),
        )
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines), encoding="ascii")
        self.restart()

    @property
    def mqtt(self) -> Mqtt:
        """The configuration that leads to it."""
        return Mqtt.model_validate(self.way, strict=False)

    @property
    def table(self) -> str:
        """The same as it stands in a file."""
        lines = [f"{key} = {json.dumps(value, default=str)}" for key, value in self.way.items()]
        return "\n".join(["[mqtt]", *lines, ""])

    def restart(self) -> None:
        """Start it, on the same port and with what it had saved; it answers on return."""
        assert MOSQUITTO is not None
        command = [MOSQUITTO, "-c", str(self._config)]
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers, "mosquitto listens")

    def kill(self) -> None:
        """SIGKILL, as a power cut would: nothing is saved, no connection closed properly."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    @property
    def pid(self) -> int:
        """Of its process, which must be running."""
        assert self._process is not None
        return self._process.pid

    def freeze(self) -> None:
        """SIGSTOP: connections stay, nothing is answered any more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def told(self) -> str:
        """Its log."""
        return (self._folder / "mosquitto.log").read_text(encoding="utf-8")

    def save(self) -> None:
        """Have it write its sessions and retained messages to the disk (SIGUSR1)."""
        saved = self._folder / "mosquitto.db"
        saved.unlink(missing_ok=True)
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)
        until(saved.exists, "mosquitto saves")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "mosquitto ended at once"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1.0).close()
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Heard:
    """A message as a subscriber got it; of a picture `payload` has one character a byte."""

    topic: str
    payload: str
    retained: bool
    qos: int
    expiry_s: int | None

    @property
    def body(self) -> dict[str, Any]:
        """The payload, which must be a JSON object."""
        parsed = json.loads(self.payload)
        assert isinstance(parsed, dict)
        return parsed


class Listener:
    """A subscriber to everything whose session outlives the broker, once that has saved it."""

    def __init__(self, broker: Broker, name: str = "listener") -> None:
        """Subscribe to `gatepost/#`; subscribed on return."""
        self.heard: list[Heard] = []
        self._subscribed = Event()
        version = CallbackAPIVersion.VERSION2
        self._client = Client(version, name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.reconnect_delay_set(1, 1)
        session = Properties(1)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, 30, clean_start=False, properties=session)
        self._client.loop_start()
        self._client.subscribe("gatepost/#", 1)
        assert self._subscribed.wait(PATIENCE_S)

    def on(self, topic: str) -> list[Heard]:
        """What came on the topic that ends in `topic`."""
        return [heard for heard in self.heard if heard.topic.endswith(f"/{topic}")]

    def say(
        self, topic: str, payload: bytes | str, *, retained: bool = False, name: str | None = None
    ) -> None:
        """Publish something, with an id for the answer; the broker has it on return."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if name is not None:
            properties.UserProperty = ("id", name)
        self._client.publish(topic, payload, 1, retained, properties).wait_for_publish(PATIENCE_S)

    def read_all(self) -> None:
        """Return once nothing has come for a while; nobody sends any more.

        A broker that is killed resets the connection, and what it has acknowledged and written
        there is lost to who has not read it yet.
        """
        heard = -1
        while heard < len(self.heard):
            heard = len(self.heard)
            Event().wait(QUIET_S)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        payload = text_of(message.topic, message.payload)
        self.heard.append(Heard(message.topic, payload, message.retain, message.qos, expiry))


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Starts a mosquitto with further lines of configuration; killed after the test."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    started: list[Broker] = []

    def start(*options: str, encrypted: Encrypted | None = None) -> Broker:
        folder = tmp_path / f"broker{len(started)}"
        folder.mkdir()
        started.append(Broker(folder, *options, encrypted=encrypted))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def broker(start_broker: Callable[..., Broker]) -> Broker:
    """A mosquitto that lets everyone in."""
    return start_broker()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs for brokers and units."""
    return Authority(tmp_path_factory.mktemp("certificates") / "authority")


@pytest.fixture
def front() -> Iterator[Callable[..., Front]]:
    """Puts a broker that knows only MQTT 3.1.1, or nothing, before a real one."""
    fronts: list[Front] = []

    def place(behind: Broker, answer: bytes | None = OLD_ANSWER) -> Front:
        fronts.append(Front(behind.port, answer))
        return fronts[-1]

    yield place
    for each in fronts:
        each.close()


@pytest.fixture
def broker_by(
    start_broker: Callable[..., Broker],
    request: pytest.FixtureRequest,
    front: Callable[..., Front],
) -> Callable[[str], Broker]:
    """A mosquitto that lets everyone in who comes "plain", by "tls", "mtls" or "3.1.1"."""

    def start(way: str) -> Broker:
        if way in {"tls", "mtls"}:
            authority = request.getfixturevalue("authority")
            return start_broker(encrypted=Encrypted(authority, mutual=way == "mtls"))
        broker = start_broker()
        if way == "3.1.1":
            broker.way["port"] = front(broker).port
        return broker

    return start


@pytest.fixture(autouse=True)
def wire(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[tuple[str, str]]]:
    """Topics and payloads that the test sees; each obeys its schema, whatever the test is about.

    Where payloads stand for nothing, the test says so: `pytest.mark.any_payload`.
    """
    seen: list[tuple[str, str]] = []
    hand_over = FakeLink._hand_over

    def watched(link: FakeLink, publication: Publication) -> None:
        seen.append((publication.topic, text_of(publication.topic, publication.content)))
        hand_over(link, publication)

    monkeypatch.setattr(FakeLink, "_hand_over", watched)
    yield seen
    if request.node.get_closest_marker("any_payload") is None:
        assert [fault for each in dict.fromkeys(seen) for fault in objections(*each)] == []


@pytest.fixture
def listen(wire: list[tuple[str, str]]) -> Iterator[Callable[..., Listener]]:
    """Makes a Listener on a broker; it leaves after the test."""
    listeners: list[Listener] = []

    def make(broker: Broker, name: str = "listener") -> Listener:
        listeners.append(Listener(broker, name))
        return listeners[-1]

    yield make
    for each in listeners:
        each.close()
        wire.extend((heard.topic, heard.payload) for heard in each.heard)


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pins:
    """The stand-in for RPi.GPIO, as if it were installed for the processes to come; its notes."""
    monkeypatch.setenv("PYTHONPATH", f"{FOLDER}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("STANDIN_PINS", str(tmp_path / "pins"))
    monkeypatch.setenv("LG_WD", str(tmp_path))
    return Pins(tmp_path / "pins", PIN)


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The stand-in for RPi.GPIO as if it were installed, fresh."""
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setenv("STANDIN_PINS", str(tmp_path / "pins"))
    monkeypatch.setenv("LG_WD", str(tmp_path))
    yield import_module("RPi.GPIO")
    for name in ("RPi.GPIO", "RPi"):
        sys.modules.pop(name, None)
