"""`last/image` shows the plate of the passage on `last`, or nothing, with the broker and here."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from appliance.store.history import History
from appliance.transmit.last import NO_PICTURE, forgotten
from appliance.transmit.mqtt import MqttLink
from tests.conftest import Broker, Listener, numbered, until
from tests.test_pipeline_send import DAY_S, FOR_EVER, TOPICS, Bench, FakeBench

ONE, TWO = b"\xff\xd8one\xff\xd9", b"\xff\xd8two\xff\xd9"


@pytest.fixture
def bench(tmp_path: Path) -> FakeBench:
    """With a broker that the test plays; pictures are kept."""
    bench = FakeBench(tmp_path)
    bench.sender.keeps_image = True
    return bench


def images(bench: FakeBench) -> list[tuple[bytes, bool]]:
    """What went to the topic: content, and whether it is retained."""
    return [
        (each.content, each.retained) for each in bench.link.history if each.topic == TOPICS.image
    ]


def test_the_picture_stands_beside_its_passage(bench: FakeBench) -> None:
    """Retained, for as long as the passage is; the next one takes its place."""
    bench.turns(1)
    bench.link.history.clear()
    bench.record_one(numbered(1), FOR_EVER, ONE)
    bench.turns(2)
    bench.record_one(numbered(2), FOR_EVER, TWO)
    bench.turns(2)
    assert images(bench) == [(ONE, True), (TWO, True)]
    last, image = [each for each in bench.link.history if each.topic.startswith(TOPICS.last)][-2:]
    assert (last.topic, image.topic) == (TOPICS.last, TOPICS.image)
    assert last.expiry_s == image.expiry_s
    assert image.expiry_s is not None
    assert DAY_S - 60 < image.expiry_s <= DAY_S


def test_only_the_newest_picture_is_kept(bench: FakeBench) -> None:
    """On the card too: the one before goes with the next passage, whether that has one or not."""
    for number, jpeg in enumerate([ONE, TWO, b""], 1):
        bench.record_one(numbered(number), None, jpeg)
        rows = bench.passages._database.rows("SELECT seq, jpeg FROM crops")
        assert rows == ([(number, jpeg)] if jpeg else [])


def test_a_passage_without_one_takes_the_picture_back(bench: FakeBench) -> None:
    """Another vehicle's must not stand beside it; said once."""
    bench.record_one(numbered(1), FOR_EVER, ONE)
    bench.turns(2)
    for number in (2, 3):
        bench.record_one(numbered(number), FOR_EVER)
        bench.turns(2)
    assert images(bench)[-3:] == [(ONE, True), (b"", True), (NO_PICTURE, False)]


def test_a_new_connection_gets_it_again(bench: FakeBench) -> None:
    """A broker without persistence has forgotten it, and Home Assistant asks at its birth."""
    bench.record_one(numbered(1), FOR_EVER, ONE)
    bench.turns(2)
    bench.link.lose()
    bench.turns(1)
    bench.link.connect()
    bench.turns(2)
    assert images(bench) == [(ONE, True), (ONE, True)]


def test_a_forgotten_passage_takes_its_picture_with_it(bench: FakeBench) -> None:
    """Erased or too old: the row is gone, and the next connection finds nothing to say."""
    bench.record_one(numbered(1), None, ONE)
    bench.record_one(numbered(2), None, TWO)
    database = bench.passages._database
    History(database, 10**6).erase([2])
    assert database.rows("SELECT count(*) FROM crops") == [(0,)]
    bench.record_one(numbered(3), None, ONE)
    bench.passages.forget(round(time.time() * 1000) + 60_000)
    assert database.rows("SELECT count(*) FROM crops") == [(0,)]
    bench.turns(2)
    assert (ONE, True) not in images(bench)
    assert (b"", True) in images(bench)


def test_a_picture_that_was_erased_while_it_went_out_is_taken_back(bench: FakeBench) -> None:
    """The sender had read the row just before; the broker must not keep it."""
    bench.turns(1)
    bench.record_one(numbered(1), None, ONE)
    publish = bench.link.publish

    def erased_meanwhile(publication: object) -> None:
        publish(publication)  # type: ignore[arg-type]
        if getattr(publication, "picture", b"") == ONE:
            History(bench.passages._database, 10**6).erase([1])

    bench.link.publish = erased_meanwhile  # type: ignore[method-assign]
    bench.turns(1)
    assert images(bench)[-3:] == [(ONE, True), (b"", True), (NO_PICTURE, False)]


def test_where_pictures_are_switched_off_none_goes_out(bench: FakeBench) -> None:
    """And what an earlier configuration left with the broker is taken back."""
    bench.sender.keeps_image = False
    bench.record_one(numbered(1), FOR_EVER, ONE)
    bench.turns(2)
    assert images(bench) == [(b"", True), (NO_PICTURE, False)]


def test_who_comes_after_an_erasure_finds_nothing(
    broker: Broker, listen: Callable[..., Listener], tmp_path: Path
) -> None:
    """At a real broker: the picture was retained, and then is not."""
    wake = Event()
    bench = Bench(tmp_path, MqttLink(broker.mqtt, TOPICS, wake), wake)
    bench.sender.keeps_image = True
    bench.record_one(numbered(1), FOR_EVER, ONE)
    there = listen(broker, "there")

    def turned() -> bool:
        bench.turns(1)
        return bool(there.on("last/image"))

    until(turned, "the picture")
    later = listen(broker, "later")
    until(lambda: later.on("last/image"), "the retained picture")
    (kept,) = later.on("last/image")
    assert kept.retained
    assert kept.payload.encode("latin-1") == ONE
    for each in forgotten(TOPICS):
        bench.link.publish(each)
    until(lambda: len(there.on("last/image")) == 3, "the erasure")
    assert there.on("last/image")[-1].payload.encode("latin-1") == NO_PICTURE
    newcomer = listen(broker, "newcomer")
    bench.link.publish(forgotten(TOPICS)[2])
    until(lambda: newcomer.on("last"), "something after what is retained")
    assert newcomer.on("last/image") == []
    bench.link.close()
