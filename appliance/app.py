"""The composition root: a configuration goes in, the parts of the unit come out.

The only module that knows them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TypeVar

from appliance import sight, wiring
from appliance.announcer import Announcer, announced
from appliance.board import Board
from appliance.config import Config
from appliance.contact import GpioContact
from appliance.crops import Crops
from appliance.domain import Message, Passage
from appliance.entrance import Entrance
from appliance.errors import RestartError
from appliance.eyes import Eyes, build_eyes
from appliance.health import Health
from appliance.inspection import require_files, require_webhook
from appliance.keeper import Keeper
from appliance.lighting import Glow, build_lighting
from appliance.nightmode import NightMode
from appliance.orders import Orders
from appliance.pipeline import Announce, Lane
from appliance.poster import Poster
from appliance.recognize.recognizer import Recognizer
from appliance.resolve.story import Tell, untold
from appliance.resolve.tracker import Tracker
from appliance.respond.gate import Gate
from appliance.retention import Retention
from appliance.sender import Sender
from appliance.source import Source
from appliance.standing import StandingLists
from appliance.store import reserve
from appliance.store.damage import sound_or_new
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.keeping import KeepingClock
from appliance.store.lists import ListStore
from appliance.store.lock import sole_user
from appliance.store.marks import Marks
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.store.posts import Posts
from appliance.supervisor import Loop, supervise
from appliance.transmit.homeassistant import birth_topic
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink
from appliance.update.probation import probation
from appliance.vigil import Vigil
from appliance.wiring import Lights
from appliance.yard import Yard

Closes = TypeVar("Closes", Gate, GpioContact)
DATABASE = "passages.sqlite"
OPENING_S = 45.0
"""What opening a network camera may take on top of its silence, which it keeps by itself: its name
is looked up without a limit of ours (resolv.conf(5): twice 5 s for each server)."""


def run_unit(  # a list of parts is what this module is
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
        RestartError: somebody asked for it over MQTT.
        GatepostError: what ended it otherwise, or the fault of a recording.
    """
    # faults of the configuration before those of the store
    recognizer = sight.build_recognizer(config, health.took)
    require_files(config)
    require_webhook(config)
    with ExitStack() as held:
        held.enter_context(sole_user(config.store.folder))
        health.problem("damage", sound_or_new(config.store.folder / DATABASE))
        # first: from here on the line is at rest
        gate = _held(wiring.build_gate(config, source), held)
        contact = _held(wiring.build_contact(config, source), held)
        unit = _unit(config, health, source, held)
        keeping = unit.database()
        standing = StandingLists(ListStore(keeping), config.lists.max_distance)
        entrance = Entrance(health, config.policy, standing.match, gate, contact)
        lane = _lane(unit, recognizer, sight.build_tracker(config, tell), entrance, announce)
        keeper = _keeper(unit, entrance, standing, keeping)
        loops = [
            Loop("see", lane.see, config.camera.silent_s + OPENING_S, source.camera.close),
            Loop("maintain", keeper.maintain, 30),
            *_telling(unit, keeper.retention, linger_s),
            *([Loop("eyes", unit.eyes.watch, 30)] if unit.eyes.has_work else []),
        ]
        asked = supervise(loops, unit.stopping, linger_s + 15)
    _raise_why(source, keeper)
    return asked


def _raise_why(source: Source, keeper: Keeper) -> None:
    """What ended the loops though none of them raised it."""
    if source.camera.fault is not None:
        raise source.camera.fault
    if keeper.orders is not None and keeper.orders.is_over:
        raise RestartError("a restart was asked for over MQTT")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What the loops' parts share; `held` closes them when all is over."""

    config: Config
    health: Health
    source: Source
    topics: Topics
    link: MqttLink | None
    announcer: Announcer
    wake: Event
    posting: Event
    stopping: Event
    held: ExitStack
    keeping: KeepingClock
    lights: Lights
    eyes: Eyes

    def database(self) -> Database:
        """A connection of its own for a loop; the disk may have filled since the look-through."""
        folder = self.config.store.folder
        opened = reserve.giving_way(folder, partial(Database, folder / DATABASE))
        return self.held.enter_context(closing(opened))


def _unit(config: Config, health: Health, source: Source, held: ExitStack) -> _Unit:
    home = config.homeassistant
    topics = Topics(config.unit.id, birth_topic(home.prefix) if home.discovery else "")
    played = wiring.as_played(config, source)
    lights = wiring.hang_lights(config, source, health, held)
    told = announced(played, Board().model(), can_dim=lights.can_dim)
    wake, announcer = Event(), Announcer(told)
    link = MqttLink(config.mqtt, topics, wake) if config.mqtt.host else None
    eyes = build_eyes(played, source.camera, health, lights)
    shared = wake, Event(), eyes.stopping, held, KeepingClock(), lights, eyes
    return _Unit(config, health, source, topics, link, announcer, *shared)


def _held(part: Closes | None, held: ExitStack) -> Closes | None:
    """A part, if there is one, which is closed when all is over."""
    return part and held.enter_context(closing(part))


def _lane(
    unit: _Unit, recognizer: Recognizer, tracker: Tracker, entrance: Entrance, announce: Announce
) -> Lane:
    return Lane(
        camera=unit.source.camera,
        recognizer=recognizer,
        tracker=tracker,
        stamp=unit.source.stamp,
        entrance=entrance,
        passages=_passages(unit, unit.database()),
        unit=unit.config.unit,
        model=sight.model_pair(unit.config),
        health=unit.health,
        announce=_announcing(announce, unit.posting),
        wake=unit.wake,
        stopping=unit.stopping,
        tend=unit.lights.tend_light,
        crops=Crops(is_kept=_keeps_image(unit.config)),
        show=unit.eyes.see,
        part_with=unit.eyes.passed,
        notice=unit.source.notice,
        give_way=partial(reserve.give_up, unit.config.store.folder),
        aiming=sight.build_aiming(unit.config),
    )


def _keeper(unit: _Unit, entrance: Entrance, standing: StandingLists, database: Database) -> Keeper:
    yard = Yard(database, unit.config.parking, unit.topics)
    passages, store, marks = _passages(unit, database), unit.config.store, Marks(database)
    newest, retention = passages.newest, Retention(store.retention_hours * 3600, marks)
    limits, lists = unit.config.health, ListStore(database)
    unit.eyes.mode = NightMode(unit.config.daylight.mode, marks)

    def tend() -> None:
        entrance.tend()
        unit.lights.tend()

    return Keeper(
        passages=passages,
        outbox=Outbox(database),
        standing=standing,
        health=unit.health,
        topics=unit.topics,
        link=unit.link,
        stopping=unit.stopping,
        retention=retention,
        tend=tend,
        orders=_orders(unit, unit.link, database, yard, retention) if unit.link else None,
        yard=yard,
        posts=Posts(database) if unit.config.webhook.url is not None else None,
        announcer=unit.announcer,
        vigil=Vigil(unit.health, limits, marks, lists, store.folder, newest),
        light=unit.lights.light and Glow(unit.lights.light),
        probation=probation(marks.put),
    )


def _orders(unit: _Unit, link: MqttLink, database: Database, yard: Yard, kept: Retention) -> Orders:
    return Orders(
        link=link,
        topics=unit.topics,
        lists=ListStore(database),
        history=History(database, _outbox_bytes(unit.config)),
        retention=kept,
        yard=yard,
        night_mode=unit.eyes.mode if unit.eyes.has_work else None,
        lighting=build_lighting(unit.lights.light, unit.config.light, Marks(database)),
        can_restart=not unit.source.recording,
    )


def _telling(unit: _Unit, retention: Retention, linger_s: float) -> Iterator[Loop]:
    """The loops that tell others."""
    if unit.link is not None:
        sender = _sender(unit, unit.link, retention, linger_s)
        yield Loop("send", sender.send, 60, sender.hurry)
    if unit.config.webhook.url is not None:
        poster = _poster(unit, linger_s)
        yield Loop("post", poster.post, 120, poster.hurry)


def _sender(unit: _Unit, link: MqttLink, retention: Retention, linger_s: float) -> Sender:
    return Sender(
        outbox=Outbox(unit.database()),
        link=link,
        topics=unit.topics,
        health=unit.health,
        wake=unit.wake,
        stopping=unit.stopping,
        retention=retention if unit.config.mqtt.last else Retention(0.0),
        linger_s=linger_s,
        announcer=unit.announcer,
        keeps_image=_keeps_image(unit.config),
    )


def _poster(unit: _Unit, linger_s: float) -> Poster:
    return Poster(
        posts=Posts(unit.database()),
        webhook=unit.config.webhook,
        health=unit.health,
        wake=unit.posting,
        stopping=unit.stopping,
        linger_s=linger_s,
    )


def _announcing(announce: Announce, posting: Event) -> Announce:
    """`announce`, and the poster wakes."""

    def tell(passage: Passage, message: Message) -> None:
        posting.set()
        announce(passage, message)

    return tell


def _passages(unit: _Unit, database: Database) -> Passages:
    config = unit.config
    waiting = _outbox_bytes(config) if config.mqtt.host else None
    posts = _outbox_bytes(config) if config.webhook.url else None
    return Passages(database, waiting, posts, unit.keeping)


def _outbox_bytes(config: Config) -> int:
    return round(config.store.outbox_mb * 1e6)


def _keeps_image(config: Config) -> bool:
    return bool(config.mqtt.host) and config.mqtt.last and config.mqtt.last_image
