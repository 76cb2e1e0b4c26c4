"""The host's broker, over TLS with a password, and everything that was published there.

The rule to know: what is heard here lay in the unit's store before it was sent, and may be deleted
from its outbox now, but never from what happened.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tools.machine.card import PATHS, run

USER, PASSWORD = "unit", "four-words-nobody-guessed"
LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message.

    Attributes:
        at: monotonic seconds.
        topic: below gatepost/<unit>/.
        content: as it came.
        was_kept: it is a retained one of before.
    """

    at: float
    topic: str
    content: bytes
    was_kept: bool

    def table(self) -> dict[str, Any]:
        """Its JSON."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class Broker:
    """A mosquitto on free ports, and one who listens to it.

    Attributes:
        port: for units, with TLS.
    """

    def __init__(self, folder: Path, certificate: Path, key: Path) -> None:
        """Start it; RuntimeError where it does not come up."""
        self.port, self._inner = free_port(), free_port()
        self._heard: list[tuple[str, Heard]] = []
        self._lock, self._listens = threading.Lock(), threading.Event()
        folder.mkdir(parents=True, exist_ok=True)
        settings = self._settings(folder, certificate, key)
        program = shutil.which("mosquitto", path=PATHS["PATH"]) or "mosquitto"
        with (folder / "mosquitto.txt").open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603
                [program, "-c", str(settings)], stdout=said, stderr=said
            )
        # a session that the broker keeps: nothing passes by while the line is broken
        self._client = Client(CallbackAPIVersion.VERSION2, "listener", clean_session=False)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        try:
            self._listen()
        except RuntimeError:
            self._process.kill()
            raise

    def heard(self, unit: str, topic: str, since: float = 0.0) -> list[Heard]:
        """What a unit has published on a topic, oldest first, but for what was retained before."""
        with self._lock:
            return [
                each
                for whose, each in self._heard
                if whose == unit and each.topic == topic and each.at >= since and not each.was_kept
            ]

    def say(self, topic: str, content: str) -> None:
        """Publish something; RuntimeError where the broker does not take it."""
        sent = self._client.publish(topic, content, qos=1)
        sent.wait_for_publish(LIMIT_S)
        if not sent.is_published():
            raise RuntimeError(f"{topic}: not taken within {LIMIT_S:.0f} s")

    def stop(self) -> None:
        """End it."""
        self._client.disconnect()
        self._client.loop_stop()
        self._process.terminate()
        try:
            self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _settings(self, folder: Path, certificate: Path, key: Path) -> Path:
        passwords, settings = folder / "passwords", folder / "mosquitto.conf"
        passwords.touch(mode=0o600)
        run(["mosquitto_passwd", "-b", str(passwords), USER, PASSWORD])
        settings.write_text(
            "per_listener_settings true\nuser root\n"
            f"listener {self._inner} 127.0.0.1\nallow_anonymous true\n"
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\n"
            f"password_file {passwords}\ncertfile {certificate}\nkeyfile {key}\n"
        )
        return settings

    def _listen(self) -> None:
        until = time.monotonic() + LIMIT_S
        while True:
            try:
                self._client.connect("127.0.0.1", self._inner)
                break
            except OSError as fault:
                if time.monotonic() > until:
                    raise RuntimeError(f"mosquitto does not come up: {fault}") from fault
                time.sleep(0.1)
        self._client.loop_start()
        if not self._listens.wait(LIMIT_S):
            raise RuntimeError(f"mosquitto lets nobody listen within {LIMIT_S:.0f} s")

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe("gatepost/#", qos=1)

    def _on_subscribe(self, *_: object) -> None:
        self._listens.set()

    def _on_message(self, _client: Client, _told: object, message: MQTTMessage) -> None:
        _, unit, topic = message.topic.split("/", 2)
        heard = Heard(time.monotonic(), topic, message.payload, message.retain)
        with self._lock:
            self._heard.append((unit, heard))


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
