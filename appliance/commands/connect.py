"""`gatepost check --connect`: whether the broker takes the unit in, and lets it speak and listen.

The rule to know: a running unit notices nothing of it.
"""

from __future__ import annotations

import sys

from appliance.config import Config
from appliance.errors import ConfigurationError
from appliance.transmit.homeassistant import birth_topic
from appliance.transmit.messages import Topics
from appliance.transmit.trial import Report, client_of, try_broker
from appliance.transmit.visit import require_taken

UNSEEN = "MQTT 3.1.1 does not tell a refused publication: look into the broker's log"


def check_connection(config: Config) -> None:
    """Try the broker of a configuration, and say what it agreed to and allows.

    Raises:
        ConfigurationError: there is none, it refuses, or it does not allow something.
        LinkError: it is away, or too busy.
    """
    if config.mqtt.host is None:
        raise ConfigurationError("mqtt.host is missing: there is no broker to connect to")
    home = config.homeassistant
    topics = Topics(config.unit.id, birth_topic(home.prefix) if home.discovery else "")
    report = try_broker(config.mqtt, topics)
    require_taken(config.mqtt, report.why)
    name = f"broker {config.mqtt.host}:{config.mqtt.port}"
    _tell(name, topics, report)
    if report.refusals:
        told = [f"{name}: {topic}: {why}" for topic, why in report.refusals.items()]
        raise ConfigurationError("\n".join(told))


def _tell(name: str, topics: Topics, report: Report) -> None:
    terms = report.terms
    encrypted = f"{terms.tls} ({terms.cipher})" if terms.tls else "not encrypted"
    bound = f", {terms.window} publications at once" if terms.protocol == "5" else ""
    client = client_of(topics)
    print(f"{name}: connected as {client}, MQTT {terms.protocol}, {encrypted}{bound}")
    if topics.check not in report.refusals:
        print(f"{name}: may publish below gatepost/{topics.unit}/, as tried on {topics.check}")
    allowed = [each for each in topics.heard if each not in report.refusals]
    if allowed:
        print(f"{name}: may subscribe to {', '.join(allowed)}")
    if terms.protocol != "5":
        print(f"{name}: warning: {UNSEEN}", file=sys.stderr)
