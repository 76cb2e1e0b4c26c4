"""What is asked on `cmd`: passages again, a plate forgotten, the unit started anew."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from appliance import app
from appliance.config import Config, Unit
from appliance.domain import Candidate, Frame, Passage
from appliance.errors import PictureError, RestartError
from appliance.health import Health
from appliance.retention import Retention
from appliance.sender import Sender
from appliance.source import Source
from appliance.stamp import LiveStamp
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Publication, Topics, passage_body
from tests.conftest import PASSAGE, UNIT, Broker, Listener, numbered, until
from tests.orders_bench import Bench

READ = PASSAGE.settled.read
REFUSED = {
    "no command": ("SECRET1", "not JSON"),
    "no object": ('["SECRET1"]', "expected restart, or"),
    "nothing asked": ('{"id": 1}', "expected restart, or"),
    "an unknown wish": ('{"open": "SECRET1"}', "expected restart, or"),
    "two wishes": ('{"erase": "SECRET1", "replay": {"from_seq": 1}}', "expected restart, or"),
    "an id that is none": ('{"id": ["SECRET1"], "erase": "AB1"}', "id: expected a text of at most"),
    "replay from nowhere": ('{"replay": {}}', 'replay: expected {"from_seq": N}'),
    "replay from before": ('{"replay": {"from_seq": 0}}', "replay: expected"),
    "replay from a text": ('{"replay": {"from_seq": "1"}}', "replay: expected"),
    "replay from far away": ('{"replay": {"from_seq": 1e99}}', "replay: expected"),
    "replay up to somewhere": ('{"replay": {"from_seq": 1, "to_seq": 2}}', "replay: expected"),
    "no plate": ('{"erase": "SECRET1?"}', "erase: expected 1 to 12 of A-Z"),
    "too long": (f'{{"erase": "{"SECRET1" * 1000}"}}', "7013 bytes, expected at most 4096"),
}


@dataclass
class Camera:
    """Shows an empty lane until it is closed."""

    fault: PictureError | None = None
    closed: Event = field(default_factory=Event)

    def frames(self) -> Iterator[Frame]:
        """Some grey."""
        while not self.closed.wait(0.05):
            yield Frame(np.full((120, 160, 3), 90, np.uint8), time.monotonic(), 0)

    def close(self) -> None:
        """End it."""
        self.closed.set()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """On a new store."""
    made = Bench(tmp_path)
    yield made
    made.database.close()


def record(bench: Bench, *passages: Passage) -> None:
    """Record passages that the broker has had."""
    for passage in passages:
        seq = bench.passages.record(passage, passage_body(passage, UNIT, "det/ocr"), None)
        bench.outbox.acknowledge([seq])


def sender(bench: Bench) -> Sender:
    """What brings the outbox to the link."""
    never, wake = Event(), Event()
    hour = Retention(3600.0)
    return Sender(bench.outbox, bench.link, Topics("unit"), Health(), wake, never, hour)


def reading(number: int, plate: str, other: str = "") -> Passage:
    """A passage of a plate, with another candidate."""
    candidates = tuple(Candidate(text, 0.5) for text in (plate, other) if text)
    read = replace(READ, text=plate, candidates=candidates)
    return numbered(number, settled=replace(PASSAGE.settled, read=read))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_explained(bench: Bench, name: str) -> None:
    """Without a plate, and nothing is done."""
    record(bench, reading(1, "AB1"))
    payload, told = REFUSED[name]
    answer = bench.send("cmd", payload)
    assert (answer["ok"], answer["topic"]) == (False, "cmd")
    assert answer["error"].startswith(told)
    assert "SECRET1" not in answer["error"]
    assert len(bench.passages.recent(10)) == 1
    assert not bench.outbox.waiting()
    assert not bench.orders.is_over


def test_passages_go_out_again_on_log(bench: Bench) -> None:
    """In order, late, the same ids and numbers; never live, and the newest only is the last."""
    record(bench, *map(numbered, range(1, 41)))
    sending = sender(bench)
    answer = bench.send("cmd", '{"id": "x", "replay": {"from_seq": 3}}')
    stretch = {"replayed": 38, "from_seq": 3, "to_seq": 40, "more": False}
    assert answer == {"id": "x", "ok": True, "topic": "cmd"} | stretch
    while bench.outbox.waiting():
        sending.turn()
    sent = [each for each in bench.link.history if each.topic == "gatepost/unit/log"]
    bodies = [json.loads(each.payload) for each in sent]
    assert [body["seq"] for body in bodies] == list(range(3, 41))
    assert [body["uuid"] for body in bodies] == [numbered(n).uuid for n in range(3, 41)]
    assert all(body["late"] and body["age_s"] >= 0 for body in bodies)
    topics = [each.topic for each in bench.link.history]
    assert "gatepost/unit/passage" not in topics
    lasts = [each for each in bench.link.history if each.topic == "gatepost/unit/last"]
    assert {json.loads(each.payload)["seq"] for each in lasts} == {40}


def test_an_old_passage_is_never_the_last(bench: Bench) -> None:
    """Not even to a broker that is new, while the newest has long been acknowledged."""
    record(bench, *map(numbered, range(1, 5)))
    bench.send("cmd", '{"replay": {"from_seq": 1}}')
    bench.outbox.acknowledge([4])
    sender(bench).turn()
    topics = [each.topic for each in bench.link.history]
    assert topics.count("gatepost/unit/log") == 3
    (last,) = [each for each in bench.link.history if each.topic == "gatepost/unit/last"]
    assert json.loads(last.payload)["seq"] == 4


def test_a_replay_of_what_is_not_there_sends_nothing(bench: Bench) -> None:
    """Which is no fault: the history has forgotten them, or they are still to come."""
    record(bench, numbered(1))
    answer = bench.send("cmd", '{"id": 7, "replay": {"from_seq": 2}}')
    nothing = {"replayed": 0, "from_seq": 0, "to_seq": 0, "more": False}
    assert answer == {"id": 7, "ok": True, "topic": "cmd"} | nothing


def test_a_plate_is_forgotten(bench: Bench, tmp_path: Path) -> None:
    """History, outbox, visits, what was told early, and the file itself; other plates stay."""
    record(bench, reading(1, "SECRET1"), reading(2, "ZG1"), reading(3, "ZG2", "SECRET1"))
    misread = reading(6, "ZG3")
    record(bench, replace(misread, settled=replace(misread.settled, early_text="SECRET1")))
    waiting = reading(4, "SECRET1")
    bench.passages.record(waiting, passage_body(waiting, UNIT, "det/ocr"), None)
    early = reading(5, "SECRET1")
    bench.passages.tell_early(early, passage_body(early, UNIT, "det/ocr"), 1e12)
    bench.yard.catch_up()
    answer = bench.send("cmd", '{"id": "x", "erase": "secret 1"}')
    assert answer == {"id": "x", "ok": True, "topic": "cmd", "erased": 5}
    assert [message.seq for message in bench.passages.recent(10)] == [2]
    assert not bench.outbox.waiting()
    assert not bench.outbox.early(0.0)
    assert bench.database.rows("SELECT seq FROM moves") == [(2,)]
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert not any(b"SECRET1" in content for content in files)


def test_the_broker_and_its_listeners_forget_too(bench: Bench) -> None:
    """First what is retained, then a live message: the empty one alone leaves a dashboard as is."""
    bench.send("cmd", '{"erase": "AB12CDE"}')
    told = [(each.topic, each.content, each.retained) for each in bench.link.history[-5:]]
    assert told[:4] == [
        ("gatepost/unit/last", b"", True),
        ("gatepost/unit/last/image", b"", True),
        ("gatepost/unit/last", b'{"plate": null, "time": null}', False),
        ("gatepost/unit/last/image", b"\xff\xd8\xff\xd9", False),
    ]
    assert told[4][0] == "gatepost/unit/cmd/result"


@pytest.mark.parametrize(
    ("plate", "forgets"),
    [("NOBODY1", False), ("ZG1", True), ("AB12CDE", True)],
    ids=["of nobody", "of an older passage", "of the newest, as a near match"],
)
def test_a_plate_that_nobody_has_leaves_last_as_it_is(
    bench: Bench,
    plate: str,
    forgets: bool,  # a case
) -> None:
    """Another vehicle stands there; where anything was erased, doubt empties it."""
    record(bench, reading(1, "ZG1"), reading(2, "ZG2", "AB12CDE"))
    answer = bench.send("cmd", json.dumps({"erase": plate}))
    assert answer["ok"]
    topics = [each.topic for each in bench.link.history]
    assert ("gatepost/unit/last" in topics) == forgets


def test_what_the_broker_must_forget_waits_for_it(bench: Bench) -> None:
    """An erasure that was asked for just before the connection broke is carried out whole."""
    bench.link.command("cmd", b'{"erase": "AB12CDE"}')
    bench.link.lose()
    bench.turn()
    bench.link.connect()
    bench.turn()
    topics = [each.topic.removeprefix("gatepost/unit/") for each in bench.link.history]
    assert topics[-5:] == ["last", "last/image", "last", "last/image", "cmd/result"]


def test_what_the_broker_keeps_is_emptied_where_nothing_may_stand_there(bench: Bench) -> None:
    """An erasure whose messages were lost with the connection is made good at the next one."""
    sending = sender(bench)
    record(bench, reading(1, "SECRET1"))
    sending.turn()
    bench.link.command("cmd", b'{"erase": "SECRET1"}')
    bench.orders.carry_out()
    bench.orders.unsaid.clear()  # handed over, and lost
    bench.link.lose()
    sending.turn()
    bench.link.connect()
    sending.turn()
    sending.turn()
    lasts = [each for each in bench.link.history if each.topic == "gatepost/unit/last"]
    assert [(bool(each.payload), each.retained) for each in lasts] == [(True, True), (False, True)]


class Erasing(FakeLink):
    """A link during whose `publish` to `last` the other loop erases what is published."""

    erase: Callable[[], object] | None = None

    def publish(self, publication: Publication) -> None:
        """Erase first, once."""
        if self.erase is not None and publication.topic.endswith("last"):
            erase, self.erase = self.erase, None
            erase()
        super().publish(publication)


def test_what_is_erased_while_it_is_published_is_forgotten_all_the_same(bench: Bench) -> None:
    """The erasure's own messages may have gone out just before."""
    link = Erasing(Topics("unit"), Event())
    bench.link = bench.orders.link = link
    record(bench, reading(1, "ZG1"), reading(2, "SECRET1"))
    link.connect()
    link.erase = lambda: bench.send("cmd", '{"erase": "SECRET1"}')
    sender(bench).turn()
    lasts = [each for each in link.history if each.topic == "gatepost/unit/last"]
    assert [bool(each.payload) for each in lasts] == [False, True, True, False, True]
    assert [json.loads(each.payload)["plate"] for each in lasts if each.payload] == [
        None,
        "SECRET1",
        None,
    ]
    assert not any("SECRET1" in each.payload for each in lasts[3:])


def test_a_plate_that_other_words_resemble_takes_nothing_with_it(bench: Bench) -> None:
    """The camera's name, a label, part of a plate."""
    passage = reading(1, "GATE1")
    body = passage_body(passage, Unit(camera="GATE", site="GATE"), "det/ocr")
    bench.passages.record(passage, body, None)
    assert bench.send("cmd", '{"erase": "GATE"}')["erased"] == 0


def test_a_restart_is_answered_first(bench: Bench) -> None:
    """And waits for the broker, should it be away just then."""
    bench.link.command("cmd", b"restart\n")
    bench.link.lose()
    bench.turn()
    assert not bench.orders.is_over
    bench.link.connect()
    bench.turn()
    assert bench.answers() == [{"id": None, "ok": True, "topic": "cmd"}]
    assert bench.orders.is_over


def test_a_recording_is_not_started_anew(bench: Bench) -> None:
    """Nobody would."""
    bench.orders.can_restart = False
    assert bench.send("cmd", "restart")["error"].startswith("a recording is being played")
    assert not bench.orders.is_over


def test_a_unit_does_as_it_is_told(
    broker: Broker, listen: Callable[..., Listener], tmp_path: Path
) -> None:
    """At a real broker: a list that was changed tells its state; then the process ends, cleanly."""
    listener, camera = listen(broker), Camera()
    store = Config().store.model_copy(update={"folder": tmp_path / "store"})
    config = Config(mqtt=broker.mqtt, store=store)
    source = Source(camera, LiveStamp(lambda: "ntp"), recording=False)

    def ask() -> None:
        base = f"gatepost/{config.unit.id}"
        until(lambda: listener.on("lists/allowed/state"), "the state of the lists")
        listener.say(f"{base}/lists/allowed/add", "AB12CDE", name="7")
        until(lambda: len(listener.on("lists/allowed/state")) == 2, "the new state")
        listener.say(f"{base}/cmd", "restart")

    asking = Thread(target=ask)
    asking.start()
    with pytest.raises(RestartError) as ended:
        app.run_unit(config, Health(), source, lambda *_: None)
    asking.join()
    assert ended.value.exit_code == 3
    until(lambda: listener.heard[-1].payload == "offline", "the unit is gone")
    states = [heard.body["count"] for heard in listener.on("lists/allowed/state")]
    assert states == [0, 1]
    answers = [(heard.body["id"], heard.body["ok"]) for heard in listener.on("cmd/result")]
    assert answers == [("7", True), (None, True)]
