"""A root of a few files, and a package of Gatepost's: a card is built from them in seconds."""

from __future__ import annotations

import lzma
import subprocess
from dataclasses import replace
from pathlib import Path

from tools.flash.board import QEMU
from tools.flash.slots import Parts
from tools.flash.tree import Tree, file, folder, link, write

EPOCH = 1_700_000_000
BOARD = replace(QEMU, modules=("disk", "card"), early=("disk",))
MODULES = "usr/lib/modules/6.12-tiny"
OF_THE_BUILDER = (
    "etc/ssh/ssh_host_ed25519_key",
    "etc/apt/apt.conf",
    "etc/shadow-",
    "var/lib/systemd/random-seed",
)
"""What the scripts of Debian's packages leave, and what a builder's apt is told."""
ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\nadm:x:4:\nsystemd-journal:x:999:\nshadow:x:42:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/gshadow": "root:*::\nadm:*::\nsystemd-journal:!*::\nshadow:*::\n",
}
FILES = {
    **dict.fromkeys(OF_THE_BUILDER, "not for others"),
    "boot/vmlinuz-6.12-tiny": "a kernel",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/systemd/system/multi-user.target.wants/of-debian.service": "",
    "usr/bin/busybox": "busybox",
    "usr/lib/systemd/systemd": "systemd",
    "usr/share/gatepost-kernel": "linux-image-6.12-tiny 6.12-1\n",
    "var/lib/dpkg/status": "Package: tiny\nStatus: install ok installed\nVersion: 1-2\n\n",
    f"{MODULES}/modules.builtin": "kernel/drivers/in.ko\n",
    f"{MODULES}/modules.builtin.modinfo": "",
    f"{MODULES}/modules.order": "",
    f"{MODULES}/modules.dep": (
        "kernel/drivers/card.ko.xz:\n"
        "kernel/drivers/disk.ko.xz: kernel/lib/sum.ko.xz kernel/lib/bits.ko.xz\n"
        "kernel/drivers/never.ko.xz:\n"
        "kernel/lib/bits.ko.xz:\n"
        "kernel/lib/sum.ko.xz: kernel/lib/bits.ko.xz\n"
    ),
}
SOURCES = ("drivers/card", "drivers/disk", "drivers/never", "lib/bits", "lib/sum")
KEYRING = b"a certificate\n"


def tiny_tree() -> Tree:
    """The root."""
    tree = {name: file(text.encode()) for name, text in (FILES | ACCOUNTS).items()}
    for each in SOURCES:
        tree[f"{MODULES}/kernel/{each}.ko.xz"] = file(lzma.compress(each.encode()))
    tree["etc/shadow"].member.gid = 42
    folders = {str(parent) for name in tree for parent in Path(name).parents} - {"."}
    return tree | {name: folder() for name in folders} | {"lib": link("usr/lib")}


def tiny_parts(where: Path, epoch: int = EPOCH) -> Parts:
    """What a card is built from; its files are as old as is said."""
    root, above = where / "root.tar", where / "package"
    with root.open("wb") as out:
        write(tiny_tree(), epoch, out)
    unit = above / "usr/lib/systemd/system/gatepost.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/opt/gatepost/bin/gatepost run\n")
    (above / "DEBIAN").mkdir()
    control = "Package: gatepost\nVersion: 1.2.3+py313\nArchitecture: all\nMaintainer: x <x@x>\n"
    (above / "DEBIAN/control").write_text(control + "Description: tiny\n")
    command = ["dpkg-deb", "--build", "--root-owner-group", str(above), str(where / "tiny.deb")]
    subprocess.run(command, check=True, capture_output=True)
    return Parts(root, where / "tiny.deb", KEYRING, where / "cache")
