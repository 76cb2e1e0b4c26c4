"""Topics and payloads: what goes over the wire, without sending it.  Pure.

The rule to know: a passage that is no longer fresh never goes to `passage`, only to `log`, marked
late; a gate opened by an old message opens for a car that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

from appliance.config import Unit
from appliance.decision import Decision, ListName, ListState, Match
from appliance.domain import Box, Candidate, Message, Passage, Settled

SCHEMA = 1
KEPT = "retention_days"  # below a unit's name: for how many days passages are kept
KEEP = f"{KEPT}/set"
RELEASED, POWER = "illuminator", "illuminator_power"  # the same: the light's switch, its percent
RELEASE, DIM = f"{RELEASED}/set", f"{POWER}/set"
NIGHT_MODE = "night_mode"  # the same: day, night, or as the pictures tell
ASK_MODE = f"{NIGHT_MODE}/set"
UPDATE = "update"  # the same: what could be installed, which one may ask for
ASK_UPDATE = f"{UPDATE}/set"
LIVE_EXPIRY_S = 30  # a passage that waited longer in a broker is no car at the gate
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one unit.

    Attributes:
        unit: its id, letters, digits, `_` and `-` only: a dot makes Home Assistant ignore it.
        birth: where Home Assistant says that it has started; empty: nobody listens for it.
    """

    unit: str
    birth: str = ""

    @property
    def availability(self) -> str:
        """Retained `online` or `offline`."""
        return f"gatepost/{self.unit}/availability"

    @property
    def passage(self) -> str:
        """Fresh passages only, for automations."""
        return f"gatepost/{self.unit}/passage"

    @property
    def log(self) -> str:
        """Every passage, for records."""
        return f"gatepost/{self.unit}/log"

    @property
    def last(self) -> str:
        """The newest passage, retained, for dashboards."""
        return f"gatepost/{self.unit}/last"

    @property
    def image(self) -> str:
        """The plate of the newest passage as a JPEG, retained."""
        return self.at("last/image")

    @property
    def hit(self) -> str:
        """Says that a watched plate is there now."""
        return self.at("hit")

    @property
    def state(self) -> str:
        """Health, retained."""
        return f"gatepost/{self.unit}/state"

    @property
    def check(self) -> str:
        """Where `gatepost check --connect` tries whether it may publish."""
        return self.at("check")

    def at(self, level: str) -> str:
        """The unit's topic that ends in `level`."""
        return f"gatepost/{self.unit}/{level}"

    @property
    def commands(self) -> tuple[str, ...]:
        """Filters of all that people may ask: no wider than what a unit's ACL lets it read."""
        changes = (f"gatepost/{self.unit}/lists/+/{verb}" for verb in ("add", "remove", "set"))
        settings = KEEP, ASK_MODE, RELEASE, DIM, ASK_UPDATE
        return (*changes, *(self.at(level) for level in ("cmd", *settings)))

    @property
    def heard(self) -> tuple[str, ...]:
        """Filters of all that the unit listens to."""
        return (*self.commands, self.birth) if self.birth else self.commands

    def below(self, topic: str) -> str:
        """What follows the unit's own part in one of its topics."""
        return topic.removeprefix(f"gatepost/{self.unit}/")


@dataclass(frozen=True, slots=True)
class Publication:
    """One thing to publish with QoS 1.

    Attributes:
        topic: where.
        payload: UTF-8 text; empty where a picture is published.
        retained: the broker keeps it for those who come later.
        expiry_s: seconds after which the broker throws it away undelivered; None: never.
        seq: the outbox row that its acknowledgement settles; None where it settles none.
        picture: a JPEG; empty where text is published.
    """

    topic: str
    payload: str
    retained: bool = False
    expiry_s: int | None = None
    seq: int | None = None
    picture: bytes = b""

    @property
    def content(self) -> bytes:
        """What goes over the wire."""
        return self.picture or self.payload.encode()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the broker said about one publication.

    Attributes:
        publication: as it was handed over.
        refusal: its reason in words; None where it accepted.
    """

    publication: Publication
    refusal: str | None


def availability(topics: Topics, *, online: bool) -> Publication:
    """Says whether the unit is there."""
    return Publication(topics.availability, "online" if online else "offline", retained=True)


def live(topics: Topics, message: Message) -> Publication:
    """The fresh copy; whoever calls has looked at the clock just now."""
    return Publication(topics.passage, complete(message, None), expiry_s=LIVE_EXPIRY_S)


def logged(topics: Topics, message: Message, age_s: int | None) -> Publication:
    """The copy for the records, whose acknowledgement settles the outbox row."""
    return Publication(topics.log, complete(message, age_s), seq=message.seq)


def hit(topics: Topics) -> Publication:
    """A watched plate is there now; sent with the live copy only, and once for a passage."""
    return Publication(topics.hit, "ON", expiry_s=LIVE_EXPIRY_S)


def is_watched(message: Message) -> bool:
    """Whether the plate of a passage is on the list of those that are watched."""
    return bool(json.loads(message.body)["list"] == "watched")


def mentions(body: str, plate: str) -> bool:
    """Whether a passage may be of a plate: its text, early or late, a candidate, a near match."""
    passage = json.loads(body)
    match = passage.get("match") or {}
    texts = {candidate.get("plate") for candidate in passage.get("candidates", ())}
    return plate in texts | {passage.get("plate"), passage.get("early_plate"), match.get("entry")}


def list_state(topics: Topics, name: ListName, state: ListState) -> Publication:
    """What everyone may know of a list: nothing of what stands on it."""
    return Publication(topics.at(f"lists/{name}/state"), _json(asdict(state)), retained=True)


def result(topics: Topics, topic: str, told: Mapping[str, object]) -> Publication:
    """What became of a command.

    Args:
        topics: of the unit.
        topic: below the unit's own, of the command; empty where no single one is meant.
        told: `id` as the sender gave it, `ok`, and where that is false `error`.
    """
    return Publication(topics.at("cmd/result"), _json(dict(told) | {"topic": topic or None}))


def complete(message: Message, age_s: int | None) -> str:
    """The payload of a passage as it goes out now.

    Args:
        message: the row of the outbox, or the passage told early, which has no `seq` yet.
        age_s: seconds since the vehicle was seen, for a late copy; None for a fresh one.
    """
    body = json.loads(message.body) | {"seq": message.seq or None, "late": age_s is not None}
    if message.store:
        body["store"] = message.store
    return _json(body if age_s is None else body | {"age_s": age_s})


def passage_body(passage: Passage, unit: Unit, model: str, image_sha256: str | None = None) -> str:
    """A passage as JSON, without `seq`, `late` and `age_s`, which are known only at sending.

    Args:
        passage: what went by.
        unit: names the device, the camera and the site.
        model: names the pair of models that read it ("det-3/ocr-7").
        image_sha256: of the JPEG that goes to `last/image`; None where there is none.
    """
    settled = passage.settled
    whose = {
        "v": SCHEMA,
        "uuid": passage.uuid,
        "device": unit.id,
        "camera": unit.camera,
        "site": unit.site,
    }
    happened = {
        "time": _rfc3339(passage.epoch_ms),
        "epoch_ms": passage.epoch_ms,
        "clock": passage.clock,
        "first_seen_ms": round((settled.first_at - settled.last_at) * 1000),
        "direction": settled.direction,
        "crossed": settled.crossed,
        "list": passage.decision.list,
        "match": _match(passage.decision.match),
        "decision": _decision(passage.decision),
        "box": _box(settled.box),
        "image_size": list(settled.image_size),
        "px_per_char": settled.px_per_char,
        "night": passage.night,
        "model": model,
        "image_sha256": image_sha256,
    }
    return _json(whose | _said(settled) | happened | _speed(settled.indicative_speed_kmh))


def _said(settled: Settled) -> dict[str, object]:
    """What the sightings agree that the plate says."""
    read = settled.read
    return {
        "plate": read.text,
        "early_plate": settled.early_text if settled.early_text_differs else None,
        "confidence": _confidence(read.confidence),
        "reads": settled.reads,
        "frames": settled.frames,
        "candidates": [_candidate(c) for c in read.candidates if _confidence(c.confidence) > 0],
        "region": read.region,
        "region_confidence": _confidence(read.region_confidence),
        "format_ok": read.format_ok,
    }


def _json(body: dict[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _confidence(value: float) -> float:
    """Three decimals are more than the models can tell."""
    return round(float(value), 3)


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {"plate": candidate.text, "confidence": _confidence(candidate.confidence)}


def _match(match: Match | None) -> dict[str, object] | None:
    if match is None:
        return None
    return {"entry": match.entry_plate, "distance": match.distance, "label": match.label}


def _decision(decision: Decision) -> dict[str, object]:
    return {"action": decision.action, "reason": decision.reason, "gate": decision.outcome}


def _speed(kmh: float | None) -> dict[str, object]:
    """Whole kilometres an hour are more than it can tell; without a measured lane there is none."""
    return {} if kmh is None else {"indicative_speed_kmh": round(kmh)}


def _box(box: Box) -> list[int]:
    return [round(box.x1), round(box.y1), round(box.x2), round(box.y2)]


def _rfc3339(epoch_ms: int) -> str:
    """Whole milliseconds are added, since a float of seconds may round to the one before."""
    return (EPOCH + timedelta(milliseconds=epoch_ms)).isoformat(timespec="milliseconds")
