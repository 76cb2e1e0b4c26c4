"""From the table to the consumer, whatever happens to the consumer and to the unit."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest

from appliance.health import Health
from appliance.hook import Webhook
from appliance.poster import Poster
from appliance.store.database import Database
from appliance.store.passages import Passages
from appliance.store.posts import TRIES, Posts
from appliance.transmit import answers
from appliance.transmit.messages import passage_body
from tests.conftest import PATIENCE_S, UNIT, numbered, until
from tests.consumer import Consumer, says, status

CLIP = Path(__file__).parent / "data" / "lane.mp4"
SLOW_S = 240.0  # two cores, both perhaps busy
UNIT_AS_CHILD = """
import sys
from pathlib import Path
from tests.test_poster import Bench
bench = Bench(Path(sys.argv[1]), sys.argv[2])
bench.record(range(200))
print("recorded", flush=True)
bench.poster.post(lambda: None)
"""


@dataclass
class Bench:
    """A poster between a real table and some consumer."""

    folder: Path
    url: str
    wake: Event = field(default_factory=Event)
    stopping: Event = field(default_factory=Event)
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        """Give lane and poster a connection each, as in the unit."""
        path = self.folder / "gatepost.db"
        self.passages = Passages(Database(path), None, 10**8)
        self.posts = Posts(Database(path))
        webhook = Webhook(url=self.url)
        self.poster = Poster(self.posts, webhook, self.health, self.wake, self.stopping)
        self.thread = Thread(target=self.poster.post, args=(lambda: None,), daemon=True)

    def record(self, numbers: range, fresh_s: float | None = None) -> None:
        """Record passages that are fresh for so long from now; None: not at all."""
        for number in numbers:
            passage = numbered(number)
            fresh_until = None if fresh_s is None else time.monotonic() + fresh_s
            self.passages.record(passage, passage_body(passage, UNIT, "det/ocr"), fresh_until)
        self.wake.set()

    def empty(self) -> None:
        """Wait until the consumer has everything."""
        until(lambda: self.posts.next() is None, "nothing waits")

    def stop(self) -> None:
        """End the loop, which must not take long."""
        self.stopping.set()
        self.wake.set()
        if self.thread.ident is not None:
            self.thread.join(PATIENCE_S)
            assert not self.thread.is_alive()

    @property
    def problems(self) -> str:
        """What is wrong now, in words."""
        return "\n".join(self.health.snapshot().problems)


@pytest.fixture
def consumer() -> Iterator[Consumer]:
    """A consumer that takes everything."""
    consumer = Consumer()
    yield consumer
    consumer.stop()


@pytest.fixture
def bench(tmp_path: Path, consumer: Consumer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A poster that is impatient, with the consumer as its address."""
    monkeypatch.setattr(answers, "MOST_PAUSE_S", 0.1)
    monkeypatch.setattr(answers, "LEAST_PAUSE_S", 0.02)
    bench = Bench(tmp_path, consumer.url)
    yield bench
    bench.stop()


def expected(count: int) -> list[str]:
    """The ids of the first passages."""
    return [numbered(number).uuid for number in range(count)]


def gatepost(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user gives it."""
    command = [sys.executable, "-m", "appliance", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=SLOW_S)


def test_every_passage_arrives_once_and_in_order(bench: Bench, consumer: Consumer) -> None:
    """A consumer that answers well hears nothing twice."""
    bench.thread.start()
    bench.record(range(20))
    bench.empty()
    assert [posted.uuid for posted in consumer.heard] == expected(20)
    assert [posted.body["seq"] for posted in consumer.heard] == list(range(1, 21))
    assert bench.problems == ""


def test_a_new_passage_goes_out_at_once_and_fresh(bench: Bench, consumer: Consumer) -> None:
    """The poster is woken; what is still fresh says so, what is not says how old it is."""
    bench.thread.start()
    bench.record(range(1), fresh_s=PATIENCE_S)
    bench.record(range(1, 2))
    bench.empty()
    first, second = (posted.body for posted in consumer.heard)
    assert (first["late"], "age_s" in first) == (False, False)
    assert (second["late"], second["age_s"] < PATIENCE_S) == (True, True)


def test_bad_answers_lose_nothing_and_keep_the_order(bench: Bench, consumer: Consumer) -> None:
    """500, locked out, moved, hung up in mid-answer, gone: the same passage again until 200."""
    bad = [status(500), status(401), status(301, Location="https://x.example/"), status(410)]
    bad += [says(b"HTTP/1.1 200 OK\r\nCont"), status(429), status(404)]
    consumer.next.extend(bad)
    bench.thread.start()
    bench.record(range(5))
    bench.empty()
    heard = [posted.uuid for posted in consumer.heard]
    assert heard == [expected(5)[0]] * len(bad) + expected(5)
    until(lambda: bench.problems == "", "no problem any more")


def test_a_bad_answer_is_a_problem_in_words(bench: Bench, consumer: Consumer) -> None:
    """It names the consumer and the fault, and neither the query nor a plate."""
    consumer.always = status(503)
    bench.thread.start()
    bench.record(range(1))
    until(lambda: bench.problems, "a problem")
    said = f"webhook: http://localhost:{consumer.port} answered 503 (Service Unavailable)"
    assert bench.problems == said


def test_a_consumer_that_asks_for_patience_gets_it(bench: Bench, consumer: Consumer) -> None:
    """Retry-After holds all posts back that long."""
    consumer.next.append(status(429, Retry_After="2"))
    began = time.monotonic()
    bench.thread.start()
    bench.record(range(2))
    bench.empty()
    assert time.monotonic() - began >= 2
    assert consumer.uuids == expected(2)


def test_one_body_that_is_refused_for_ever_does_not_block(bench: Bench, consumer: Consumer) -> None:
    """It is set aside after some tries, the rest arrive, and a person can read that."""
    consumer.next.extend([status(422)] * TRIES)
    bench.thread.start()
    bench.record(range(3))
    bench.empty()
    assert [posted.uuid for posted in consumer.heard] == [expected(3)[0]] * TRIES + expected(3)[1:]
    until(lambda: "1 passages set aside" in bench.problems, "the problem")
    bench.stop()
    again = Bench(bench.folder, consumer.url)
    again.thread.start()
    again.empty()
    again.stop()
    assert set(consumer.uuids) == set(expected(3))
    assert again.posts.set_aside() == 0


def test_a_consumer_that_dies_and_comes_back_gets_everything(
    bench: Bench, consumer: Consumer
) -> None:
    """What was recorded while it was away waits, and goes out in order when it is there."""
    bench.thread.start()
    bench.record(range(3))
    bench.empty()
    consumer.stop()
    bench.record(range(3, 9))
    until(lambda: "Connection refused" in bench.problems, "the problem")
    consumer.start()
    bench.empty()
    assert [posted.uuid for posted in consumer.heard] == expected(9)
    until(lambda: bench.problems == "", "no problem any more")


def test_stopping_does_not_wait_for_a_silent_consumer(bench: Bench, consumer: Consumer) -> None:
    """A signal ends the loop within moments, and the passage waits for the next start."""
    consumer.always = consumer.stall
    bench.thread.start()
    bench.record(range(1))
    until(lambda: consumer.heard, "a POST")
    began = time.monotonic()
    bench.stopping.set()
    bench.poster.hurry()
    bench.thread.join(PATIENCE_S)
    assert time.monotonic() - began < 5
    assert bench.posts.waiting() == 1


def test_at_its_end_the_loop_posts_what_still_waits(bench: Bench, consumer: Consumer) -> None:
    """A recording that is over leaves nothing behind that can go in the time to linger."""
    bench.record(range(5))
    bench.stopping.set()
    bench.poster.post(lambda: None)
    assert consumer.uuids == expected(5)


def test_a_unit_that_is_killed_loses_nothing(tmp_path: Path, consumer: Consumer) -> None:
    """SIGKILL between record and POST, at several moments: all arrive, each once by its id."""
    command = [sys.executable, "-c", UNIT_AS_CHILD, str(tmp_path), consumer.url]
    for enough in (1, 60, 130):
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        until(lambda few=enough: len(consumer.heard) >= few, "some POSTs", SLOW_S)  # type: ignore[misc]
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=PATIENCE_S)
    rest = Bench(tmp_path, consumer.url)
    rest.record(range(200))
    rest.thread.start()
    rest.empty()
    rest.stop()
    assert consumer.uuids == expected(200)
    assert len(consumer.heard) <= 200 + 3  # what each kill caught in mid-answer, at most


def test_a_replay_posts_every_passage_it_prints(tmp_path: Path, consumer: Consumer) -> None:
    """The whole unit, as a user starts it: the consumer has what stdout says, all of it late."""
    config = tmp_path / "gatepost.toml"
    config.write_text(
        f'[store]\nfolder = "{tmp_path / "store"}"\n[webhook]\nurl = "{consumer.url}"\n'
    )
    done = gatepost("replay", str(CLIP), "--json", "--config", str(config))
    assert done.returncode == 0
    printed = [json.loads(line)["uuid"] for line in done.stdout.splitlines()]
    assert consumer.uuids == printed
    assert len(printed) == 6
    assert all(posted.body["late"] for posted in consumer.heard)


def test_check_names_a_secret_that_is_missing(tmp_path: Path) -> None:
    """`gatepost check` looks at the files of the webhook."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[webhook]\nurl = "https://c.example"\nsecret_file = "secret"\n')
    done = gatepost("check", "--config", str(config))
    assert done.returncode == 78
    assert f"webhook.secret_file: {tmp_path / 'secret'}: No such file" in done.stderr
