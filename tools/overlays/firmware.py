"""An overlay's parameters, as the Raspberry Pi's firmware applies them.

`fdtoverlay` knows nothing of `__overrides__`.  The rules here are those of the firmware's own code
(raspberrypi/utils, dtmerge/dtoverlay.c, read and not copied), for the kinds that ours use: numbers
`property:offset`, strings `property`, tables `{key=value,...}` and fragments `<0>,"=6!3"`.  Any
other kind is refused rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tools.overlays.tree import CELL, Node

WORDS = {
    **dict.fromkeys(("y", "yes", "on", "true", "down"), 1),
    **dict.fromkeys(("n", "no", "off", "false"), 0),
    "up": 2,
}
"""What the firmware takes for a number."""
TARGET = re.compile(r"(?P<name>[^.;:#?!\[{=]+)(?::(?P<offset>\d+))?(?:\{(?P<table>[^}]*)\})?")
SWITCH = re.compile(r"([-+=!])(\d+)")
ACTIVE, DORMANT = "__overlay__", "__dormant__"


def apply(overlay: Node, parameters: Mapping[str, str]) -> None:
    """Change an overlay as `dtoverlay=name,parameter=value,...` would.

    Raises:
        ValueError: a parameter that there is not, a value that it does not take, or a kind of
            parameter that is not known here.
    """
    known = overlay.at("__overrides__").properties
    for name, value in parameters.items():
        if name not in known:
            raise ValueError(f"{name}: expected one of {', '.join(known)}")
        for phandle, target in targets(known[name]):
            if phandle:
                _set(overlay.of_phandle(phandle), target, value)
            else:
                _switch(overlay, target, value)


def targets(override: bytes) -> Iterator[tuple[int, str]]:
    """What a parameter acts on: the number of a node, 0 for fragments, and what about it."""
    at = 0
    while at < len(override):
        end = override.index(b"\0", at + CELL.size)
        yield CELL.unpack_from(override, at)[0], override[at + CELL.size : end].decode()
        at = end + 1


def number(value: str) -> int:
    """A number as C writes it, or one of WORDS."""
    if value in WORDS:
        return WORDS[value]
    try:
        return int(value, 0)
    except ValueError as fault:
        raise ValueError(f"{value!r}: expected a number or one of {', '.join(WORDS)}") from fault


def _set(node: Node, target: str, value: str) -> None:
    parts = TARGET.fullmatch(target)
    if parts is None:
        raise ValueError(f"{target!r}: no kind of parameter that is known here")
    if parts["table"] is not None:
        value = _looked_up(parts["table"], value)
    name = parts["name"]
    if parts["offset"] is None:
        node.properties[name] = value.encode() + b"\0"
    else:
        at = int(parts["offset"])
        old = node.properties.get(name, b"").ljust(at + CELL.size, b"\0")
        node.properties[name] = old[:at] + CELL.pack(number(value)) + old[at + CELL.size :]


def _looked_up(table: str, value: str) -> str:
    entries = dict(entry.split("=") for entry in table.split(","))
    if value not in entries:
        raise ValueError(f"{value!r}: expected one of {', '.join(entries)}")
    return entries[value]


def _switch(overlay: Node, target: str, value: str) -> None:
    """Wake fragments or put them to sleep: "+6" and "-6" always, "=6" and "!6" by the value."""
    wanted = WORDS.get(value, 1) != 0 and value != "0"
    switches = SWITCH.findall(target)
    if "".join(sign + index for sign, index in switches) != target:
        raise ValueError(f"{target!r}: expected fragments, each with one of + - = !")
    for sign, index in switches:
        active = {"+": True, "-": False, "=": wanted, "!": not wanted}[sign]
        _rename(overlay, f"fragment@{index}", ACTIVE if active else DORMANT)


def _rename(overlay: Node, fragment: str, name: str) -> None:
    """Give a fragment's content its name, and in what points there the same."""
    other = DORMANT if name == ACTIVE else ACTIVE
    for parent in (overlay, overlay.at("__local_fixups__")):
        content = parent.children.get(fragment, Node()).children
        if other in content:
            content[name] = content.pop(other)
    old, new = (f"/{fragment}/{end}".encode() for end in (other, name))
    for table in ("__fixups__", "__symbols__"):
        properties = overlay.at(table).properties
        properties.update({key: value.replace(old, new) for key, value in properties.items()})
