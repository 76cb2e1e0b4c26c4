"""The composition root: a configuration goes in, the parts of the unit come out.

The only module that knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import TypeVar

from appliance.access import Rule
from appliance.announcer import Announcer, announced
from appliance.config import Config
from appliance.contact import GpioContact
from appliance.domain import Message, Passage
from appliance.entrance import Entrance
from appliance.errors import ConfigurationError, RestartError
from appliance.health import Health
from appliance.keeper import Keeper
from appliance.orders import Orders
from appliance.pipeline import Announce, Lane
from appliance.places import corners_of
from appliance.poster import Poster
from appliance.recognize import sharpness
from appliance.recognize.detect import Detector, one_look
from appliance.recognize.model import LiteModel, read_manifest
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Recognizer
from appliance.recognize.regions import load_regions
from appliance.resolve.judge import Terms
from appliance.resolve.story import Tell, untold
from appliance.resolve.tracker import Tracker
from appliance.resolve.zones import Line, Zones
from appliance.respond.gate import Gate, Guardian
from appliance.sender import Sender
from appliance.source import Source
from appliance.standing import StandingLists
from appliance.store.damage import sound_or_new
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.store.lock import sole_user
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.store.posts import Posts
from appliance.supervisor import Loop, supervise
from appliance.transmit.homeassistant import birth_topic
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink, check_files
from appliance.transmit.webhook import Hook
from appliance.yard import Yard

Closes = TypeVar("Closes", Gate, GpioContact)

DATABASE = "passages.sqlite"
AGAIN_S = 30.0
"""Seconds after a passage in which the same plate is no other vehicle: who was hidden for a moment
must not open the gate twice."""
SURE_READS, SURE_CONFIDENCE = 4, 0.9
"""Agreeing reads and confidence from which a vehicle is told while it is still in sight."""
OPENING_S = 45.0
"""What opening a network camera may take on top of its silence: OpenCV gives FFmpeg 30 s."""


def build_detector(config: Config) -> Detector:
    """The plate detector, at every input size that there is; ModelError names a wrong file."""
    recognition = config.recognition
    model = LiteModel(recognition.models / "detect.toml", recognition.threads)
    others = sorted(recognition.models.glob("detect-*.toml"))
    copies = [LiteModel(path, recognition.threads) for path in others]
    return Detector(model, one_look(recognition.least_detection), copies)


def build_reader(config: Config) -> Reader:
    """The plate reader; ModelError or ConfigurationError name a wrong file or home region."""
    recognition = config.recognition
    model = LiteModel(recognition.models / "read.toml", recognition.threads)
    regions = load_regions(recognition.models / "regions")
    regions.require(recognition.regions)
    return Reader(model, model.manifest.characters, regions, recognition.regions)


def build_recognizer(config: Config) -> Recognizer:
    """Detector and reader together."""
    least = config.recognition.least_detection
    return Recognizer(build_detector(config), build_reader(config), least)


def build_tracker(config: Config, tell: Tell = untold) -> Tracker:
    """A tracker with nothing in sight; `tell` hears the story of every track that ends."""
    lane = config.lane
    terms = Terms(
        lane.gone_s,
        lane.least_reads,
        lane.least_confidence,
        least_sharpness=sharpness.LEAST,
        again_s=AGAIN_S,
    )
    return Tracker(_sure(terms, config.policy), build_zones(config), tell, config.speed.road)


def build_zones(config: Config) -> Zones:
    """Where plates count, and the line that is counted at."""
    ends = config.lane.counting_line
    line = Line(*ends) if ends else None
    return Zones(corners_of(config.zone, "watch"), corners_of(config.zone, "ignore"), line)


def _sure(terms: Terms, policy: Sequence[Rule]) -> Terms:
    """A track is settled early with what each rule that opens asks for, and never with less."""
    opening = [rule for rule in policy if rule.action == "open"]
    return replace(
        terms,
        sure_reads=max([SURE_READS, *(rule.least_reads for rule in opening)]),
        sure_confidence=max([SURE_CONFIDENCE, *(rule.least_confidence for rule in opening)]),
        sure_agreement=max([0.0, *(rule.least_agreement for rule in opening)]),
        sure_direction=True,
    )


def build_gate(config: Config, source: Source) -> Gate | None:
    """The gate; dry for a recording, however it is played; None where none is configured.

    Raises:
        ConfigurationError: the library of the line is not installed.
        LineError: the line cannot be had.
    """
    gate = config.gate
    if gate.line is None and not gate.dry_run:
        return None
    start = None
    if gate.line is not None and not gate.dry_run and not source.recording:
        start = partial(Guardian, gate.line, active_low=gate.active_low)
    return Gate(gate.pulse_s, gate.pause_s, start)


def build_contact(config: Config, source: Source) -> GpioContact | None:
    """What confirms who comes, in a dry run too; None for a recording, or where none is configured.

    Raises:
        ConfigurationError: the library of the line is not installed.
        LineError: the line cannot be had.
    """
    gate = config.gate
    if gate.confirm_line is None or source.recording:
        return None
    return GpioContact(gate.confirm_line, active_low=gate.confirm_active_low)


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
    recognizer = build_recognizer(config)  # faults of the configuration before those of the store
    require_files(config)
    require_webhook(config)
    with ExitStack() as held:
        held.enter_context(sole_user(config.store.folder))
        health.problem("damage", sound_or_new(config.store.folder / DATABASE))
        gate = _held(build_gate(config, source), held)  # first: from here on the line is at rest
        contact = _held(build_contact(config, source), held)
        unit = _unit(config, health, source, held)
        keeping = unit.database()
        standing = StandingLists(ListStore(keeping), config.lists.max_distance)
        entrance = Entrance(health, config.policy, standing.match, gate, contact)
        lane = _lane(unit, recognizer, build_tracker(config, tell), entrance, announce)
        keeper = _keeper(unit, entrance, standing, keeping)
        loops = [Loop("see", lane.see, config.camera.silent_s + OPENING_S)]
        loops.append(Loop("maintain", keeper.maintain, 30))
        hurry = [source.camera.close]
        if unit.link is not None:
            sender = _sender(unit, unit.link, linger_s)
            loops.append(Loop("send", sender.send, 60))
            hurry.append(sender.hurry)
        if config.webhook.url is not None:
            poster = _poster(unit, linger_s)
            loops.append(Loop("post", poster.post, 120))
            hurry.append(poster.hurry)
        asked = supervise(loops, unit.stopping, linger_s + 15, lambda: _all(hurry))
    if source.camera.fault is not None:
        raise source.camera.fault
    if keeper.orders is not None and keeper.orders.is_over:
        raise RestartError("a restart was asked for over MQTT")
    return asked


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

    def database(self) -> Database:
        """A connection of its own for a loop."""
        return self.held.enter_context(closing(Database(self.config.store.folder / DATABASE)))


def _unit(config: Config, health: Health, source: Source, held: ExitStack) -> _Unit:
    home = config.homeassistant
    topics = Topics(config.unit.id, birth_topic(home.prefix) if home.discovery else "")
    wake, announcer = Event(), Announcer(announced(config))
    link = MqttLink(config.mqtt, topics, wake) if config.mqtt.host else None
    events = wake, Event(), Event()
    return _Unit(config, health, source, topics, link, announcer, *events, held)


def _held(part: Closes | None, held: ExitStack) -> Closes | None:
    """A part, if there is one, which is closed when all is over."""
    return part and held.enter_context(closing(part))


def _all(calls: Sequence[Callable[[], None]]) -> None:
    for call in calls:
        call()


def _lane(
    unit: _Unit, recognizer: Recognizer, tracker: Tracker, entrance: Entrance, announce: Announce
) -> Lane:
    return Lane(
        camera=unit.source.camera,
        recognizer=recognizer,
        tracker=tracker,
        stamp=unit.source.stamp,
        entrance=entrance,
        passages=_passages(unit.config, unit.database()),
        unit=unit.config.unit,
        model=model_pair(unit.config),
        health=unit.health,
        announce=_announcing(announce, unit.posting),
        wake=unit.wake,
        stopping=unit.stopping,
    )


def _keeper(unit: _Unit, entrance: Entrance, standing: StandingLists, database: Database) -> Keeper:
    yard = Yard(database, unit.config.parking, unit.topics)
    return Keeper(
        passages=_passages(unit.config, database),
        outbox=Outbox(database),
        standing=standing,
        health=unit.health,
        topics=unit.topics,
        link=unit.link,
        stopping=unit.stopping,
        retention_s=unit.config.store.retention_hours * 3600,
        tend=entrance.tend,
        orders=_orders(unit, unit.link, database, yard) if unit.link is not None else None,
        yard=yard,
        announcer=unit.announcer,
    )


def _orders(unit: _Unit, link: MqttLink, database: Database, yard: Yard) -> Orders:
    return Orders(
        link=link,
        topics=unit.topics,
        lists=ListStore(database),
        history=History(database, _outbox_bytes(unit.config)),
        yard=yard,
        can_restart=not unit.source.recording,
    )


def _sender(unit: _Unit, link: MqttLink, linger_s: float) -> Sender:
    return Sender(
        outbox=Outbox(unit.database()),
        link=link,
        topics=unit.topics,
        health=unit.health,
        wake=unit.wake,
        stopping=unit.stopping,
        keep_last_s=_keep_last_s(unit.config),
        linger_s=linger_s,
        announcer=unit.announcer,
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


def require_files(config: Config) -> None:
    """Raise ConfigurationError, naming each, where a file that is named is not there."""
    files = {"password_file": config.mqtt.password_file, "ca_file": config.mqtt.ca_file}
    missing = [(key, path) for key, path in files.items() if path and not path.is_file()]
    if missing:
        told = (f"mqtt.{key} = '{path}': no such file" for key, path in missing)
        raise ConfigurationError("\n".join(told))
    check_files(config.mqtt)


def require_webhook(config: Config) -> None:
    """Raise ConfigurationError where what the webhook needs is not there."""
    if config.webhook.url is not None:
        Hook(config.webhook)


def _passages(config: Config, database: Database) -> Passages:
    waiting = _outbox_bytes(config) if config.mqtt.host else None
    posts = _outbox_bytes(config) if config.webhook.url else None
    return Passages(database, waiting, posts)


def _outbox_bytes(config: Config) -> int:
    return round(config.store.outbox_mb * 1e6)


def _keep_last_s(config: Config) -> float:
    return config.store.retention_hours * 3600 if config.mqtt.last else 0.0


def model_pair(config: Config) -> str:
    """The names of the two models, detector first, as they stand in the payload."""
    return "/".join(
        read_manifest(config.recognition.models / f"{network}.toml").name
        for network in ("detect", "read")
    )
