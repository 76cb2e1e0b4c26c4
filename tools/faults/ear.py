"""A subscriber that is always there: what it has heard, and when.

The rule to know: it keeps a session in the broker and comes back at once, and whoever restarts the
broker waits for it.  What is promised is promised to such a one; who is away while a broker without
its memory starts hears nothing of what was acknowledged meanwhile, from any unit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Event
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE_S = 60.0  # the machine may be busy with other things
QUIET_S = 0.2  # of silence on loopback: all has been read
CALM = Event()  # never set: to wait on


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it came.

    Attributes:
        at: monotonic seconds.
        topic: below the unit's own.
        payload: as text.
        retained: the broker had kept it.
        again: the broker's own repeat, as QoS 1 has it: it had not saved that this was heard.
    """

    at: float
    topic: str
    payload: str
    retained: bool
    again: bool


class Ear:
    """Listens to everything of one unit, over every end of the broker."""

    def __init__(self, port: int, user: str | None = None, password: str | None = None) -> None:
        """Subscribe at the broker on that port; subscribed on return."""
        self.heard: list[Heard] = []
        self._there = Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, "ear", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.username_pw_set(user, password)
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self._there.clear()
        self._client.on_subscribe = lambda *_: self._there.set()
        self._client.reconnect_delay_set(1, 1)
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", port, 30, clean_start=False, properties=session)
        self._client.loop_start()
        self.wait()

    def wait(self) -> None:
        """Return once it is subscribed.

        Raises:
            TimeoutError: the broker does not let it.
        """
        if not self._there.wait(PATIENCE_S):
            raise TimeoutError(f"the listener is not subscribed after {PATIENCE_S:g} s")

    def read_all(self) -> None:
        """Return once nothing has come for a while; nobody sends any more."""
        heard = -1
        while heard < len(self.heard):
            heard = len(self.heard)
            CALM.wait(QUIET_S)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, *_: Any) -> None:  # noqa: ANN401  # whatever paho tells
        client.subscribe("gatepost/#", 1)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        topic = message.topic.split("/", 2)[2]
        payload, kept = message.payload.decode(errors="replace"), message.retain
        self.heard.append(Heard(time.monotonic(), topic, payload, kept, message.dup))
