"""MQTT 3.1.1, to a real mosquitto whose front refuses MQTT 5: what is missing does no harm."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from appliance.transmit.inbox import RETAINED, Order
from appliance.transmit.messages import Publication, Receipt, Topics
from appliance.transmit.mqtt import MqttLink
from tests.conftest import Broker, Listener, until
from tests.front import HANG_UP, NEW_ANSWER, OLD_ANSWER, Front

Listen = Callable[..., Listener]
Place = Callable[..., Front]
TOPICS = Topics("unit")

pytestmark = pytest.mark.any_payload


def _link(front: Front, broker: Broker) -> MqttLink:
    return MqttLink(broker.mqtt.model_copy(update={"port": front.port}), TOPICS, Event())


def _connect(link: MqttLink) -> None:
    until(lambda: link.tend() or link.session, "a session")


@pytest.mark.parametrize(
    ("answer", "versions"),
    [(OLD_ANSWER, [5, 4]), (NEW_ANSWER, [5, 4]), (HANG_UP, [5, 4, 5, 4])],
    ids=["as 3.1.1", "as 5", "by hanging up"],
)
def test_a_broker_that_refuses_5_is_spoken_to_with_3_1_1(
    broker: Broker, front: Place, answer: bytes, versions: list[int]
) -> None:
    """However it refuses; whoever hangs up is asked twice."""
    old = front(broker, answer)
    link = _link(old, broker)
    _connect(link)
    assert link.terms.protocol == "3.1.1"
    assert old.versions == versions
    link.close()


def test_a_broker_that_hung_up_in_passing_is_spoken_to_with_5(broker: Broker, front: Place) -> None:
    """A proxy hangs up while its broker starts: a session that knows less would last for weeks."""
    proxy = front(broker, HANG_UP)
    link = _link(proxy, broker)
    until(lambda: link.tend() or proxy.versions, "the first attempt")
    proxy.answer = None
    _connect(link)
    assert link.terms.protocol == "5"
    assert proxy.versions == [5, 4, 5]
    link.close()


def test_each_connection_begins_with_5(broker: Broker, front: Place) -> None:
    """A broker may have been replaced by one that knows it."""
    old = front(broker)
    link = _link(old, broker)
    _connect(link)
    old.answer = None
    broker.kill()
    until(lambda: link.tend() or not link.session, "the loss")
    broker.restart()
    _connect(link)
    assert link.terms.protocol == "5"
    link.close()


def test_what_should_expire_is_not_kept_for_who_is_away(
    broker: Broker, front: Place, listen: Listen
) -> None:
    """Without an expiry a passage would open the gate hours later; the record is kept."""
    listen(broker, "away").close()
    witness, link = listen(broker, "there"), _link(front(broker), broker)
    _connect(link)
    link.publish(Publication(TOPICS.passage, "live", expiry_s=30))
    link.publish(Publication(TOPICS.last, "newest", retained=True, expiry_s=3600))
    link.publish(Publication(TOPICS.log, "record"))
    until(lambda: witness.on("log"), "the record")
    qos = {each.payload: each.qos for each in witness.heard}
    assert qos == {"online": 1, "live": 0, "newest": 1, "record": 1}
    back = listen(broker, "away")
    until(lambda: back.on("log"), "the record, later")
    assert back.on("passage") == []
    link.close()


def test_offline_is_left_behind(broker: Broker, front: Place, listen: Listen) -> None:
    """By the unit that ends, for 3.1.1 forgets the will then; by the broker where it cannot."""
    listener, old = listen(broker), front(broker)
    link = _link(old, broker)
    _connect(link)
    until(lambda: listener.on("availability"), "online")  # in a hurry it would be the broker's
    link.close()
    until(lambda: len(listener.on("availability")) == 2, "offline")
    other = _link(old, broker)
    _connect(other)
    until(lambda: len(listener.on("availability")) == 3, "online again")
    old.close()
    until(lambda: len(listener.on("availability")) == 4, "offline again")
    said = [heard.payload for heard in listener.on("availability")]
    assert said == ["online", "offline", "online", "offline"]
    other.close()


def test_a_retained_command_does_not_come_again(
    broker: Broker, front: Place, listen: Listen
) -> None:
    """3.1.1 does not say that what is heard live is retained; each later connection refuses it."""
    listener, old = listen(broker), front(broker)
    link = _link(old, broker)
    _connect(link)
    orders: list[Order] = []
    subscribed = "gatepost-unit 1 gatepost/unit/cmd"
    until(lambda: link.tend() or subscribed in broker.told(), "the subscriptions")
    listener.say(TOPICS.at("cmd"), "restart", retained=True)
    until(lambda: orders.extend(link.orders()) or orders, "the command")
    link.close()
    later = _link(old, broker)

    def has_come() -> bool:
        later.tend()
        orders.extend(later.orders())
        return len(orders) > 1

    until(has_come, "its repeat")
    assert orders == [Order("cmd", b"restart"), Order("cmd", refusal=RETAINED)]
    later.close()


def test_a_receipt_is_all_that_there_is(broker: Broker, front: Place) -> None:
    """Sent with QoS 0 it has one too, so that nobody waits for it."""
    link, receipts = _link(front(broker), broker), list[Receipt]()
    _connect(link)
    sent = [Publication(TOPICS.log, "{}", seq=1), Publication(TOPICS.passage, "{}", expiry_s=30)]
    for each in sent:
        link.publish(each)
    until(lambda: receipts.extend(link.tend()) or len(receipts) == 3, "the receipts")
    assert all(Receipt(each, None) in receipts for each in sent)
    link.close()
