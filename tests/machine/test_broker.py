"""The host's broker: nothing that a unit has said passes by."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.publish import multiple

from tools.machine.authority import Authority
from tools.machine.broker import Broker
from tools.machine.card import PATHS

LIMIT_S = 20.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """One that runs."""
    if not all(shutil.which(each, path=PATHS["PATH"]) for each in ("mosquitto", "openssl")):
        pytest.skip("no mosquitto or openssl here")
    pair = Authority(tmp_path / "host").make().signed("host", "server")
    broker = Broker(tmp_path / "broker", *pair)
    yield broker
    broker.stop()


def _wait_for(broker: Broker, count: int) -> list[bytes]:
    end = time.monotonic() + LIMIT_S
    while len(heard := broker.heard("road-1", "log")) < count:
        assert time.monotonic() < end, heard
        time.sleep(0.01)
    return [each.content for each in heard]


def test_what_is_said_while_the_line_is_broken_is_heard(broker: Broker) -> None:
    """The ledger counts what was told: one message less would excuse a passage that is lost."""
    broker.say("gatepost/road-1/log", "1")
    assert _wait_for(broker, 1) == [b"1"]
    line = broker._client.socket()
    assert line is not None
    line.shutdown(socket.SHUT_RDWR)
    said = [{"topic": "gatepost/road-1/log", "payload": each, "qos": 1} for each in ("2", "3")]
    multiple(said, "127.0.0.1", broker._inner)
    assert _wait_for(broker, 3) == [b"1", b"2", b"3"]


def test_a_word_is_of_its_unit_and_topic(broker: Broker) -> None:
    """And from then on only, where it is asked for so."""
    broker.say("gatepost/road-2/log", "other")
    broker.say("gatepost/road-1/state", "other")
    broker.say("gatepost/road-1/log", "mine")
    assert _wait_for(broker, 1) == [b"mine"]
    assert broker.heard("road-1", "log", time.monotonic()) == []
