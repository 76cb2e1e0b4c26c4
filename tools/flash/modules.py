"""Kernel modules: those that a board needs, with what these need, in the order to load them.

The rule to know: a name that the kernel neither has as a module nor built in is a fault, so that a
new kernel which calls something otherwise is noticed here and not on a pole.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.errors import GatepostError
from tools.flash.programs import run
from tools.flash.tree import Tree, file

FOLDER = "usr/lib/modules"
KEPT = ("modules.builtin", "modules.builtin.modinfo", "modules.order")
"""What `depmod` reads beside the modules."""


def kernel_version(tree: Tree) -> str:
    """Of the one kernel in a root file system; GatepostError where there is not one."""
    found = [name for name in tree if re.fullmatch(f"{FOLDER}/[^/]+", name)]
    if len(found) != 1:
        raise GatepostError(f"{FOLDER}: {len(found)} kernels, expected one")
    return found[0].rpartition("/")[2]


def closure(tree: Tree, names: Iterable[str]) -> list[str]:
    """Paths of modules below their kernel's folder, each after all that it needs.

    Raises:
        GatepostError: the kernel has no such module.
    """
    above = f"{FOLDER}/{kernel_version(tree)}"
    needs = dict(_needs(tree[f"{above}/modules.dep"].content().decode()))
    by_name = {_name(path): path for path in needs}
    built_in = set(map(_name, tree[f"{above}/modules.builtin"].content().decode().split()))
    order: dict[str, None] = {}
    for name in map(_name, names):
        if name not in by_name and name not in built_in:
            raise GatepostError(f"{name}: neither a module of {above} nor built in")
        if name in by_name:
            order |= dict.fromkeys([*reversed(needs[by_name[name]]), by_name[name]])
    return list(order)


def kept(tree: Tree, names: Iterable[str]) -> Tree:
    """A root file system with these modules and no others, and their lists made anew."""
    above = f"{FOLDER}/{kernel_version(tree)}"
    paths = closure(tree, names)
    others = {name: node for name, node in tree.items() if not name.startswith(above + "/")}
    chosen = {f"{above}/{path}": tree[f"{above}/{path}"] for path in [*paths, *KEPT]}
    with TemporaryDirectory() as name:
        root = Path(name)
        for path, node in chosen.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(node.content())
        (root / "lib").symlink_to("usr/lib")
        run(["depmod", "-b", name, kernel_version(tree)])
        lists = (root / above).glob("modules.*")
        made = {f"{above}/{path.name}": file(path.read_bytes()) for path in lists}
    return others | chosen | made


def unpacked(tree: Tree, path: str) -> bytes:
    """A module as `insmod` of busybox takes it."""
    content = tree[f"{FOLDER}/{kernel_version(tree)}/{path}"].content()
    return lzma.decompress(content) if path.endswith(".xz") else content


def plain_name(path: str) -> str:
    """The file's name without what says how it is compressed."""
    return path.rpartition("/")[2].removesuffix(".xz")


def _needs(text: str) -> Iterable[tuple[str, list[str]]]:
    """Of each module what it needs, the last to be loaded first: modules.dep(5)."""
    for line in text.splitlines():
        path, _, needed = line.partition(":")
        yield path, needed.split()


def _name(path: str) -> str:
    """Of a module in one spelling: the kernel takes `-` and `_` for the same."""
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")
