"""The root file system of Debian packages, as a tar: `mmdebstrap`, with qemu-user.

The rule to know: a root is made once for the same inputs and kept, for its packages are those that
the archive has on that day; which these are is recorded beside the image.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.flash.board import PACKAGES, SUITE, Board
from tools.flash.programs import run
from tools.flash.tree import Tree

ARCHITECTURE = "arm64"
EMULATED = "cortex-a72"
"""qemu-user's default has pointer authentication, in software: three to seven times as slow."""
RELEASED = 1754697600
"""2025-08-09, when trixie was: no file is newer, and no password older."""
STATUS, KERNEL = "var/lib/dpkg/status", "usr/share/gatepost-kernel"
HOOK = Path(__file__).with_name("kernel")
QUIET = 'for name in deb-systemd-helper deb-systemd-invoke; do ln -sf true "$1/usr/bin/$name"; done'
"""Packages enable their units by these, in Perl, a second each; ours enables its own."""
LEFT_OUT = ("man", "locale", "doc", "info", "lintian", "bash-completion", "zsh")
OPTIONS = (
    '--aptopt=Apt::Install-Recommends "false"',
    *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in LEFT_OUT),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)


def bootstrap(
    variant: str, packages: Iterable[str], sources: str, out: Path, *options: str
) -> None:
    """Make a tar of a root file system.

    Args:
        variant: how much of Debian: mmdebstrap(1).
        packages: beside those of the variant; what they recommend does not come.
        sources: apt's.
        out: the tar, or a folder.
        options: more for mmdebstrap.
    """
    command = ["mmdebstrap", f"--arch={ARCHITECTURE}", f"--variant={variant}", *OPTIONS, *options]
    command += [f"--include={','.join(packages)}", SUITE, str(out), "-"]
    told = {"SOURCE_DATE_EPOCH": str(RELEASED), "QEMU_CPU": EMULATED}
    run(command, sources.encode(), environment=told)


def make_root(board: Board, sources: str, cache: Path) -> Path:
    """The tar for a board; made only where the cache has none of the same inputs.

    Args:
        board: which.
        sources: apt's.
        cache: a folder.
    """
    packages = (*PACKAGES, *board.packages)
    inputs = [board.kernel, *packages, sources, *OPTIONS, QUIET, HOOK.read_text()]
    key = hashlib.sha256("\n".join(inputs).encode()).hexdigest()
    out = cache / f"root-{key[:16]}.tar"
    if not out.exists():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"making {out}: minutes, most of them under emulation", file=sys.stderr)
        part = out.with_suffix(".part.tar")
        hook = f"--customize-hook='{HOOK}' \"$1\" {board.kernel}"
        bootstrap("essential", packages, sources, part, f"--essential-hook={QUIET}", hook)
        part.rename(out)
    return out


def packages_of(tree: Tree) -> list[str]:
    """Every package in a root file system: `name version`, in order."""
    kernel = tree[KERNEL].content().decode().splitlines() if KERNEL in tree else []
    return sorted([*_named(tree[STATUS].content().decode()), *kernel])


def _named(text: str) -> Iterable[str]:
    for part in text.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version): (.*)$", part, re.MULTILINE))
        if fields:
            yield f"{fields['Package']} {fields['Version']}"
