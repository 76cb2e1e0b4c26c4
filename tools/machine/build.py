"""The image under test, built as anybody builds it: `tools/package`, then `tools/image`.

The rule to know: it is built once in a folder; whoever wants another one takes another folder.  Of
which commit it is lies beside it.
"""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.flash.board import BOARDS, SUITE
from tools.flash.image import CACHE
from tools.flash.root import make_root
from tools.flash.sources import sources_for
from tools.publish.signing import REPOSITORY

BOARD = "qemu"
BUILT = "image"
COMMIT = "commit.txt"
"""In that folder."""


def built(folder: Path, keyring: Path, root: Path | None) -> Path:
    """The folder with the image and what its slots are made of.

    Args:
        folder: in which it is built.
        keyring: of RAUC, PEM.
        root: a tar of Debian, if there is one already.

    Raises:
        CalledProcessError: it cannot be built; what went wrong is on the terminal.
        GatepostError: the root cannot be made.
    """
    out = folder / BUILT
    if list(out.glob("*.img")):
        return out
    told, part = commit(), folder / f"part-{BUILT}"
    shutil.rmtree(part, ignore_errors=True)
    with ThreadPoolExecutor(2) as both:  # mmdebstrap waits for the network and for single scripts
        packing, rooting = both.submit(_package, folder / "package"), both.submit(_root, root)
        package, tar = packing.result(), rooting.result()
    files = ["--package", str(package), "--keyring", str(keyring), "--root", str(tar)]
    _tool("image", "--board", BOARD, *files, "--out", str(part))
    (part / COMMIT).write_text(told)
    return part.rename(out)


def commit() -> str:
    """Of the working tree, with `-dirty` where it has changes."""
    asking = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(asking, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()  # noqa: S603


def _package(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    if not list(folder.glob("*.deb")):
        _tool("package", str(folder), "--arch", "arm64", "--python", "3.13")
    (package,) = folder.glob("*.deb")
    return package


def _root(given: Path | None) -> Path:
    return given or make_root(BOARDS[BOARD], sources_for(SUITE), CACHE)


def _tool(name: str, *arguments: str) -> None:
    subprocess.run([str(REPOSITORY / "tools" / name), *arguments], check=True)  # noqa: S603
