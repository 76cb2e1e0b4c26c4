"""A mosquitto on loopback that lets in whom `gatepost broker-acl` names, and who is at it.

The rule to know: nothing here is open to everybody, so that what runs here also runs behind the
rights that we tell users to give.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.conftest import Broker

ROOT = Path(__file__).resolve().parents[2]
UNIT, HOME, OPERATOR = "gate-7", "homeassistant", "operator"
"""Who is at the broker: the unit, Home Assistant, and who listens and gives orders here."""
PATIENCE_S = 120.0
"""For whatever must come: the machine may be busy with other things."""
GATEPOST = (sys.executable, "-m", "appliance")


def until(condition: Callable[[], object], what: str, limit_s: float = PATIENCE_S) -> None:
    """Wait for a condition; TimeoutError, with what was waited for, where it does not come."""
    deadline = monotonic() + limit_s
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {limit_s:g} s")
        Event().wait(0.2)


@dataclass(frozen=True, slots=True)
class Account:
    """Who may come to the broker on that port of 127.0.0.1."""

    port: int
    user: str
    password: str

    def client(self, name: str) -> Client:
        """A client of that name, connecting as this account."""
        version = CallbackAPIVersion.VERSION2
        client = Client(version, name, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(self.user, self.password)
        client.reconnect_delay_set(1, 1)
        client.connect_async("127.0.0.1", self.port)
        return client


def guarded_broker(folder: Path) -> tuple[Broker, dict[str, Account]]:
    """A mosquitto that has started, its files in `folder`, and who may come, by the user's name."""
    words = {user: secrets.token_hex(12) for user in (UNIT, HOME, OPERATOR)}
    accounts, rights = folder / "accounts", folder / "acl"
    accounts.write_text("".join(f"{user}:{word}\n" for user, word in words.items()))
    accounts.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", accounts], check=True)  # noqa: S603, S607
    printed = [*GATEPOST, "broker-acl", UNIT, "--homeassistant", HOME, "--operator", OPERATOR]
    printing = subprocess.run(printed, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    rights.write_bytes(printing.stdout)
    rights.chmod(0o600)
    files = (f"password_file {accounts}", f"acl_file {rights}")
    broker = Broker(folder, "allow_anonymous false", *files)
    return broker, {user: Account(broker.port, user, word) for user, word in words.items()}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as the operator got it.

    Attributes:
        at: when, monotonic seconds.
        topic: below the unit's own.
        payload: as it came.
    """

    at: float
    topic: str
    payload: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The payload, which must be a JSON object."""
        parsed = json.loads(self.payload)
        if not isinstance(parsed, dict):
            raise TypeError(f"{self.topic}: expected a JSON object")
        return parsed


class Ear:
    """The operator: hears all that the unit says and gives it orders; comes back by itself."""

    def __init__(self, account: Account) -> None:
        """Connect to the broker."""
        self.heard: list[Heard] = []
        self._client = account.client("operator")
        self._client.on_connect = lambda client, *_: client.subscribe(f"gatepost/{UNIT}/#", 1)
        self._client.on_message = self._on_message
        self._client.loop_start()

    def on(self, topic: str) -> list[Heard]:
        """What came on that topic of the unit, oldest first."""
        return [heard for heard in list(self.heard) if heard.topic == topic]

    def newest(self, topic: str) -> Heard | None:
        """The newest on that topic; None where it is empty, or nothing came."""
        heard = self.on(topic)
        return heard[-1] if heard and heard[-1].payload else None

    def told(self, topic: str) -> dict[str, Any]:
        """What the newest on that topic says; nothing where it is empty, or nothing came."""
        heard = self.newest(topic)
        return heard.body if heard else {}

    def word(self, topic: str) -> str:
        """The newest on that topic as text; empty where it is, or nothing came."""
        heard = self.newest(topic)
        return heard.payload.decode() if heard else ""

    def passages(self) -> dict[str, dict[str, Any]]:
        """The newest copy of each passage on `log`, by its uuid."""
        return {heard.body["uuid"]: heard.body for heard in self.on("log")}

    def say(self, topic: str, payload: str) -> None:
        """Publish on a topic of the unit; the broker has it on return."""
        self._client.publish(f"gatepost/{UNIT}/{topic}", payload, 1).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        topic = message.topic.removeprefix(f"gatepost/{UNIT}/")
        self.heard.append(Heard(monotonic(), topic, message.payload))


def push_out(unit: Account) -> None:
    """Break the unit's connection: who comes with its client id and password takes its place."""
    client, taken = unit.client(f"gatepost-{UNIT}"), Event()
    client.on_connect = lambda *_: taken.set()
    client.loop_start()
    taken.wait(PATIENCE_S)
    client.disconnect()
    client.loop_stop()
