"""What goes over the wire, against the schemas that are published with the package."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

import appliance

FOLDER = Path(appliance.__file__).parent / "schema"
SCHEMAS = {
    r"gatepost/[^/]+/availability": "availability",
    r"gatepost/[^/]+/(passage|log|last)": "passage",
    r"gatepost/[^/]+/last": "erasure",
    r"gatepost/[^/]+/hit": "hit",
    r"gatepost/[^/]+/state": "state",
    r"gatepost/[^/]+/stats": "stats",
    r"gatepost/[^/]+/parking": "parking",
    r"gatepost/[^/]+/parking/overstay": "overstay",
    r"gatepost/[^/]+/lists/(allowed|denied|watched)/state": "list-state",
    r"gatepost/[^/]+/retention_days": "retention-days",
    r"gatepost/[^/]+/illuminator": "illuminator",
    r"gatepost/[^/]+/illuminator_power": "illuminator-power",
    r"gatepost/[^/]+/night_mode": "night-mode",
    r"gatepost/[^/]+/update": "update",
    r"gatepost/[^/]+/release": "release",
    r"gatepost/[^/]+/check": "check",
    r"gatepost/[^/]+/cmd/result": "command-result",
    r"homeassistant/device/[^/]+/config": "discovery",
}
"""Which schema the payload on a topic obeys; one of them where there are two."""
COMMANDS = re.compile(r"gatepost/[^/]+/(cmd|\w+/set|lists/[^/]+/(add|remove|set))")
"""What others say to the unit: it is for the unit to refuse."""
EMPTIED = re.compile(r"gatepost/[^/]+/last(/image)?")
"""Where an empty payload takes back what is retained."""
PLAIN = ["availability"], ["hit"], ["illuminator"], ["night-mode"]
"""Schemas of a bare text."""
PICTURE = re.compile(r"gatepost/[^/]+/last/image")
MOST_OF_A_PICTURE = 200_000


@cache
def validator(name: str) -> Draft202012Validator:
    """The schema of that name, which is one itself."""
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def text_of(topic: str, content: bytes) -> str:
    """What went over the wire as a text; a picture with one character a byte."""
    return content.decode("latin-1" if PICTURE.fullmatch(topic) else "utf-8", errors="replace")


def objections(topic: str, payload: str) -> list[str]:
    """What is wrong with a message, as `text_of` gives it; none where it is valid."""
    if COMMANDS.fullmatch(topic) or (not payload and EMPTIED.fullmatch(topic)):
        return []
    if PICTURE.fullmatch(topic):
        return _objections_to_a_picture(topic, payload.encode("latin-1"))
    names = [name for pattern, name in SCHEMAS.items() if re.fullmatch(pattern, topic)]
    if not names:
        return [f"{topic}: no schema, expected one"]
    try:
        body = payload if names in PLAIN else json.loads(payload)
    except json.JSONDecodeError as fault:
        return [f"{topic}: not JSON: {fault}"]
    faults = min((list(validator(name).iter_errors(body)) for name in names), key=len)
    return [f"{topic}: {fault.json_path}: {fault.message}" for fault in faults]


def _objections_to_a_picture(topic: str, content: bytes) -> list[str]:
    if len(content) > MOST_OF_A_PICTURE:
        return [f"{topic}: {len(content)} bytes, expected at most {MOST_OF_A_PICTURE}"]
    if not (content.startswith(b"\xff\xd8") and content.endswith(b"\xff\xd9")):
        return [f"{topic}: no JPEG"]
    return []
