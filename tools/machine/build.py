"""The image under test, built as anybody builds it: `tools/package`, then `tools/image`.

The rule to know: it is built once in a folder; whoever wants another one takes another folder.  Of
which commit it is lies beside it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.publish.signing import REPOSITORY

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
    """
    out = folder / BUILT
    if list(out.glob("*.img")):
        return out
    told, part = commit(), folder / f"part-{BUILT}"
    shutil.rmtree(part, ignore_errors=True)
    packages = folder / "package"
    packages.mkdir(exist_ok=True)
    if not list(packages.glob("*.deb")):
        _tool("package", str(packages), "--arch", "arm64", "--python", "3.13")
    (package,) = packages.glob("*.deb")
    given = ["--root", str(root)] if root else []
    files = ["--package", str(package), "--keyring", str(keyring), "--out", str(part)]
    _tool("image", "--board", "qemu", *files, *given)
    (part / COMMIT).write_text(told)
    return part.rename(out)


def commit() -> str:
    """Of the working tree, with `-dirty` where it has changes."""
    asking = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(asking, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()  # noqa: S603


def _tool(name: str, *arguments: str) -> None:
    subprocess.run([str(REPOSITORY / "tools" / name), *arguments], check=True)  # noqa: S603
