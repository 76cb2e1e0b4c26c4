"""What the kernel unpacks first: busybox, a few modules, and `firmware/initramfs/init`.

The rule to know: it is built here and not by the system's own tool, which under emulation did not
end in 17 minutes (notes, "device"), and it decides one thing only: which slot's root is mounted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.flash.modules import closure, plain_name, unpacked
from tools.flash.programs import run
from tools.flash.tree import Tree
from tools.publish.signing import REPOSITORY

INIT = REPOSITORY / "firmware" / "initramfs" / "init"
BUSYBOX = "usr/bin/busybox"
FOLDERS = ("bin", "data", "dev", "modules", "proc", "root", "sys")


def initramfs(tree: Tree, modules: Iterable[str], epoch: int) -> bytes:
    """The archive, compressed.

    Args:
        tree: the root file system, which has busybox and the modules.
        modules: names, loaded in this order.
        epoch: time of every file in it.
    """
    paths = closure(tree, modules)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for each in FOLDERS:
            (folder / each).mkdir()
        _put(folder / "init", INIT.read_bytes(), 0o755)
        _put(folder / "bin/busybox", tree[BUSYBOX].content(), 0o755)
        for path in paths:
            _put(folder / "modules" / plain_name(path), unpacked(tree, path), 0o644)
        order = "".join(f"{plain_name(path)}\n" for path in paths)
        _put(folder / "modules/order", order.encode(), 0o644)
        return run(["zstd", "-q", "-19", "-T1", "-c"], _archive(folder, epoch))


def _put(path: Path, content: bytes, mode: int) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def _archive(folder: Path, epoch: int) -> bytes:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    for each in [*names, "."]:
        os.utime(folder / each, (epoch, epoch))
    command = ["cpio", "--create", "--format=newc", "--reproducible", "--owner=0:0", "--quiet"]
    listed = "".join(f"{each}\n" for each in names).encode()
    return run(command, listed, folder=folder)
