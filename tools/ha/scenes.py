"""What happens at the site, and how often each automation may fire for it.

The rule to know: a scene ends when its passages are recorded and what died is back; how often
something fired is read later, so that what fires belatedly counts too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event

from appliance.pipeline import FRESH_S
from tools.ha.broker import push_out, until
from tools.ha.lane import Run
from tools.ha.settings import (
    day_is_seen,
    keeps_for_three_days,
    keeps_for_two_days,
    light_is_bright,
    light_is_dimmed,
    light_is_forbidden,
    light_is_released,
    light_waits,
    night_is_dark,
)
from tools.ha.site import GATE, Site
from tools.ha.updates import (
    install_is_pressed,
    nobody_installs,
    release_is_good,
    release_is_published,
)

OWNER, OWNER_COMES, OWNER_LEAVES = "ZG4827KT", Run(0, 45), Run(45, 0)
NEIGHBOUR, DENIED, DENIED_COMES = "LK63XNR", "HKT4926", Run(46, 113)
VISITOR, VISITOR_COMES = "RKM4E73", Run(114, 162)
UNKNOWN, WATCHED, EVENING = "59X346728", "HHKM3674", Run(170, 236)
LISTS = {OWNER: "allowed", NEIGHBOUR: "allowed", DENIED: "denied", WATCHED: "watched"}
"""The cast: the plates of tests/data/lane.mp4, all drawn.  The neighbour leaves while the denied
one comes, the unknown one leaves while the watched one comes."""
MISSED = frozenset({"passage"})
"""What shows the passage before until the next, where Home Assistant was away for one."""
OPENS = {GATE: 1, "plate_allowed": 1, "decision_open": 1}


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens.

    Attributes:
        name: what.
        act: makes it happen.
        fires: how often which automation fires for it; the others never.
        but: entities that may show what was before, since Home Assistant may not have heard.
    """

    name: str
    act: Callable[[Site], None]
    fires: Mapping[str, int] = field(default_factory=dict)
    but: frozenset[str] = frozenset()


def owner_comes(site: Site) -> None:
    """An allowed plate, approaching."""
    site.pass_by(OWNER_COMES, OWNER)


def owner_leaves(site: Site) -> None:
    """The same, receding."""
    site.pass_by(OWNER_LEAVES, OWNER)


def denied_comes(site: Site) -> None:
    """A denied plate approaches while the neighbour, who is allowed, leaves."""
    site.pass_by(DENIED_COMES, DENIED, NEIGHBOUR)


def visitor_comes(site: Site) -> None:
    """The visitor, on no list at first."""
    site.pass_by(VISITOR_COMES, VISITOR)


def evening(site: Site) -> None:
    """A watched plate approaches while one on no list leaves."""
    site.pass_by(EVENING, WATCHED, UNKNOWN)


def connection_breaks(site: Site) -> None:
    """The unit's connection breaks and comes back."""
    count = len(site.ear.on("availability"))
    push_out(site.unit.account)
    both = [b"offline", b"online"]
    until(
        lambda: [heard.payload for heard in site.ear.on("availability")[count:]] == both,
        "offline, online",
    )
    site.becomes(there=True)


def unit_dies(site: Site) -> None:
    """SIGKILL of the unit, and a new start."""
    site.unit.kill()
    _is_dark(site)
    site.becomes(there=False)
    site.unit.start()
    site.becomes(there=True)


def broker_dies(site: Site) -> None:
    """SIGKILL of the broker, which forgets what it retained; and a new start."""
    site.broker.kill()
    site.becomes(there=False)
    site.broker.restart()
    site.becomes(there=True)


def home_restarts(site: Site) -> None:
    """Home Assistant ends and starts again."""
    site.home.stop()
    site.home.start()
    site.becomes(there=True)


def home_misses_one(site: Site) -> None:
    """An allowed plate goes by while Home Assistant is away."""
    site.home.stop()
    site.went_by(site.drive(OWNER_COMES, OWNER), OWNER)
    site.home.start()
    site.becomes(there=True)


def broker_misses_one(site: Site) -> None:
    """An allowed plate goes by while the broker is away, which comes back when it is late."""
    site.broker.kill()
    before = site.drive(OWNER_COMES, OWNER)
    Event().wait(FRESH_S + 5.0)
    site.broker.restart()
    site.went_by(before, OWNER)
    site.becomes(there=True)


def all_again(site: Site) -> None:
    """Every passage since the beginning is asked for again, and comes late on `log`."""
    count = len(site.ear.on("log"))
    site.ear.say("cmd", json.dumps({"id": "again", "replay": {"from_seq": 1}}))
    expected = count + len(site.ear.passages())
    until(lambda: len(site.ear.on("log")) >= expected, "every passage again on log")


def visitor_is_allowed(site: Site) -> None:
    """Somebody types the visitor's plate into the text entity; the list says so."""
    before = site.ear.told("lists/allowed/state")["count"]
    entity = site.device().entities["allow_add"]
    site.home.act("text.set_value", entity_id=entity, value=VISITOR)
    until(lambda: site.ear.told("lists/allowed/state")["count"] == before + 1, "a longer list")


def restart_is_pressed(site: Site) -> None:
    """Somebody presses the button; the unit ends with the code that has it started again."""
    site.home.act("button.press", entity_id=site.device().entities["restart"])
    until(site.unit.asks_to_be_restarted, "the unit's end")
    _is_dark(site)
    site.becomes(there=False)
    site.unit.start()
    site.becomes(there=True)


def _is_dark(site: Site) -> None:
    """The unit is gone, and so is its light."""
    until(lambda: site.unit.led.shown == 0, "a dark light")


def owner_is_forgotten(site: Site) -> None:
    """The operator has the owner's plate erased, which `last` shows."""
    site.ear.say("cmd", json.dumps({"id": "forget", "erase": OWNER}))
    until(lambda: site.ear.told("last") == {"plate": None, "time": None}, "an erasure on last")


def privacy(site: Site) -> None:
    """The unit is started anew with mqtt.last = false."""
    _start_with(site, last=False)


def no_privacy(site: Site) -> None:
    """And with mqtt.last = true again."""
    _start_with(site, last=True)


def _start_with(site: Site, *, last: bool) -> None:
    site.unit.stop()
    site.becomes(there=False)
    site.unit.configure(last=last)
    site.unit.start()
    site.becomes(there=True)


SCENES = (
    Scene("an allowed plate approaches", owner_comes, OPENS),
    Scene("one on no list approaches", visitor_comes),
    Scene("a watched one approaches, an unknown one recedes", evening, {"plate_watched": 1}),
    Scene("a denied one approaches, an allowed one recedes", denied_comes, {"plate_allowed": 1}),
    Scene("the same allowed plate approaches again", owner_comes, OPENS),
    Scene("it recedes", owner_leaves, {"plate_allowed": 1}),
    Scene("it approaches again", owner_comes, OPENS),
    Scene("Keep passages for is set to 2 days", keeps_for_two_days),
    Scene("Illuminator is switched off", light_is_forbidden),
    Scene("Night mode is set to night: dark all the same", night_is_dark),
    Scene("Illuminator is switched on: lit", light_is_released),
    Scene("Illuminator power is set to 40 %", light_is_dimmed),
    Scene("an allowed plate approaches", owner_comes, OPENS),
    Scene("the unit's connection breaks, and is back", connection_breaks),
    Scene("SIGKILL of the unit, started again", unit_dies),
    Scene("an allowed plate approaches", owner_comes, OPENS),
    Scene("SIGKILL of the broker, started again", broker_dies),
    Scene("an allowed plate approaches", owner_comes, OPENS),
    Scene("Home Assistant restarts", home_restarts),
    Scene("an allowed plate approaches", owner_comes, OPENS),
    Scene("one approaches while Home Assistant is away", home_misses_one, but=MISSED),
    Scene(
        "one approaches while the broker is away for long",
        broker_misses_one,
        but=MISSED | {"late"},  # whichever of unit and Home Assistant is back first
    ),
    Scene("all passages again, late, on log (cmd: replay)", all_again, but=MISSED),
    Scene("a visitor's plate typed into Allow a plate", visitor_is_allowed, but=MISSED),
    Scene("the visitor approaches", visitor_comes, OPENS),
    Scene("Restart is pressed", restart_is_pressed),
    Scene("Night mode is set to auto: the light goes out", day_is_seen),
    Scene("Illuminator is switched off", light_is_forbidden),
    Scene("Illuminator power is set back to 80 %", light_is_bright),
    Scene("Keep passages for is set back to 3 days", keeps_for_three_days),
    Scene("started with mqtt.last = false: three entities go", privacy),
    Scene("started with mqtt.last = true: they are back", no_privacy),
    Scene("Illuminator is switched on: dark by day", light_waits),
    Scene("an allowed plate approaches", owner_comes, OPENS),
    Scene("its plate is erased (cmd: erase)", owner_is_forgotten),
    Scene("it approaches again", owner_comes, OPENS),
    Scene("a newer release is published: offered", release_is_published),
    Scene("Install is pressed, and no updater is there", nobody_installs),
    Scene("Install is pressed: progress, the new version", install_is_pressed),
    Scene("the release is good after a minute", release_is_good),
    Scene("an allowed plate approaches", owner_comes, OPENS),
)
