"""Gatepost itself in the root: its Debian package, unpacked, and its Python compiled.

The rule to know: none of the package's scripts runs; what they would do is done by `sysusers.d` and
`tmpfiles.d`, and the compiling here, since nobody can write there later.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.errors import GatepostError
from tools.flash.programs import run
from tools.flash.root import ARCHITECTURE, EMULATED
from tools.flash.tree import Tree, file, folder, from_tar, laid_over, without

LIBRARIES = ("opt/gatepost/lib/", "usr/lib/python3")
PYTHON = re.compile(r"usr/bin/python3\.\d+")
NOT_HERE = (
    "usr/lib/systemd/system/gatepost.service.d/updates.conf",
    "usr/share/doc/*",
)
"""Of a stock system: an image unit takes releases as a whole system."""
EMULATOR = "qemu-aarch64-static"
ACCOUNTS = ("passwd", "group", "shadow", "gshadow")


def package(deb: Path, scratch: Path) -> Tree:
    """What is in a Debian package, for an image.

    Args:
        deb: the package.
        scratch: where its tar may lie as long as the tree is used.
    """
    content = scratch / "package.tar"
    content.write_bytes(run(["dpkg-deb", "--fsys-tarfile", deb]))
    return without(from_tar(content), NOT_HERE)


def package_version(deb: Path, root: Tree) -> str:
    """Of Gatepost: the package's own, without what says for which Python it is.

    Args:
        deb: the package, of which nobody asks here whether it fits, as apt would.
        root: Debian's packages, which it is to be laid over.

    Raises:
        GatepostError: it is another package, or for another architecture or Python.
    """
    told = run(["dpkg-deb", "--show", "--showformat=${Package} ${Architecture} ${Version}", deb])
    name, architecture, version = told.decode().split(" ")
    if name != "gatepost" or architecture not in {ARCHITECTURE, "all"}:
        wrong = f"{name} for {architecture}, expected gatepost for {ARCHITECTURE}"
        raise GatepostError(f"{deb}: {wrong}")
    release, _, python = version.partition("+py")
    here = [name.rpartition("python")[2] for name in root if PYTHON.fullmatch(name)]
    if python and here and python not in [each.replace(".", "") for each in here]:
        raise GatepostError(f"{deb}: {version}: the root has Python {', '.join(here)}")
    return release


def compiled(tree: Tree, cache: Path) -> Tree:
    """A root file system whose Python is compiled, Gatepost's and its own, by the Python in it.

    Debian's own compiled files go by the times of their sources, which an image changes.

    Args:
        tree: the root file system.
        cache: a folder where what was compiled is kept: it takes minutes of emulation.
    """
    tree = without(tree, (f"{each}*.pyc" for each in LIBRARIES))
    names = [name for name in tree if _is_source(name, tree)]
    if not names:
        return tree
    programs = [name for name in tree if PYTHON.fullmatch(name)]
    if len(programs) != 1:
        raise GatepostError(f"{len(programs)} Pythons in the root, expected one")
    python = hashlib.sha256(tree[programs[0]].content()).digest()
    kept = {name: cache / "pyc" / _key(python, name, tree[name].content()) for name in names}
    lacking = {name: path for name, path in kept.items() if not path.exists()}
    if lacking:
        print(f"compiling {len(lacking)} files, under emulation", file=sys.stderr)
        _compile(tree, programs[0], lacking)
    tag = "cpython-" + programs[0].rpartition("python")[2].replace(".", "")
    made = {_compiled_name(name, tag): path.read_bytes() for name, path in kept.items()}
    folders = {str(Path(name).parent): folder() for name in made}
    return laid_over(tree, folders | {name: file(content) for name, content in made.items()})


def _is_source(name: str, tree: Tree) -> bool:
    """Whether it is to be compiled: Debian's sitecustomize.py is a link to one below /etc."""
    return name.startswith(LIBRARIES) and name.endswith(".py") and tree[name].member.isreg()


def _key(python: bytes, name: str, content: bytes) -> str:
    """By what a compiled file is known: its compiler, its name, which is in it, its source."""
    return hashlib.sha256(python + name.encode() + b"\0" + content).hexdigest()


def _compiled_name(name: str, tag: str) -> str:
    path = Path(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")


def _compile(tree: Tree, program: str, wanted: Mapping[str, Path]) -> None:
    """Compile some files of a tree, each into a file of its own."""
    with TemporaryDirectory() as name:
        root = Path(name)
        needed = ("usr/lib/python3", "usr/lib/aarch64-linux-gnu/", "usr/lib/ld-", program)
        chosen = {each for each in tree if each.startswith(needed)} | wanted.keys()
        _unpack({each: tree[each] for each in chosen}, root)
        (root / "lib").symlink_to("usr/lib")
        (root / "sources").write_text("".join(f"{root / each}\n" for each in wanted))
        compiler = [EMULATOR, str(root / program), "-m", "compileall", "-q", "-j0"]
        options = ["-i", str(root / "sources"), "-s", name, "-p", "/"]
        command = [*compiler, *options, "--invalidation-mode", "unchecked-hash"]
        run(command, environment={"QEMU_LD_PREFIX": name, "QEMU_CPU": EMULATED})
        tag = "cpython-" + program.rpartition("python")[2].replace(".", "")
        for each, target in wanted.items():
            keep(root / _compiled_name(each, tag), target)


def keep(made: Path, target: Path) -> None:
    """Move a file into the cache: all of it or none is there, though the move may be a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    shutil.move(made, part)
    part.rename(target)


def with_accounts(tree: Tree, epoch: int) -> Tree:
    """A root file system with the users and groups that its `sysusers.d` wants."""
    with TemporaryDirectory() as name:
        root = Path(name)
        tables = {each: tree[each] for each in map("etc/{}".format, ACCOUNTS)}
        wanted = {each: tree[each] for each in tree if each.startswith("usr/lib/sysusers.d/")}
        _unpack(tables | wanted, root)
        told = {"SOURCE_DATE_EPOCH": str(epoch)}  # the day of the last change of a password
        run(["systemd-sysusers", f"--root={name}"], environment=told)
        made = {each: file((root / each).read_bytes(), tree[each].member.mode) for each in tables}
    for each, node in made.items():
        node.member.gid = tree[each].member.gid  # shadow's
    return laid_over(tree, made)


def _unpack(tree: Tree, root: Path) -> None:
    for name in sorted(tree):
        member, path = tree[name].member, root / name
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.issym():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(member.linkname)
        elif member.isreg():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tree[name].content())
            path.chmod(member.mode | 0o600)
