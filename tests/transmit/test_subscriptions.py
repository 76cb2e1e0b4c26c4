"""A broker that does not let the unit listen: each filter is a problem of its own, until it may."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from paho.mqtt.client import topic_matches_sub

from appliance.health import Health
from appliance.transmit.acl import COMMANDS
from appliance.transmit.connection import OLD_REFUSAL
from appliance.transmit.messages import Receipt, Topics
from appliance.transmit.mqtt import MqttLink
from tests.conftest import Broker, until
from tests.front import Front
from tests.test_pipeline_send import Bench

TOPICS = Topics("unit")
PLUGIN = "mosquitto_dynamic_security.so"  # an acl_file of mosquitto 2.0 refuses no subscription
RIGHTS = {"publishClientSend": True, "publishClientReceive": True, "unsubscribe": True}


class Strict:
    """A mosquitto whose rights to subscribe are a file."""

    def __init__(self, start_broker: Callable[..., Broker], folder: Path) -> None:
        """Start it with the right to listen to all but `cmd`."""
        found = sorted(Path("/usr/lib").glob(f"**/{PLUGIN}"))
        if not found:
            pytest.skip(f"{PLUGIN} is not installed (apt-get install mosquitto)")
        self._file = folder / "rights.json"
        self.allow("gatepost/unit/lists/#", "gatepost/unit/+/set")
        options = f"plugin {found[0]}", f"plugin_opt_config_file {self._file}"
        self.broker = start_broker("allow_anonymous true", *options)

    def allow(self, *patterns: str) -> None:
        """Let everyone subscribe to these and nothing else, from the next start on."""
        right = {"acltype": "subscribePattern", "allow": True}
        rights = {
            "defaultACLAccess": RIGHTS | {"subscribe": False},
            "clients": [],
            "groups": [{"groupname": "all", "roles": [{"rolename": "some"}]}],
            "anonymousGroup": "all",
            "roles": [{"rolename": "some", "acls": [right | {"topic": each} for each in patterns]}],
        }
        self._file.write_text(json.dumps(rights), encoding="ascii")


@pytest.fixture
def strict(start_broker: Callable[..., Broker], tmp_path: Path) -> Strict:
    """A broker that refuses `cmd`."""
    return Strict(start_broker, tmp_path)


def refusals_of(link: MqttLink, count: int) -> dict[str, str | None]:
    """What was refused, and what no longer is, once there are so many."""
    receipts: list[Receipt] = []

    def come() -> bool:
        receipts.extend(link.tend())
        return len(asked()) >= count

    def asked() -> list[Receipt]:
        return [each for each in receipts if each.publication.topic in TOPICS.heard]

    until(come, f"{count} answers")
    return {each.publication.topic: each.refusal for each in asked()}


@pytest.mark.parametrize(
    ("version", "told"), [("5", "Not authorized"), ("3.1.1", OLD_REFUSAL)], ids=["5", "3.1.1"]
)
def test_a_refused_subscription_is_told_and_so_is_its_end(
    strict: Strict, front: Callable[..., Front], version: str, told: str
) -> None:
    """The one filter, by its name; the others are heard.  Once it is allowed that is told once."""
    mqtt = strict.broker.mqtt
    if version == "3.1.1":
        mqtt = mqtt.model_copy(update={"port": front(strict.broker).port})
    link = MqttLink(mqtt, TOPICS, Event())
    assert refusals_of(link, 1) == {TOPICS.at("cmd"): told}
    strict.allow("gatepost/unit/#")
    strict.broker.kill()
    until(lambda: link.tend() or not link.session, "the loss")
    strict.broker.restart()
    assert refusals_of(link, 1) == {TOPICS.at("cmd"): None}
    link.close()


def test_a_refused_subscription_is_a_problem_in_the_state(strict: Strict, tmp_path: Path) -> None:
    """Nobody would understand why a command is not followed."""
    health = Health()
    bench = Bench(tmp_path, MqttLink(strict.broker.mqtt, TOPICS, Event()), health=health)
    refused = f"{TOPICS.at('cmd')} refused: Not authorized"
    until(lambda: bench.turns(1) or refused in health.snapshot().problems, "the problem")
    bench.sender.link.close()


def test_the_acl_lets_others_write_what_the_unit_hears() -> None:
    """And nothing else but settings, some of them to come: neither changes without the other."""
    below = {TOPICS.below(each) for each in TOPICS.commands}
    settings = {each for each in below if topic_matches_sub("+/set", each)}
    lit = {"illuminator/set", "illuminator_power/set"}
    assert settings == {"retention_days/set", "night_mode/set", "update/set"} | lit
    assert set(COMMANDS) == below - settings | {"+/set"}
