"""dtc and fdtoverlay: from a source to a blob, from an overlay and a tree to a tree."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.overlays import firmware, tree
from tools.overlays.tree import Node

SOURCES = Path(__file__).resolve().parents[2] / "overlays"
FLAGS = ("-@", "-Hepapr", "-Wno-unit_address_vs_reg", "-I", "dts", "-O", "dtb")
"""As the kernel's own build compiles overlays: fragment@N has a number and no address."""


class RefusedError(Exception):
    """dtc or fdtoverlay refused, or warned; the text is theirs."""


def compiled(source: Path) -> bytes:
    """The blob of a source; RefusedError on a warning too."""
    done = subprocess.run(  # noqa: S603
        ["dtc", *FLAGS, source],  # noqa: S607  # Debian's
        capture_output=True,
        check=False,
    )
    if done.returncode or done.stderr:
        raise RefusedError(done.stderr.decode())
    return done.stdout


def overlay(name: str, parameters: Mapping[str, str]) -> bytes:
    """One of ours as `dtoverlay=name,...` makes it; RefusedError, ValueError."""
    root = tree.read(compiled(SOURCES / f"{name}-overlay.dts"))
    firmware.apply(root, parameters)
    return tree.write(root)


def merged(base: Path, blob: bytes) -> bytes:
    """A board's tree with an overlay in it, by libfdt; RefusedError where it does not fit."""
    with tempfile.TemporaryDirectory() as folder:
        laid, whole = Path(folder) / "overlay.dtbo", Path(folder) / "merged.dtb"
        laid.write_bytes(blob)
        done = subprocess.run(  # noqa: S603
            ["fdtoverlay", "-i", base, "-o", whole, laid],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if done.returncode or done.stderr:
            raise RefusedError(done.stderr.decode())
        return whole.read_bytes()


def board(base: Path, name: str, **parameters: str) -> Node:
    """A board's tree with one of our overlays, to be looked into."""
    return tree.read(merged(base, overlay(name, parameters)))
