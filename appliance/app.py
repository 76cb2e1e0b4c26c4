"""The composition root: a configuration goes in, the parts of the unit come out.

With `loops`, which puts each loop together, the only module that knows them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from threading import Event
from typing import TypeVar

from appliance import sight, wiring
from appliance.announcer import Announcer, announced
from appliance.board import Board
from appliance.config import Config
from appliance.contact import GpioContact
from appliance.entrance import Entrance
from appliance.errors import RestartError
from appliance.eyes import build_eyes
from appliance.health import Health
from appliance.inspection import require_named
from appliance.keeper import Keeper
from appliance.loops import Unit, keeper_of, lane_of, telling
from appliance.pipeline import Announce, Lane
from appliance.resolve.story import Tell, untold
from appliance.respond.gate import Gate
from appliance.source import Source
from appliance.standing import StandingLists
from appliance.store.damage import sound_or_new
from appliance.store.database import DATABASE
from appliance.store.keeping import KeepingClock
from appliance.store.lists import ListStore
from appliance.store.lock import sole_user
from appliance.supervisor import Loop, supervise
from appliance.transmit.homeassistant import birth_topic
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink

Closes = TypeVar("Closes", Gate, GpioContact)
OPENING_S = 45.0
"""What opening a network camera may take on top of its silence, which it keeps by itself: its name
is looked up without a limit of ours (resolv.conf(5): twice 5 s for each server)."""


def run_unit(
    config: Config,
    health: Health,
    source: Source,
    announce: Announce,
    linger_s: float = 2.0,
    tell: Tell = untold,
) -> int:
    """Run the loops until the camera ends, a signal comes, or one of them fails.

    Args:
        config: of the unit.
        health: where the loops count.
        source: the camera.
        announce: called with each recorded passage.
        linger_s: how long to wait at the end for the broker to take what is waiting.
        tell: called with the story of each track that ends.

    Returns:
        The number of the signal that ended it, 0 where the camera did.

    Raises:
        RestartError: somebody asked for it over MQTT, or a release waits for its first start.
        GatepostError: what ended it otherwise, or the fault of a recording.
    """
    recognizer = sight.build_recognizer(config, health.took)  # faults of the file come first
    require_named(config)
    with ExitStack() as held:
        held.enter_context(sole_user(config.store.folder))
        health.problem("damage", sound_or_new(config.store.folder / DATABASE))
        gate, contact = _door(config, source, held)  # from here on the line is at rest
        unit = _unit(config, health, source, held)
        entrance, keeper = _entrance(unit, gate, contact)
        lane = lane_of(unit, recognizer, sight.build_tracker(config, tell), entrance, announce)
        asked = supervise([*_loops(unit, lane, keeper, linger_s)], unit.stopping, linger_s + 15)
    _raise_why(source, keeper)
    return asked


def _raise_why(source: Source, keeper: Keeper) -> None:
    """What ended the loops though none of them raised it."""
    if source.camera.fault is not None:
        raise source.camera.fault
    if keeper.orders is not None and keeper.orders.is_over:
        raise RestartError("a restart was asked for over MQTT")
    if keeper.is_over:
        raise RestartError("a release is installed and waits for its first start")


def _door(
    config: Config, source: Source, held: ExitStack
) -> tuple[Gate | None, GpioContact | None]:
    """The gate and what confirms who comes, as far as they are configured."""
    gate = _held(wiring.build_gate(config, source), held)
    return gate, _held(wiring.build_contact(config, source), held)


def _entrance(
    unit: Unit, gate: Gate | None, contact: GpioContact | None
) -> tuple[Entrance, Keeper]:
    """Who decides, and who keeps the lists that it decides by."""
    config, database = unit.config, unit.database()
    standing = StandingLists(ListStore(database), config.lists.max_distance)
    entrance = Entrance(unit.health, config.policy, standing.match, gate, contact)
    return entrance, keeper_of(unit, entrance, standing, database)


def _loops(unit: Unit, lane: Lane, keeper: Keeper, linger_s: float) -> Iterator[Loop]:
    """All of them, with how long each may be silent."""
    silent_s = unit.config.camera.silent_s + OPENING_S
    yield Loop("see", lane.see, silent_s, unit.source.camera.close)
    yield Loop("maintain", keeper.maintain, 30)
    yield from telling(unit, keeper.retention, linger_s)
    if unit.eyes.has_work:
        yield Loop("eyes", unit.eyes.watch, 30)


def _unit(config: Config, health: Health, source: Source, held: ExitStack) -> Unit:
    home = config.homeassistant
    topics = Topics(config.unit.id, birth_topic(home.prefix) if home.discovery else "")
    played = wiring.as_played(config, source)
    lights = wiring.hang_lights(config, source, health, held)
    told = announced(played, Board().model(), can_dim=lights.can_dim)
    wake, announcer = Event(), Announcer(told)
    link = MqttLink(config.mqtt, topics, wake) if config.mqtt.host else None
    eyes = build_eyes(played, source.camera, health, lights)
    shared = wake, Event(), eyes.stopping, held, KeepingClock(), lights, eyes
    return Unit(config, health, source, topics, link, announcer, *shared)


def _held(part: Closes | None, held: ExitStack) -> Closes | None:
    """A part, if there is one, which is closed when all is over."""
    return part and held.enter_context(closing(part))
