"""What each loop's thread is made of.

The rule to know: what two loops share stands in `Unit`; each has a connection of its own to the
database, and no part is used in two threads but for what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from functools import partial
from threading import Event

from appliance import sight
from appliance.announcer import Announcer
from appliance.config import Config
from appliance.crops import Crops
from appliance.domain import Message, Passage
from appliance.entrance import Entrance
from appliance.errand import Errand
from appliance.eyes import Eyes
from appliance.health import Health
from appliance.keeper import Keeper
from appliance.lighting import Glow, build_lighting
from appliance.lookout import Lookout
from appliance.nightmode import NightMode
from appliance.orders import Orders
from appliance.pipeline import Announce, Lane
from appliance.poster import Poster
from appliance.recognize.recognizer import Recognizer
from appliance.renewal import Renewal
from appliance.resolve.tracker import Tracker
from appliance.respond.gate import Gate
from appliance.retention import Retention
from appliance.sender import Sender
from appliance.source import Source
from appliance.standing import StandingLists
from appliance.store import reserve
from appliance.store.database import DATABASE, VERSION, Database
from appliance.store.history import History
from appliance.store.keeping import KeepingClock
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.store.posts import Posts
from appliance.supervisor import Loop
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink
from appliance.update.disk import Disk
from appliance.update.probation import probation
from appliance.update.progress import desk
from appliance.update.question import Question
from appliance.update.shelf import Shelf
from appliance.update.slots import folder_of, read_slots, system
from appliance.vigil import Vigil
from appliance.weekly import parse_span
from appliance.wiring import Lights
from appliance.yard import Yard

OFFER, SEEN = "offer.json", "offers"  # in the folder of the store
QUIET_S = 10.0
"""Without a plate, and the gate at rest: then nobody is before it who would miss it."""


@dataclass(frozen=True, slots=True)
class Unit:
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


def lane_of(
    unit: Unit, recognizer: Recognizer, tracker: Tracker, entrance: Entrance, announce: Announce
) -> Lane:
    """Of the loop `see`; `announce` is called with each recorded passage."""
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
        notice=partial(_notice, unit),
        give_way=partial(reserve.give_up, unit.config.store.folder),
        aiming=sight.build_aiming(unit.config),
    )


def _notice(unit: Unit, at: float) -> None:
    """There is a plate in a frame of this time."""
    unit.source.notice(at)
    unit.health.noticed()


def keeper_of(
    unit: Unit, entrance: Entrance, standing: StandingLists, database: Database
) -> Keeper:
    """Of the loop `maintain`, on its `database`, which the lists of `standing` are on too."""
    yard = Yard(database, unit.config.parking, unit.topics)
    passages, store, marks = _passages(unit, database), unit.config.store, Marks(database)
    newest, retention = passages.newest, Retention(store.retention_hours * 3600, marks)
    limits, lists = unit.config.health, ListStore(database)
    renewal = _renewal(unit, entrance.gate)
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
        orders=_orders(unit, unit.link, database, yard, retention, renewal) if unit.link else None,
        yard=yard,
        posts=Posts(database) if unit.config.webhook.url is not None else None,
        announcer=unit.announcer,
        vigil=Vigil(unit.health, limits, marks, lists, store.folder, newest),
        light=unit.lights.light and Glow(unit.lights.light),
        probation=probation(marks.put),
        renewal=renewal,
    )


def _renewal(unit: Unit, gate: Gate | None) -> Renewal | None:
    """What follows updates; a recording is not started anew, so nothing is installed for it."""
    if unit.source.recording:
        return None
    update, health, folder = unit.config.update, unit.health, unit.config.store.folder
    shelf, has_slots = Shelf(folder_of(update.folder), Disk()), system() is not None
    question = Question(
        unit=unit.config.unit.id,
        update=update,
        reads=VERSION,
        memory=folder / SEEN if has_slots else update.folder,  # root's is only read
        shelf=shelf.folder,
    )
    kept = folder / OFFER
    lookout = Lookout(question, kept, update.check_hours * 3600) if update.url else None

    renewal = Renewal(
        window=parse_span(update.window) if update.automatic else None,
        topics=unit.topics,
        shelf=shelf,
        errand=Errand(desk()),
        health=health,
        lookout=lookout,
        is_quiet=partial(is_quiet, health, gate),
        reboots=has_slots,
        slots=_slots,
    )
    return unit.held.enter_context(closing(renewal))


def is_quiet(health: Health, gate: Gate | None) -> bool:
    """Whether nobody is before the gate, as far as one can see."""
    return health.plate_age_s() >= QUIET_S and (gate is None or gate.is_rested())


def _slots() -> Mapping[str, str] | None:
    known = read_slots()
    return asdict(known) if known is not None else None


def _orders(
    unit: Unit,
    link: MqttLink,
    database: Database,
    yard: Yard,
    kept: Retention,
    renewal: Renewal | None,
) -> Orders:
    return Orders(
        link=link,
        topics=unit.topics,
        lists=ListStore(database),
        history=History(database, _outbox_bytes(unit.config)),
        retention=kept,
        yard=yard,
        night_mode=unit.eyes.mode if unit.eyes.has_work else None,
        lighting=build_lighting(unit.lights.light, unit.config.light, Marks(database)),
        renewal=renewal,
        can_restart=not unit.source.recording,
    )


def telling(unit: Unit, retention: Retention, linger_s: float) -> Iterator[Loop]:
    """The loops that tell others."""
    if unit.link is not None:
        sender = _sender(unit, unit.link, retention, linger_s)
        yield Loop("send", sender.send, 60, sender.hurry)
    if unit.config.webhook.url is not None:
        poster = _poster(unit, linger_s)
        yield Loop("post", poster.post, 120, poster.hurry)


def _sender(unit: Unit, link: MqttLink, retention: Retention, linger_s: float) -> Sender:
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


def _poster(unit: Unit, linger_s: float) -> Poster:
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


def _passages(unit: Unit, database: Database) -> Passages:
    config = unit.config
    waiting = _outbox_bytes(config) if config.mqtt.host else None
    posts = _outbox_bytes(config) if config.webhook.url else None
    return Passages(database, waiting, posts, unit.keeping)


def _outbox_bytes(config: Config) -> int:
    return round(config.store.outbox_mb * 1e6)


def _keeps_image(config: Config) -> bool:
    return bool(config.mqtt.host) and config.mqtt.last and config.mqtt.last_image
