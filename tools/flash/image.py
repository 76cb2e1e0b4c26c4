"""`tools/image`: the image of a card, and the two files of a slot that a bundle is made of.

The rule to know: the same root, package, keyring and commit give the same bytes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.errors import GatepostError
from tools.flash.board import BOARDS, SUITE
from tools.flash.card import make_card
from tools.flash.programs import run
from tools.flash.root import make_root
from tools.flash.slots import Parts, make_slot
from tools.flash.sources import sources_for
from tools.publish.signing import REPOSITORY

LEVEL = 19
"""Of zstd."""
CACHE = REPOSITORY / ".cache" / "image"
"""Of roots and compiled files."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build an image; returns the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        _build(asked)
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    return 0


def _build(asked: argparse.Namespace) -> None:
    board, epoch, out = BOARDS[asked.board], _epoch(), asked.out
    trusted, root = keyring(asked.keyring), asked.root
    if root is None:
        sources = asked.sources.read_text() if asked.sources else sources_for(SUITE)
        root = make_root(board, sources, asked.cache)
    out.mkdir(parents=True, exist_ok=True)
    parts = Parts(root, asked.package, trusted, asked.cache)
    version = make_slot(board, parts, epoch, asked.level, out)
    card = out / f"{board.compatible}-{version}.img"
    make_card(out, card, epoch)
    for path in sorted(out.iterdir()):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def keyring(path: Path) -> bytes:
    """The certificates of those whose bundles the unit takes: whoever has an image can read them.

    Raises:
        GatepostError: it cannot be read, has none, or has a private key as well.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise GatepostError(f"{path}: {fault.strerror}, expected certificates") from fault
    if b"PRIVATE KEY-----" in content:
        raise GatepostError(f"{path}: a private key, expected certificates alone")
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise GatepostError(f"{path}: no certificate in it, expected PEM")
    return content


def _epoch() -> int:
    """When the last commit was made, or SOURCE_DATE_EPOCH (reproducible-builds.org)."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    return int(run(["git", "-C", REPOSITORY, "log", "-1", "--format=%ct"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/image", description=__doc__)
    parser.add_argument("--board", choices=sorted(BOARDS), required=True)
    told = "Gatepost's, made by tools/package"
    parser.add_argument("--package", type=Path, required=True, metavar="DEB", help=told)
    told = "certificates of those whose bundles the unit takes"
    parser.add_argument("--keyring", type=Path, required=True, metavar="PEM", help=told)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    told = f"of apt, for {SUITE} (default: this machine's own, for that suite)"
    parser.add_argument("--sources", type=Path, metavar="FILE", help=told)
    told = "a root that was made before, from any packages"
    parser.add_argument("--root", type=Path, metavar="TAR", help=told)
    told = "where roots and compiled files are kept for the next time"
    parser.add_argument("--cache", type=Path, default=CACHE, help=told)
    told = f"of zstd, 1 to 22 (default: {LEVEL}); 3 is quick"
    parser.add_argument("--level", type=int, default=LEVEL, help=told)
    return parser


if __name__ == "__main__":
    sys.exit(main())
