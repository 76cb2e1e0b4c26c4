"""Commands between a link to nowhere and a real store."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

from appliance.orders import Orders
from appliance.retention import Retention
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Topics
from appliance.yard import Yard
from appliance.yardsection import Parking

ROOM = 10**6  # bytes of the outbox


class Bench:
    """Orders between a link to nowhere and a store."""

    def __init__(self, folder: Path) -> None:
        """Be connected."""
        self.link = FakeLink(Topics("unit"), Event())
        self.database = Database(folder / "passages.sqlite")
        self.lists = ListStore(self.database)
        self.passages, self.outbox = Passages(self.database, ROOM), Outbox(self.database)
        history = History(self.database, ROOM)
        parking = Parking.model_validate({"entering": "approaching"})
        self.yard = Yard(self.database, parking, Topics("unit"))
        self.retention = Retention(3 * 86400.0, Marks(self.database))
        self.orders = Orders(
            self.link, Topics("unit"), self.lists, history, self.retention, self.yard
        )
        self.link.connect()

    def turn(self) -> None:
        """What the loop does each second."""
        before = self.lists.versions()
        self.orders.carry_out()
        self.orders.tell(lists_changed=self.lists.versions() != before)

    def send(self, topic: str, payload: bytes | str, **how: Any) -> dict[str, Any]:  # noqa: ANN401
        """Send a command, and have its answer."""
        self.link.command(topic, payload if isinstance(payload, bytes) else payload.encode(), **how)
        self.turn()
        return self.answers()[-1]

    def answers(self) -> list[dict[str, Any]]:
        """All that were published, which are never retained."""
        results = [each for each in self.link.history if each.topic == "gatepost/unit/cmd/result"]
        assert not any(each.retained for each in results)
        return [json.loads(each.payload) for each in results]

    def states(self, name: str) -> list[dict[str, Any]]:
        """Of a list, as they were published, retained each."""
        topic = f"gatepost/unit/lists/{name}/state"
        published = [each for each in self.link.history if each.topic == topic]
        assert all(each.retained for each in published)
        return [json.loads(each.payload) for each in published]
