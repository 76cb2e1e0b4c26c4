"""A site: lane, unit, broker and Home Assistant, with the automations that a user would make there.

The rule to know: each automation does nothing but count, in counters of Home Assistant that survive
its restart, so that what fires while nobody listens is seen as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Any

from appliance.sight import AGAIN_S
from tests.conftest import Broker
from tools.ha.broker import UNIT, Ear, until
from tools.ha.entities import Row, rows, triggers
from tools.ha.home import BLUEPRINT, Device, Home, device_of
from tools.ha.lane import Lane, Run
from tools.ha.releases import Releases
from tools.ha.unit import LED, Unit

GATE = "blueprint"
USUAL = "usual recipe"
TRIGGERS = ("plate_allowed", "decision_open", "plate_watched")
COUNTED = (GATE, *TRIGGERS, USUAL)
"""The automations, by the name of what fires them.  The usual recipe is the one that our blueprint
is there to avoid: that it is seen to fire shows that false openings would be seen."""
LATE_S = 6.0  # that the camera's picture may be late on a busy machine
RIGHT_S = 90.0  # for every entity to be right again


def counter(name: str) -> str:
    """The counter of an automation."""
    return name.replace(" ", "_")


@dataclass(slots=True)
class Site:
    """What stands there.

    Attributes:
        played: when each plate was seen last, monotonic seconds.
        asked: what somebody set in Home Assistant, by the topic on which the unit says it.
    """

    lane: Lane
    broker: Broker
    ear: Ear
    unit: Unit
    home: Home
    releases: Releases
    played: dict[str, float] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def device(self) -> Device:
        """The unit in Home Assistant, which has it."""
        device = device_of(self.home, UNIT)
        if device is None:
            raise RuntimeError("Home Assistant does not know the unit")
        return device

    def drive(self, run: Run, *plates: str) -> set[str]:
        """Have vehicles go by, each as another than before; gives the uuids known until then."""
        before = set(self.ear.passages())
        free_at = max(self.played.get(plate, 0.0) for plate in plates) + AGAIN_S + LATE_S
        Event().wait(max(0.0, free_at - monotonic()))
        self.lane.play(run)
        self.played.update(dict.fromkeys(plates, monotonic()))
        return before

    def went_by(self, before: set[str], *plates: str) -> None:
        """Wait until the records have a passage of each plate that was not there before."""

        def are_there() -> bool:
            new = [body for uuid, body in self.ear.passages().items() if uuid not in before]
            return set(plates) <= {body["plate"] for body in new}

        until(are_there, f"a passage of {', '.join(plates)} on log")

    def pass_by(self, run: Run, *plates: str) -> None:
        """Have vehicles go by, until they are recorded and Home Assistant has shown the last."""
        self.went_by(self.drive(run, *plates), *plates)
        live = self.ear.told("passage")
        entity = self.device().entities["passage"]

        def is_shown() -> bool:
            state = self.home.state(entity)
            return bool(live and state and state["attributes"].get("uuid") == live["uuid"])

        until(is_shown, "the passage in Home Assistant")

    def becomes(self, *, there: bool) -> None:
        """Wait until Home Assistant has the unit as available, or as not."""
        entity = self.device().entities["passage"]

        def is_so() -> bool:
            state = self.home.state(entity)
            return state is not None and (state["state"] != "unavailable") == there

        until(is_so, f"the unit {'available' if there else 'unavailable'} in Home Assistant")

    def counts(self) -> dict[str, int]:
        """How often each automation has fired since the beginning."""
        states = {name: self.home.state(f"counter.{counter(name)}") for name in COUNTED}
        return {name: int(state["state"]) if state else -1 for name, state in states.items()}

    def rows(self) -> list[Row]:
        """Every entity, and the light itself, which is to be as the unit says."""
        return [*rows(self.home, self.device(), self.unit.config, self.ear), self._led()]

    def forgotten(self) -> list[str]:
        """What was set and the unit no longer says, in words."""
        said = {topic: self.ear.word(topic) for topic in self.asked}
        return [
            f"{topic}: {said[topic]}, not {asked}"
            for topic, asked in self.asked.items()
            if said[topic] != asked
        ]

    def wrong(self, but: frozenset[str] = frozenset()) -> list[Row]:
        """The entities that do not show what they should, once they had time to."""
        left: list[Row] = []

        def are_right() -> bool:
            told = self.rows()
            left[:] = [row for row in told if not row.is_right and row.key not in but]
            return not left

        try:
            until(are_right, "every entity", RIGHT_S)
        except TimeoutError:
            return left
        return []

    def lacking(self) -> set[str]:
        """The device triggers that are announced and that Home Assistant does not offer."""
        return triggers(self.unit.config) - self.device().triggers.keys()

    def automate(self) -> None:
        """Make the automations, as its editor does."""
        device = self.device()
        passage = device.entities["passage"]
        opening = {"passage": passage, "open": _count(GATE)}
        self._automate(GATE, {"use_blueprint": {"path": BLUEPRINT, "input": opening}})
        for name in TRIGGERS:
            trigger = {"triggers": [device.triggers[name]], "actions": _count(name)}
            self._automate(name, trigger)
        is_allowed = {"condition": "state", "entity_id": passage, "attribute": "event_type"}
        usual: dict[str, Any] = {"triggers": [{"trigger": "state", "entity_id": passage}]}
        usual |= {"conditions": [is_allowed | {"state": "allowed"}], "actions": _count(USUAL)}
        self._automate(USUAL, usual)

    def _led(self) -> Row:
        """Lit, in percent as it is set, where the unit says that it is; else dark."""
        is_lit = self.ear.told("state").get("ir") == {"lit": True}
        expected = self.ear.word("illuminator_power") if is_lit else "0"
        return Row(
            "", f"(the LED {LED}, of {self.unit.led.steps})", str(self.unit.led.shown), expected
        )

    def _automate(self, name: str, automation: dict[str, Any]) -> None:
        path = f"config/automation/config/{counter(name)}"
        self.home.post(path, {"alias": name, "description": ""} | automation)


def _count(name: str) -> list[dict[str, Any]]:
    counted = {"entity_id": f"counter.{counter(name)}"}
    return [{"action": "counter.increment", "target": counted}]
