"""The composition root: a configuration goes in, the parts of the unit come out.

The only module that knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from appliance.capture.camera import Camera
from appliance.capture.video import LiveCamera, RecordedCamera
from appliance.config import Config
from appliance.entrance import Entrance
from appliance.errors import ConfigurationError
from appliance.gpio import require_library
from appliance.health import Health
from appliance.keeper import Keeper
from appliance.pipeline import Announce, Lane
from appliance.recognize.detect import Detector, one_look
from appliance.recognize.model import LiteModel, read_manifest
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Recognizer
from appliance.recognize.regions import load_regions
from appliance.resolve.judge import Terms
from appliance.resolve.story import Tell, untold
from appliance.resolve.tracker import Tracker
from appliance.respond.gate import Gate, Guardian
from appliance.sender import Sender
from appliance.stamp import LiveStamp, RecordedStamp, Stamp
from appliance.standing import StandingLists
from appliance.store.database import Database
from appliance.store.lists import ListStore
from appliance.store.lock import sole_user
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.supervisor import Loop, supervise
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink, check_files

DATABASE = "passages.sqlite"
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
    return Tracker(Terms(lane.gone_s, lane.least_reads, lane.least_confidence), tell=tell)


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


@dataclass(frozen=True, slots=True)
class Source:
    """A camera, and how its passages get their ids and times.

    Attributes:
        camera: gives the frames.
        stamp: gives the ids and the times.
        recording: no vehicle is there, whatever the stamp says, and nothing may be switched.
    """

    camera: Camera
    stamp: Stamp
    recording: bool


def live_source(config: Config, health: Health) -> Source:
    """The configured camera; a file or a folder plays at its own speed, as if seen now."""
    source = config.camera.source
    stamp = LiveStamp(health.clock)
    if Path(source).is_file() or Path(source).is_dir():
        return Source(RecordedCamera(Path(source), real_time=True), stamp, recording=True)
    return Source(LiveCamera(source, config.camera.silent_s), stamp, recording=False)


def replay_source(
    config: Config, recorded: RecordedCamera, camera: Camera, health: Health
) -> Source:
    """A recording as a source: played in real time it counts as a live camera.

    Args:
        config: names the unit.
        recorded: the recording.
        camera: gives its frames.
        health: knows the clock.
    """
    if recorded.real_time:
        return Source(camera, LiveStamp(health.clock), recording=True)
    stamp = RecordedStamp(recorded.source, recorded.recording.begun_ms, config.unit.id)
    return Source(camera, stamp, recording=True)


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
        GatepostError: what ended it otherwise, or the fault of a recording.
    """
    recognizer = build_recognizer(config)  # faults of the configuration before those of the store
    _require_files(config)
    with ExitStack() as held:
        held.enter_context(sole_user(config.store.folder))
        gate = _gate(config, source, held)  # first: from here on the line is at rest
        keeping = _database(config, held)
        standing = StandingLists(ListStore(keeping), config.lists.max_distance)
        entrance = Entrance(health, config.policy, standing.match, gate)
        stopping, wake = Event(), Event()
        topics = Topics(config.unit.id)
        link = MqttLink(config.mqtt, topics, wake) if config.mqtt.host else None
        database = _database(config, held)
        tracker = build_tracker(config, tell)
        lane = _lane(
            config,
            recognizer,
            tracker,
            entrance,
            database,
            health,
            source,
            announce,
            wake,
            stopping,
        )
        keeper = _keeper(config, entrance, standing, keeping, health, topics, link, stopping)
        loops = [Loop("see", lane.see, config.camera.silent_s + OPENING_S)]
        loops.append(Loop("maintain", keeper.maintain, 30))
        hurry = [source.camera.close]
        if link is not None:
            outbox, keep_s = Outbox(_database(config, held)), _keep_last_s(config)
            sender = Sender(outbox, link, topics, health, wake, stopping, keep_s, linger_s)
            loops.append(Loop("send", sender.send, 60))
            hurry.append(sender.hurry)
        asked = supervise(loops, stopping, linger_s + 15, lambda: _all(hurry))
    if source.camera.fault is not None:
        raise source.camera.fault
    return asked


def _gate(config: Config, source: Source, held: ExitStack) -> Gate | None:
    """The gate, closed when all is over."""
    gate = build_gate(config, source)
    return gate and held.enter_context(closing(gate))


def _all(calls: Sequence[Callable[[], None]]) -> None:
    for call in calls:
        call()


def _lane(  # noqa: PLR0913, PLR0917  # a list of parts is what this module is
    config: Config,
    recognizer: Recognizer,
    tracker: Tracker,
    entrance: Entrance,
    database: Database,
    health: Health,
    source: Source,
    announce: Announce,
    wake: Event,
    stopping: Event,
) -> Lane:
    return Lane(
        camera=source.camera,
        recognizer=recognizer,
        tracker=tracker,
        stamp=source.stamp,
        entrance=entrance,
        passages=_passages(config, database),
        unit=config.unit,
        model=model_pair(config),
        health=health,
        announce=announce,
        wake=wake,
        stopping=stopping,
    )


def _keeper(  # noqa: PLR0913, PLR0917  # the same
    config: Config,
    entrance: Entrance,
    standing: StandingLists,
    database: Database,
    health: Health,
    topics: Topics,
    link: MqttLink | None,
    stopping: Event,
) -> Keeper:
    return Keeper(
        passages=_passages(config, database),
        outbox=Outbox(database),
        standing=standing,
        health=health,
        topics=topics,
        link=link,
        stopping=stopping,
        retention_s=config.store.retention_hours * 3600,
        tend=entrance.tend,
    )


def check_parts(config: Config) -> list[str]:
    """Every fault of the models and of the files that the configuration names."""
    faults = []
    for build in (build_detector, build_reader, _require_regions, _require_files, _require_line):
        try:
            build(config)
        except ConfigurationError as fault:
            faults.append(str(fault))
    return list(dict.fromkeys(faults))


def _require_regions(config: Config) -> None:
    try:
        load_regions(config.recognition.models / "regions").require(config.recognition.regions)
    except ConfigurationError as fault:
        raise ConfigurationError(f"recognition.regions: {fault}") from fault


def _require_files(config: Config) -> None:
    files = (config.mqtt.password_file, config.mqtt.ca_file)
    missing = [path for path in files if path is not None and not path.is_file()]
    if missing:
        raise ConfigurationError("\n".join(f"mqtt: {path}: no such file" for path in missing))
    check_files(config.mqtt)


def _require_line(config: Config) -> None:
    if config.gate.line is not None and not config.gate.dry_run:
        require_library(config.gate.line)


def _database(config: Config, held: ExitStack) -> Database:
    """A connection of its own for a loop, closed when all is over."""
    return held.enter_context(closing(Database(config.store.folder / DATABASE)))


def _passages(config: Config, database: Database) -> Passages:
    waiting = round(config.store.outbox_mb * 1e6) if config.mqtt.host else None
    return Passages(database, waiting)


def _keep_last_s(config: Config) -> float:
    return config.store.retention_hours * 3600 if config.mqtt.last else 0.0


def model_pair(config: Config) -> str:
    """The names of the two models, detector first, as they stand in the payload."""
    return "/".join(
        read_manifest(config.recognition.models / f"{network}.toml").name
        for network in ("detect", "read")
    )
