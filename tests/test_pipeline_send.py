"""From the outbox to the broker, whatever happens to the broker and to the unit."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

import pytest

from appliance.domain import Passage
from appliance.errors import LinkError
from appliance.health import Health
from appliance.keeper import Keeper
from appliance.orders import Orders
from appliance.retention import Retention
from appliance.sender import TURN_S, Sender
from appliance.standing import StandingLists
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.store.posts import Posts
from appliance.supervisor import Loop, supervise
from appliance.transmit.fake import FakeLink
from appliance.transmit.inflight import WINDOW
from appliance.transmit.link import Link
from appliance.transmit.messages import Publication, Topics, passage_body
from appliance.transmit.mqtt import MqttLink
from appliance.yard import Yard
from appliance.yardsection import Parking
from tests.conftest import PATIENCE_S, UNIT, Broker, Listener, numbered, until

Listen = Callable[..., Listener]
StartBroker = Callable[..., Broker]


TOPICS = Topics("unit")
DAY_S = 86400.0
FOR_EVER = 1e12  # of fresh_until: never late
UNIT_AS_CHILD = """
import sys
from pathlib import Path
from threading import Event
from tests.test_pipeline_send import Bench
from appliance.config import Mqtt
from appliance.transmit.mqtt import MqttLink
from tests.test_pipeline_send import TOPICS
wake = Event()
link = MqttLink(Mqtt(host="127.0.0.1", port=int(sys.argv[2])), TOPICS, wake)
bench = Bench(Path(sys.argv[1]), link, wake)
bench.record(range(400))
bench.sender.send(lambda: None)
"""


@dataclass
class Bench:
    """A sender between a real outbox and some link."""

    folder: Path
    link: Link
    wake: Event = field(default_factory=Event)
    stopping: Event = field(default_factory=Event)
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        """Give lane and sender a connection each, as in the unit."""
        path = self.folder / "gatepost.db"
        self.passages = Passages(Database(path), 10**8)
        self.outbox = Outbox(Database(path))
        self.retention = Retention(DAY_S)
        parts = self.outbox, self.link, TOPICS, self.health, self.wake, self.stopping
        self.sender = Sender(*parts, self.retention)

    def record(self, numbers: range, fresh_s: float | None = None) -> None:
        """Record passages that are fresh for so long from now; None: not at all."""
        for number in numbers:
            self.record_one(numbered(number), fresh_s)

    def record_one(self, passage: Passage, fresh_s: float | None, jpeg: bytes = b"") -> None:
        """Record that passage, fresh for so long, with the picture of its plate."""
        fresh_until = None if fresh_s is None else time.monotonic() + fresh_s
        body = passage_body(passage, UNIT, "det/ocr")
        self.passages.record(passage, body, fresh_until, jpeg)
        self.wake.set()

    def tell_early(self, number: int, fresh_s: float, **changes: object) -> None:
        """Tell a passage early that is fresh for so long from now."""
        passage, fresh_until = numbered(number, **changes), time.monotonic() + fresh_s
        self.passages.tell_early(passage, passage_body(passage, UNIT, "det/ocr"), fresh_until)
        self.wake.set()

    def turns(self, count: int) -> None:
        """Let the sender have some turns."""
        for _ in range(count):
            self.sender.turn()


class FakeBench(Bench):
    """A bench whose broker the test plays; connected to begin with."""

    link: FakeLink

    def __init__(self, folder: Path, patience_s: float = PATIENCE_S) -> None:
        """Put the outbox into `folder`."""
        wake = Event()
        link = FakeLink(TOPICS, wake, patience_s)
        link.connect()
        super().__init__(folder, link, wake)

    def sent(self, *but: str) -> list[tuple[str, int | None, bool]]:
        """Topic, seq and lateness of what went out, in order, without some topics."""
        return [
            _brief(each)
            for each in self.link.history
            if each.payload and _level(each) not in {"availability", *but}
        ]


def _level(publication: Publication) -> str:
    return publication.topic.rsplit("/", 1)[1]


def _brief(publication: Publication) -> tuple[str, int | None, bool]:
    body = publication_body(publication.payload)
    return _level(publication), body["seq"], body["late"]


def publication_body(payload: str) -> dict[str, Any]:
    """A payload as an object."""
    parsed = json.loads(payload)
    assert isinstance(parsed, dict)
    return parsed


@pytest.fixture
def bench(tmp_path: Path) -> FakeBench:
    """With a broker that the test plays."""
    return FakeBench(tmp_path)


def test_a_fresh_passage_goes_live_then_to_the_dashboard_then_to_the_records(
    bench: FakeBench,
) -> None:
    """The same JSON three times, after `online`; gone from the outbox when `log` is taken."""
    bench.record(range(1), FOR_EVER)
    bench.turns(1)
    online, *_emptied, live, last, logged = bench.link.history
    assert online.payload == "online"
    assert [_level(each) for each in (live, last, logged)] == ["passage", "last", "log"]
    assert live.payload == last.payload == logged.payload
    assert (live.expiry_s, live.retained, last.retained, logged.retained) == (
        30,
        False,
        True,
        False,
    )
    assert bench.outbox.waiting() == 1
    bench.turns(1)
    assert bench.outbox.waiting() == 0


def test_a_late_passage_never_looks_live(bench: FakeBench) -> None:
    """Not on `passage`, and marked with its age elsewhere."""
    bench.record(range(2), None)
    bench.record(range(2, 4), -0.001)
    bench.turns(2)
    assert bench.sent("last") == [("log", seq, True) for seq in (1, 2, 3, 4)]
    assert bench.sent("log") == [("last", 4, True)]
    sent = [each for each in bench.link.history[1:] if each.payload]
    assert all("age_s" in publication_body(each.payload) for each in sent)


def test_freshness_is_judged_at_sending(bench: FakeBench) -> None:
    """A passage that waited too long for the connection is late, although it was recorded fresh."""
    bench.link.lose()
    bench.record(range(1), 0.05)
    bench.turns(1)
    Event().wait(0.06)
    bench.link.connect()
    bench.turns(2)
    assert bench.sent() == [("last", 1, True), ("log", 1, True)]


def test_the_live_copy_is_sent_once_whatever_happens(bench: FakeBench) -> None:
    """Unanswered and cut off: the records get it again, the gate does not."""
    bench.link.is_silent = True
    bench.record(range(1), FOR_EVER)
    bench.turns(2)
    bench.link.lose()
    bench.turns(1)
    bench.link.is_silent = False
    bench.link.connect()
    bench.turns(2)
    assert bench.sent("last") == [("passage", 1, False), ("log", 1, False), ("log", 1, False)]
    assert bench.outbox.waiting() == 0


def test_a_fresh_passage_overtakes_the_backlog(bench: FakeBench) -> None:
    """After an outage the car at the gate does not wait for yesterday's to be flushed."""
    bench.record(range(300), None)
    bench.turns(3)
    bench.record(range(300, 301), FOR_EVER)
    bench.turns(1)
    assert ("passage", 301, False) in bench.sent()
    assert bench.outbox.waiting() > 200
    bench.sender.drain(PATIENCE_S, lambda: None)
    assert [seq for _, seq, _ in bench.sent("last", "passage")] == list(range(1, 302))


def test_no_more_than_the_window_is_in_flight(bench: FakeBench) -> None:
    """And nothing is handed over twice while it waits for its answer."""
    bench.turns(2)
    bench.link.is_silent = True
    bench.record(range(100), None)
    bench.turns(5)
    assert len(bench.sent()) == WINDOW
    assert len(bench.sent()) == len(set(bench.sent()))


def test_what_is_told_early_is_live_at_once_and_only_once(bench: FakeBench) -> None:
    """Ahead of the backlog, without a `seq`; the record goes to the others, and is not late."""
    bench.record(range(300), None)
    bench.turns(3)
    bench.tell_early(1000, FOR_EVER)
    bench.turns(3)
    bench.sender.drain(PATIENCE_S, lambda: None)
    bench.record(range(1000, 1001), FOR_EVER)
    bench.turns(2)
    assert bench.sent("log", "last") == [("passage", None, False)]
    assert bench.sent()[-2:] == [("last", 301, False), ("log", 301, False)]
    assert not bench.sender.shown
    bench.record(range(1001, 1002), FOR_EVER)
    bench.turns(2)
    assert bench.sent("log", "last")[1:] == [("passage", 302, False)]


def test_what_could_not_be_told_early_is_live_when_it_is_recorded(bench: FakeBench) -> None:
    """The broker was away meanwhile; what is no longer fresh waits for its record."""
    bench.link.lose()
    bench.tell_early(1, -0.001)
    bench.link.connect()
    bench.turns(2)
    assert bench.sent() == []
    bench.record(range(1, 2), FOR_EVER)
    bench.turns(2)
    assert bench.sent("last", "log") == [("passage", 1, False)]


def test_what_was_told_early_is_not_live_again_after_an_outage(bench: FakeBench) -> None:
    """Told, cut off, recorded: the new connection gets the record, nobody a second live copy."""
    bench.tell_early(1, FOR_EVER)
    bench.turns(1)
    bench.link.lose()
    bench.turns(1)
    bench.record(range(1, 2), FOR_EVER)
    bench.link.connect()
    bench.turns(2)
    assert bench.sent("last", "log") == [("passage", None, False)]
    assert bench.outbox.waiting() == 0


def test_a_refused_row_stays_is_shown_and_tried_again(bench: FakeBench) -> None:
    """A PUBACK is not an acceptance; when the ACL is mended the problem goes by itself."""
    bench.link.refusals[TOPICS.log] = "Not authorized"
    bench.record(range(3), None)
    bench.turns(4)
    assert bench.outbox.waiting() == 3
    assert bench.health.snapshot().problems == (f"{TOPICS.log} refused: Not authorized",)
    assert len(bench.sent("last")) == 3  # not again at once
    bench.link.refusals.clear()
    bench.sender.hold_until = 0.0  # the pause is over
    bench.turns(2)
    assert bench.outbox.waiting() == 0
    assert bench.health.snapshot().problems == ()


def test_a_pause_of_the_log_does_not_hold_up_live_copies(bench: FakeBench) -> None:
    """Who may write `passage` but not `log` still has a gate that opens."""
    bench.link.refusals[TOPICS.log] = "Quota exceeded"
    bench.record(range(1), FOR_EVER)
    bench.turns(2)
    bench.record(range(1, 2), FOR_EVER)
    bench.turns(2)
    assert bench.sent("last", "log") == [("passage", 1, False), ("passage", 2, False)]


def test_a_refused_live_copy_is_not_tried_again(bench: FakeBench) -> None:
    """It shows as a problem, and the records are not affected."""
    bench.link.refusals[TOPICS.passage] = "Not authorized"
    bench.record(range(1), FOR_EVER)
    bench.turns(4)
    assert bench.sent("last") == [("passage", 1, False), ("log", 1, False)]
    assert bench.health.snapshot().problems == (f"{TOPICS.passage} refused: Not authorized",)


@pytest.mark.parametrize(("keep_s", "age_s"), [(0.0, 0), (3600.0, 3601)])
def test_last_is_kept_no_longer_than_the_passage(
    bench: FakeBench, keep_s: float, age_s: int
) -> None:
    """Not configured, or the retention is over: nothing goes there."""
    bench.sender.retention = Retention(keep_s)
    passage = numbered(1, epoch_ms=round(time.time() - age_s) * 1000)
    bench.passages.record(passage, passage_body(passage, UNIT, "m"), None)
    bench.turns(2)
    assert [topic for topic, _, _ in bench.sent()] == ["log"]


def test_last_expires_with_the_retention(bench: FakeBench) -> None:
    """What is an hour old already stays an hour less."""
    passage = numbered(1, epoch_ms=round(time.time() - 3600) * 1000)
    bench.passages.record(passage, passage_body(passage, UNIT, "m"), None)
    bench.turns(1)
    (expiry_s,) = [
        each.expiry_s for each in bench.link.history if _level(each) == "last" and each.payload
    ]
    assert expiry_s is not None
    assert DAY_S - 3700 < expiry_s <= DAY_S - 3590


def test_last_is_taken_back_when_its_time_is_over(bench: FakeBench) -> None:
    """MQTT 3.1.1 has no expiry: a plate would stand there for as long as the broker does."""
    bench.sender.retention = Retention(3602.5)
    passage = numbered(1, epoch_ms=round(time.time() - 3600) * 1000)
    bench.passages.record(passage, passage_body(passage, UNIT, "m"), None)
    bench.turns(1)
    told = len(bench.link.history)
    until(lambda: bench.turns(1) or len(bench.link.history) > told, "the end of its time")
    said = [(_level(each), each.payload) for each in bench.link.history[told:]]
    assert said[0] == ("last", "")
    assert ("last", json.dumps({"plate": None, "time": None})) in said


def test_last_follows_a_retention_that_is_shortened(bench: FakeBench) -> None:
    """It goes out again to expire earlier, and is taken back where its time is then over."""
    passage = numbered(1, epoch_ms=round(time.time() - 3600) * 1000)
    bench.passages.record(passage, passage_body(passage, UNIT, "m"), None)
    bench.turns(2)
    told = len(bench.link.history)
    bench.retention.asked_s = 7200.0
    bench.turns(2)
    (again,) = [each for each in bench.link.history[told:] if _level(each) == "last"]
    assert again.expiry_s is not None
    assert 3500 < again.expiry_s <= 3600
    told += 1
    bench.retention.asked_s = 3000.0
    bench.turns(2)
    said = [(each.payload, each.retained) for each in bench.link.history[told:]]
    assert said[0] == ("", True)
    assert json.dumps({"plate": None, "time": None}) in dict(said)
    assert not any("uuid" in payload for payload, _ in said)


def test_silence_on_a_live_session_ends_the_loop(tmp_path: Path) -> None:
    """A restart is what repairs it."""
    bench = FakeBench(tmp_path, 0.3)
    bench.link.is_silent = True
    bench.record(range(1), None)
    with pytest.raises(LinkError):
        bench.sender.send(lambda: None)


def test_drain_says_what_still_waits(bench: FakeBench) -> None:
    """At its deadline when the broker is away; meanwhile it beats, for it is not dead."""
    beats: list[float] = []
    bench.link.lose()
    bench.record(range(3), None)
    assert bench.sender.drain(0.1, lambda: beats.append(0)) == 3
    assert beats
    bench.link.connect()
    assert bench.sender.drain(PATIENCE_S, lambda: None) == 0


def test_a_recorded_passage_wakes_the_sender(bench: FakeBench) -> None:
    """It does not wait for the end of its sleep: on any machine most are faster than that."""
    took: list[float] = []

    def see(beat: Callable[[], None]) -> None:
        beat()
        for number in range(20):
            begun = time.monotonic()
            bench.record(range(number, number + 1), FOR_EVER)
            until(lambda: not bench.outbox.waiting(), "the acknowledgement")
            took.append(time.monotonic() - begun)

    bench.outbox = Outbox(Database(bench.folder / "gatepost.db"))
    loops = [Loop("see", see, PATIENCE_S), Loop("send", bench.sender.send, PATIENCE_S)]
    supervise(loops, bench.stopping)
    assert median(took) < 0.5 * TURN_S
    assert bench.link.history[-1].payload == "offline"


def test_a_broker_killed_with_messages_in_flight_gets_them_all(
    tmp_path: Path, broker: Broker, listen: Listen
) -> None:
    """SIGKILL and back again, twice: every passage arrives, a repeated one is known by its id."""
    listener = listen(broker)
    broker.save()
    wake = Event()
    bench = Bench(tmp_path, MqttLink(broker.mqtt, TOPICS, wake), wake)
    bench.record(range(300), None)
    for heard in (20, 100):
        until(lambda: _turn(bench) and len(listener.on("log")) >= heard, "logs")  # noqa: B023
        broker.freeze()
        listener.read_all()
        bench.record(range(1000 + heard, 1000 + heard + WINDOW), None)  # the rest may have gone
        until(lambda: _turn(bench) and bench.link.room == 0, "a full window")
        in_flight = len(bench.sender.handed)
        broker.kill()
        until(lambda: _turn(bench) and bench.link.session == 0, "the loss noticed")
        assert bench.outbox.waiting() >= in_flight >= WINDOW - 1  # beside a copy on `last`
        broker.restart()
    assert bench.sender.drain(PATIENCE_S, lambda: None) == 0
    count = 300 + 2 * WINDOW
    until(lambda: _seqs(listener) == set(range(1, count + 1)), "every passage")
    ids = {(heard.body["seq"], heard.body["uuid"]) for heard in listener.on("log")}
    assert len(ids) == count
    assert listener.on("passage") == []
    bench.link.close()


def _turn(bench: Bench) -> bool:
    bench.sender.turn()
    return True


def _seqs(listener: Listener) -> set[int]:
    return {heard.body["seq"] for heard in listener.on("log")}


def test_a_unit_killed_while_sending_sends_the_rest_later(
    tmp_path: Path, broker: Broker, listen: Listen
) -> None:
    """SIGKILL: the next process sends what was not acknowledged, with the same ids, as late."""
    listener = listen(broker)
    command = [sys.executable, "-c", UNIT_AS_CHILD, str(tmp_path), str(broker.port)]
    with subprocess.Popen(command, cwd=Path.cwd()) as child:
        until(lambda: len(listener.on("log")) >= 5, "the first logs")
        child.kill()
    wake = Event()
    bench = Bench(tmp_path, MqttLink(broker.mqtt, TOPICS, wake), wake)
    assert bench.outbox.waiting() > 0
    assert bench.sender.drain(PATIENCE_S, lambda: None) == 0
    until(lambda: _seqs(listener) == set(range(1, 401)), "every passage")
    assert len({heard.body["uuid"] for heard in listener.on("log")}) == 400
    bench.link.close()


def test_an_acl_refusal_keeps_the_row(start_broker: StartBroker, tmp_path: Path) -> None:
    """The broker acknowledges and drops; the reason code of MQTT 5 tells."""
    acl = tmp_path / "acl"
    acl.write_text("topic write gatepost/unit/availability\n")
    broker = start_broker("allow_anonymous true", f"acl_file {acl}")
    wake = Event()
    bench = Bench(tmp_path, MqttLink(broker.mqtt, TOPICS, wake), wake)
    bench.record(range(3), None)
    until(lambda: _turn(bench) and len(bench.health.snapshot().problems) == 3, "the refusals")
    assert bench.outbox.waiting() == 3
    assert f"{TOPICS.log} refused: Not authorized" in bench.health.snapshot().problems
    bench.link.close()


@pytest.fixture
def keeper(bench: FakeBench) -> Keeper:
    """Keeps passages for an hour."""
    return Keeper(
        passages=bench.passages,
        outbox=bench.outbox,
        standing=StandingLists(ListStore(Database(bench.folder / "gatepost.db")), 0.0),
        health=bench.health,
        topics=TOPICS,
        link=bench.link,
        stopping=bench.stopping,
        retention=Retention(3600.0),
        tend=lambda: None,
    )


def test_the_keeper_counts_tells_and_forgets(bench: FakeBench, keeper: Keeper) -> None:
    """Who came by an hour ago is told of once, and then forgotten with his passage."""
    database = Database(bench.folder / "gatepost.db")
    keeper.yard = Yard(database, Parking(entering="approaching"), TOPICS)
    old = numbered(1, epoch_ms=round((time.time() - 3500) * 1000))
    bench.passages.record(old, passage_body(old, UNIT, "m"), None)
    keeper.turn()
    assert {_level(each) for each in bench.link.history} >= {"stats", "parking"}
    keeper.retention = Retention(3000.0)
    keeper.turn()
    told = [json.loads(p.payload) for p in bench.link.history if p.topic.endswith("/parking")]
    assert [(each["occupancy"], each["forgotten"]) for each in told] == [(1, 0), (0, 1)]
    assert database.rows("SELECT count(*) FROM moves") == [(0,)]


def test_a_retention_that_is_shortened_counts_at_once(bench: FakeBench, keeper: Keeper) -> None:
    """What is too old by it is gone with the next turn, and whoever listens knows for how long."""
    database = Database(bench.folder / "gatepost.db")
    keeper.retention = Retention(3 * DAY_S, Marks(database))
    link, lists, history = bench.link, ListStore(database), History(database, 10**8)
    keeper.orders = Orders(link, TOPICS, lists, history, keeper.retention)
    bench.link.connect()
    old = numbered(1, epoch_ms=round((time.time() - 1.5 * DAY_S) * 1000))
    for passage in (old, numbered(2, epoch_ms=round(time.time() * 1000))):
        bench.passages.record(passage, passage_body(passage, UNIT, "m"), None)
    keeper.turn()
    assert len(bench.passages.recent(9)) == 2
    bench.link.command("retention_days/set", b"1")
    keeper.turn()
    assert [message.seq for message in bench.passages.recent(9)] == [2]
    kept = [each for each in bench.link.history if _level(each) == "retention_days"]
    assert [(each.payload, each.retained) for each in kept] == [("3", True), ("1", True)]


def test_the_state_counts_what_waits_for_the_webhook(bench: FakeBench, keeper: Keeper) -> None:
    """Where there is none, nothing does."""
    keeper.turn()
    database = Database(bench.folder / "gatepost.db")
    passage = numbered(1)
    Passages(database, None, 10**8).record(passage, passage_body(passage, UNIT, "m"), None)
    keeper.posts, keeper.next_at = Posts(database), 0.0
    keeper.turn()
    assert [state["webhook_queue"] for state in _states(bench)] == [0, 1]


def _states(bench: FakeBench) -> list[dict[str, Any]]:
    history = bench.link.history
    return [publication_body(each.payload) for each in history if each.topic == TOPICS.state]


def test_the_keeper_forgets_what_is_too_old(bench: FakeBench, keeper: Keeper) -> None:
    """Sent or not."""
    for number, age_s in enumerate([3700, 3500]):
        passage = numbered(number, epoch_ms=round((time.time() - age_s) * 1000))
        bench.passages.record(passage, "{}", None)
    keeper.turn()
    assert [message.seq for message in bench.passages.recent(9)] == [2]
    assert bench.outbox.waiting() == 1


def test_nothing_is_forgotten_before_it_was_counted(bench: FakeBench, keeper: Keeper) -> None:
    """A history that is behind is counted over several turns; the rest of the turn goes on."""
    database = Database(bench.folder / "gatepost.db")
    keeper.yard = Behind(database, Parking(entering="approaching"), TOPICS)
    bench.record_one(numbered(1, epoch_ms=1000), None)
    keeper.turn()
    assert [message.seq for message in bench.passages.recent(9)] == [1]
    assert len(_states(bench)) == 1
    keeper.yard.turns = 0
    keeper.turn()
    assert bench.passages.recent(9) == []


class Behind(Yard):
    """One that has not caught up for some turns."""

    turns = 1

    def catch_up(self, limit_s: float = 0.5) -> bool:
        """Nothing, or all."""
        return not self.turns and super().catch_up(limit_s)


def test_the_keeper_tells_a_change_at_once_and_nothing_twice(
    bench: FakeBench, keeper: Keeper
) -> None:
    """Problems come and go; a count of frames can wait for the minute."""
    keeper.turn()
    keeper.turn()
    bench.health.count("frames")
    keeper.turn()
    bench.health.problem("lens", "lens dirty")
    keeper.turn()
    keeper.turn()
    assert [state["problems"] for state in _states(bench)] == [[], ["lens dirty"]]


def test_the_keeper_tells_every_broker_anew(bench: FakeBench, keeper: Keeper) -> None:
    """A broker that was restarted may have forgotten what it retained."""
    keeper.turn()
    bench.link.lose()
    keeper.turn()
    bench.link.connect()
    keeper.turn()
    assert len(_states(bench)) == 2


def test_home_assistant_is_told_what_stands_when_it_starts(
    bench: FakeBench, keeper: Keeper
) -> None:
    """State and the newest passage, though the broker has that; never a live copy again."""
    bench.sender.announcer.pause_s = (0.0, 0.0)
    keeper.announcer = bench.sender.announcer
    bench.record(range(1), FOR_EVER)
    bench.turns(2)
    keeper.turn()
    assert bench.outbox.waiting() == 0
    before = len(bench.link.history)
    bench.link.give_birth()
    bench.turns(2)
    keeper.turn()
    again = [_level(each) for each in bench.link.history[before:]]
    assert again == ["last", "state"]


def test_the_keeper_needs_no_broker(bench: FakeBench, keeper: Keeper) -> None:
    """Retention goes on without one, until the unit stops."""
    keeper.link = None
    bench.passages.record(numbered(1, epoch_ms=0), "{}", None)
    keeper.maintain(bench.stopping.set)
    assert bench.passages.recent(9) == []
