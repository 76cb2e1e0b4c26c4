"""Which release runs, what is offered, and what became of the last one, as messages.  Pure.

The rule to know: on `update` stands what Home Assistant's update entity knows and nothing else, for
one key more and it drops the whole message; all the rest is on `release`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from appliance.transmit.messages import SCHEMA, UPDATE, Publication, Topics

RELEASE = "release"  # below a unit's name
INSTALL, CHECK = b"install", b"check"
"""What may be asked for on `update/set`."""
TITLE = "Gatepost"
MOST_SUMMARY = 255  # characters that Home Assistant shows


@dataclass(frozen=True, slots=True)
class Firmware:
    """What Home Assistant's entity shows.

    Attributes:
        installed: the version that runs.
        latest: the one that could; the same where nothing newer is offered; empty: nobody knows.
        summary: of the latest, in words.
        is_busy: it is being installed.
        percent: how far that is; None where nobody knows.
    """

    installed: str
    latest: str = ""
    summary: str = ""
    is_busy: bool = False
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the unit tells of its releases; nothing of who goes by.

    Attributes:
        version: that runs.
        available: that is offered to this unit; None: none, or nobody knows.
        why: why none is, or why nobody knows; empty where one is.
        sequence: the highest of a manifest that was seen; 0: none was.
        trial: version and number of starts of what is on trial, or waits for its first start.
        last: what happened last, in words; empty: nothing was ever installed.
        failed: why versions failed here.
        fault: what is wrong with the newest attempt to install; empty: nothing.
        slots: `booted` and `committed` where the system has two.
    """

    version: str
    available: str | None = None
    why: str = ""
    sequence: int = 0
    trial: Mapping[str, object] | None = None
    last: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    slots: Mapping[str, str] | None = None


def update(topics: Topics, firmware: Firmware) -> Publication:
    """For Home Assistant, retained.

    A version that nobody knows is left out, for null makes it drop the message.
    """
    body: dict[str, object] = {"installed_version": firmware.installed}
    if firmware.latest:
        body["latest_version"] = firmware.latest
    body |= {
        "title": TITLE,
        "release_summary": firmware.summary[:MOST_SUMMARY],
        "update_percentage": firmware.percent,  # it takes a number for progress, null for none
        "in_progress": firmware.is_busy,
    }
    return Publication(topics.at(UPDATE), _json(body), retained=True)


def release(topics: Topics, report: Report, at: str | None) -> Publication:
    """For whoever keeps a fleet, retained.

    Args:
        topics: of the unit.
        report: what there is to tell.
        at: when it is told, RFC 3339; None where nobody vouches for the clock.
    """
    return Publication(
        topics.at(RELEASE), _json({"v": SCHEMA, **asdict(report), "at": at}), retained=True
    )


def _json(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
