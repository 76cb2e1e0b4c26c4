"""The files of a root file system, from tars and folders, without being root.

The rule to know: nothing is unpacked.  A tree is a table of tar members by name; what comes later
takes the place of what was there, and the whole is written as one tar, sorted, its times bounded.
"""

from __future__ import annotations

import fnmatch
import io
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from appliance.errors import GatepostError

Content = Callable[[], bytes]
FOLDER, FILE, PROGRAM = 0o755, 0o644, 0o755


@dataclass(frozen=True, slots=True)
class Node:
    """A file, folder or link.

    Attributes:
        member: how tar tells of it; its name and size are set when it is written.
        content: reads it; of a file only.
    """

    member: tarfile.TarInfo
    content: Content


Tree = dict[str, Node]
"""By their path, without a slash in front."""


def from_tar(path: Path) -> Tree:
    """What is in a tar, which must stay: contents are read when they are wanted.

    A hard link becomes a file of its own.

    Raises:
        GatepostError: it is no tar, or a compressed one.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            members = {_plain(member.name): member for member in tar}
    except (OSError, tarfile.TarError) as fault:
        raise GatepostError(f"{path}: not a tar: {fault}") from fault
    tree = {}
    for name, member in members.items():
        target = members[_plain(member.linkname)] if member.islnk() else member
        tree[name] = Node(target, partial(_read, path, target))
    tree.pop("", None)  # the folder itself
    return tree


def from_folder(folder: Path) -> Tree:
    """What is in a folder, as root's: programs 0755, other files 0644, links as they are."""
    return {
        path.relative_to(folder).as_posix(): _node(path)
        for path in sorted(folder.rglob("*"))
        if "__pycache__" not in path.parts
    }


def file(content: bytes, mode: int = FILE) -> Node:
    """A file of root's."""
    member = tarfile.TarInfo()
    member.mode = mode
    return Node(member, lambda: content)


def link(target: str) -> Node:
    """A symbolic link."""
    member = tarfile.TarInfo()
    member.type, member.linkname, member.mode = tarfile.SYMTYPE, target, 0o777
    return Node(member, bytes)


def folder(mode: int = FOLDER) -> Node:
    """A folder of root's."""
    member = tarfile.TarInfo()
    member.type, member.mode = tarfile.DIRTYPE, mode
    return Node(member, bytes)


def laid_over(tree: Tree, above: Tree) -> Tree:
    """A tree with another laid over it; a folder or a link to one stays as it was.

    Raises:
        GatepostError: a file would lie behind a link, where no program would look for it.
    """
    merged = dict(tree)
    for name, node in above.items():
        for parent in map(str, Path(name).parents):
            if parent in tree and tree[parent].member.issym():
                told = f"{parent} is a link to {tree[parent].member.linkname}, expected a folder"
                raise GatepostError(f"{name}: {told}")
        if not (node.member.isdir() and name in tree):
            merged[name] = node
    return merged


def without(tree: Tree, patterns: Iterable[str]) -> Tree:
    """A tree without what matches: `*` matches slashes too, and a folder goes with all in it."""
    wanted = tuple(patterns)
    gone = tuple(name + "/" for name in tree if _matches(name, wanted))
    return {
        name: node
        for name, node in tree.items()
        if not _matches(name, wanted) and not name.startswith(gone)
    }


def write(tree: Tree, epoch: int, out: IO[bytes]) -> None:
    """Write a tree as a tar.

    Args:
        tree: what; parents come before what is in them.
        epoch: seconds since 1970; what is newer, or has no time, gets it.
        out: where; need not be seekable.
    """
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(tree):
            node = tree[name]
            member = node.member.replace(
                name=name, mtime=min(int(node.member.mtime) or epoch, epoch), deep=False
            )
            member.uname = member.gname = ""
            member.pax_headers = {
                key: value
                for key, value in member.pax_headers.items()
                if key.startswith("SCHILY.xattr.")
            }
            content = node.content() if member.isreg() else b""
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _node(path: Path) -> Node:
    if path.is_symlink():
        return link(str(path.readlink()))
    if path.is_dir():
        return folder()
    mode = PROGRAM if path.stat().st_mode & 0o100 else FILE
    return file(path.read_bytes(), mode)


def _read(path: Path, member: tarfile.TarInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(member.offset_data)
        return file.read(member.size)


def _plain(name: str) -> str:
    """`./usr/bin` and `/usr/bin` are usr/bin; the folder itself is nothing."""
    return Path("/", name).as_posix().lstrip("/")
