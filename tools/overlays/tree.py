"""A flattened device tree as nodes in memory, and back: what the tests look into and change.

libfdt's binding needs swig and a compiler to install, and its own tools cannot rename a node.
Merging is left to it (`fdtoverlay`).  Format: Devicetree Specification 0.4, chapter 5, version 17.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAGIC = 0xD00DFEED
VERSION, COMPATIBLE = 17, 16
BEGIN_NODE, END_NODE, PROPERTY, NOP, END = 1, 2, 3, 4, 9
HEADER = struct.Struct(">10I")
CELL = struct.Struct(">I")


@dataclass(slots=True)
class Node:
    """A node: its properties' raw bytes, and its children by name, in the order of the file."""

    properties: dict[str, bytes] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)

    def at(self, path: str) -> Node:
        """The node under a path; KeyError with the first name that is not there."""
        node = self
        for name in filter(None, path.split("/")):
            node = node.children[name]
        return node

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def of_phandle(self, phandle: int) -> Node:
        """The node that others point to by this number; KeyError where there is none."""
        for node in self.walk():
            if node.properties.get("phandle") == CELL.pack(phandle):
                return node
        raise KeyError(phandle)

    def cells(self, name: str) -> list[int]:
        """A property as the 32-bit numbers that it consists of."""
        value = self.properties[name]
        return [number for (number,) in CELL.iter_unpack(value)]

    def texts(self, name: str) -> list[str]:
        """A property as the strings that it consists of."""
        return self.properties[name].decode().rstrip("\0").split("\0")


def read(blob: bytes) -> Node:
    """The root of a tree; ValueError where it is none."""
    magic, _, structure, strings, *_ = HEADER.unpack_from(blob)
    if magic != MAGIC:
        raise ValueError(f"begins with {magic:#010x}: expected {MAGIC:#010x}, a device tree")
    above = [Node()]  # the root is the only child of what stands at the bottom
    at = structure
    while (token := CELL.unpack_from(blob, at)[0]) != END:
        at += CELL.size
        if token == BEGIN_NODE:
            name = _text(blob, at)
            above.append(above[-1].children.setdefault(name, Node()))
            at += _aligned(len(name.encode()) + 1)
        elif token == PROPERTY:
            length, offset = struct.unpack_from(">2I", blob, at)
            at += 8
            above[-1].properties[_text(blob, strings + offset)] = blob[at : at + length]
            at += _aligned(length)
        elif token == END_NODE:
            above.pop()
        elif token != NOP:
            raise ValueError(f"token {token} at {at - CELL.size}: expected 1 to 4 or 9")
    return above[0].children[""]


def write(root: Node) -> bytes:
    """The tree as a file has it, without reserved memory."""
    strings = bytearray()
    body = b"".join(_written("", root, strings)) + CELL.pack(END)
    reserved = bytes(16)  # the entry that ends the list
    structure = HEADER.size + len(reserved)
    header = HEADER.pack(
        MAGIC,
        structure + len(body) + len(strings),
        structure,
        structure + len(body),
        HEADER.size,
        VERSION,
        COMPATIBLE,
        0,
        len(strings),
        len(body),
    )
    return header + reserved + body + strings


def _written(name: str, node: Node, strings: bytearray) -> Iterator[bytes]:
    yield CELL.pack(BEGIN_NODE) + _padded(name.encode() + b"\0")
    for key, value in node.properties.items():
        yield struct.pack(">3I", PROPERTY, len(value), len(strings)) + _padded(value)
        strings += key.encode() + b"\0"
    for child_name, child in node.children.items():
        yield from _written(child_name, child, strings)
    yield CELL.pack(END_NODE)


def _text(blob: bytes, at: int) -> str:
    return blob[at : blob.index(b"\0", at)].decode()


def _aligned(length: int) -> int:
    return -(-length // CELL.size) * CELL.size


def _padded(value: bytes) -> bytes:
    return value.ljust(_aligned(len(value)), b"\0")
