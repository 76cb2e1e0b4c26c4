"""Who may say and hear what at a mosquitto: its ACL file for a fleet.  Pure.

The rule to know: nobody but a unit writes below its own name, commands apart, so that nobody else
can fake a passage; and no unit hears another's.  A name that is not in the file may do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.errors import ConfigurationError
from appliance.transmit.homeassistant import birth_topic, discovery_topic
from appliance.transmit.messages import Topics

UNIT = re.compile(r"[A-Za-z0-9_-]{1,64}")
USER = re.compile(r"(?!\s)[^\x00-\x1f\x7f]{1,128}(?<!\s)")
"""mosquitto reads a line for a name and strips it."""
COMMANDS = ("+/set", "cmd", "lists/+/add", "lists/+/remove", "lists/+/set")
"""Below a unit's name: what others may write and the unit reads."""
HEADER = """\
# Who may say and hear what: made by `gatepost broker-acl`.  In mosquitto.conf:
#   allow_anonymous false
#   acl_file THIS_FILE
# and for client certificates, whose common name is then the user:
#   require_certificate true
#   use_identity_as_username true
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A unit and the name under which the broker knows it.

    Attributes:
        unit: its id, as it stands in the topics.
        user: the common name of its certificate, or its user name.
    """

    unit: str
    user: str


@dataclass(frozen=True, slots=True)
class People:
    """Who else is at the broker.

    Attributes:
        homeassistant: its user name.
        prefix: under which it looks for discovery.
        operator: who may do everything below `gatepost/`, such as erasing for good.
    """

    homeassistant: str = "homeassistant"
    prefix: str = "homeassistant"
    operator: str | None = None


def acl_file(accounts: Sequence[Account], people: People) -> str:
    """The whole file, for these units.

    Raises:
        ConfigurationError: a unit has the account of Home Assistant or of the operator.
    """
    for account in accounts:
        if account.user in {people.homeassistant, people.operator}:
            raise ConfigurationError(
                f"{account.unit}: its user {account.user!r} is another's, who could then fake its"
                " passages: expected an account of its own"
            )
    blocks = [HEADER, _block(people.homeassistant, _of_homeassistant(people.prefix))]
    if people.operator:
        blocks.append(_block(people.operator, ["readwrite gatepost/#"]))
    blocks += [_block(each.user, _of_unit(each.unit, people.prefix)) for each in accounts]
    return "\n".join(blocks)


def _block(user: str, rights: Sequence[str]) -> str:
    return "".join([f"user {user}\n", *(f"topic {right}\n" for right in rights)])


def _of_homeassistant(prefix: str) -> list[str]:
    """It hears everything, and writes commands only."""
    anyone = Topics("+")
    return [
        "read gatepost/#",
        *(f"write {anyone.at(level)}" for level in COMMANDS),
        f"read {prefix}/#",
        f"write {birth_topic(prefix)}",
    ]


def _of_unit(unit: str, prefix: str) -> list[str]:
    """Its own topics and discovery; its own commands and Home Assistant's birth."""
    topics = Topics(unit)
    return [
        f"write {topics.at('#')}",
        f"write {discovery_topic(unit, prefix)}",
        *(f"read {topics.at(level)}" for level in COMMANDS),
        f"read {birth_topic(prefix)}",
    ]
