"""What fills a slot: the root as a squashfs and the boot partition, from one tree.

The rule to know: both come from the same inputs to the byte, whenever and wherever they are built;
the bundle and the card's image carry the same two files.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.flash.application import compiled, package, package_version, with_accounts
from tools.flash.board import Board
from tools.flash.disk import SIZES
from tools.flash.fat import Fat, make_fat
from tools.flash.initramfs import initramfs
from tools.flash.modules import kept, kernel_version
from tools.flash.programs import feed, run
from tools.flash.root import packages_of
from tools.flash.tree import Tree, file, folder, from_folder, from_tar, laid_over, without, write
from tools.publish.signing import REPOSITORY

FIRMWARE = REPOSITORY / "firmware"
ROOT, UNITS = FIRMWARE / "root", FIRMWARE / "systemd"
OVERLAYS = REPOSITORY / "overlays"
TOLD, PACKAGES = "usr/lib/gatepost/system.json", "usr/lib/gatepost/packages.txt"
RAUC, KEYRING = "etc/rauc/system.conf", "etc/rauc/keyring.pem"
MACHINE, CLOCK = "etc/machine-id", "usr/lib/clock-epoch"
"""Empty: systemd makes an id of its own at each start where it has none yet; its clock is never
before the time of the other (systemd(1), "clock-epoch")."""
BOOT_FILE, SYSTEM_FILE = "boot.vfat", "system.squashfs"
BOOT = Fat("BOOT", "6A7E0002", SIZES["boot_a"])
COMMAND_LINE = "ro panic=5 gpt quiet loglevel=4 net.ifnames=0 systemd.gpt_auto=no fsck.repair=yes"
"""`fsck.repair`: nobody is there to be asked (systemd-fsck(8)); what is in doubt is mended."""
WATCHED = "watchdog_disarm=0 watchdog.open_timeout=120"
"""Of a watchdog that runs when the kernel starts: nobody stops it, and the kernel feeds it for two
minutes at most until systemd does (Documentation/watchdog/watchdog-parameters)."""
MODES = {"etc/sudoers.d/gatepost": 0o440}
"""Of files of `firmware/root` where another than git's is wanted: visudo(8)."""
DROP_INS = {
    "gatepost.service.d/provisioned.conf": "provisioned.conf",
    "gatepost.service.d/image.conf": "image.conf",
    "gatepost-update.service.d/image.conf": "image-update.conf",
    "gatepost-hawkbit.service.d/image.conf": "image-update.conf",
}
"""Of `firmware/systemd`, by where an image has them."""
EMPTY = ("boot/firmware", "data", "dev", "etc/gatepost", "proc", "run", "sys", "tmp", "var")
"""Where other file systems are mounted."""
UNWANTED = (
    *("boot/*", "initrd.img*", "vmlinuz*", "var/*", "dev/*", "run/*", "tmp/*"),
    *("etc/systemd/system/*", "etc/ssh/ssh_host_*", "etc/*-", "etc/.pwd.lock"),
    *("etc/apt", "etc/.resolv.conf*", "etc/machine-id", "usr/lib/linux-image-*"),
    *("usr/share/initramfs-tools", "etc/initramfs-tools", "usr/lib/raspi-firmware"),
    *("usr/lib/binfmt.d/*",),
)
"""Of Debian's packages.  What systemd starts is what `firmware/root` says, and nothing else."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an image is made of.

    Attributes:
        root: Debian's packages, a tar of `make_root`.
        package: Gatepost's, a .deb.
        keyring: certificates of those whose bundles the unit takes, PEM.
        cache: a folder for what need not be made again.
    """

    root: Path
    package: Path
    keyring: bytes
    cache: Path


def make_slot(board: Board, parts: Parts, epoch: int, level: int, out: Path) -> str:
    """Build the files of a slot, and what tells of them.

    Args:
        board: for which.
        parts: of what.
        epoch: seconds since 1970; nothing in it is newer.
        level: of zstd.
        out: a folder.

    Returns:
        The version.
    """
    root = from_tar(parts.root)
    version = package_version(parts.package, root)
    with TemporaryDirectory() as scratch:
        system = _system(board, parts, root, Path(scratch))
        told = {"compatible": board.compatible, "version": version}
        system[TOLD] = file(json.dumps(told).encode() + b"\n")
        make_squashfs(with_accounts(system, epoch), epoch, level, out / SYSTEM_FILE)
    make_fat(BOOT, boot_files(root, board, epoch), epoch, out / BOOT_FILE)
    for name in (TOLD, PACKAGES):
        (out / Path(name).name).write_bytes(system[name].content())
    return version


def _system(board: Board, parts: Parts, root: Tree, scratch: Path) -> Tree:
    """The root file system: Debian's packages, Gatepost's, our units, `firmware/root`."""
    tree = without(kept(root, board.modules) if board.modules else root, UNWANTED)
    tree |= {name: folder() for name in EMPTY if name not in tree}
    tree = laid_over(tree, package(parts.package, scratch))
    tree = laid_over(tree, {str(target): file(path.read_bytes()) for target, path in _units()})
    ours = from_folder(ROOT)
    for name, mode in MODES.items():
        ours[name].member.mode = mode
    tree = compiled(laid_over(tree, ours), parts.cache)
    rauc = tree[RAUC].content().replace(b"COMPATIBLE", board.compatible.encode())
    listed = "".join(f"{each}\n" for each in packages_of(root))
    made = {RAUC: rauc, KEYRING: parts.keyring, PACKAGES: listed.encode(), MACHINE: b"", CLOCK: b""}
    return tree | {name: file(content) for name, content in made.items()}


def boot_files(root: Tree, board: Board, epoch: int) -> dict[str, bytes]:
    """What lies on a boot partition, by its path there."""
    kernel = root[f"boot/vmlinuz-{kernel_version(root)}"].content()
    line = " ".join([*board.console, COMMAND_LINE, WATCHED])
    files = {
        "kernel.img": kernel,
        "initramfs": initramfs(root, board.early, epoch),
        "cmdline.txt": f"{line}\n".encode(),
        "config.txt": (FIRMWARE / "boot.txt").read_bytes() + (FIRMWARE / "config.txt").read_bytes(),
    }
    return files | _firmware(root, board)


def make_squashfs(tree: Tree, epoch: int, level: int, out: Path) -> None:
    """Write a root file system.

    Args:
        tree: what.
        epoch: seconds since 1970; nothing in it is newer.
        level: of zstd, 1 to 22.
        out: where.
    """
    out.unlink(missing_ok=True)
    command = ["mksquashfs", "-", str(out), "-tar", "-quiet", "-no-progress", "-b", "256K"]
    command += ["-comp", "zstd", "-Xcompression-level", str(level)]
    command += ["-root-mode", "755", "-root-uid", "0", "-root-gid", "0", "-root-time", str(epoch)]
    feed(command, partial(write, tree, epoch), {"SOURCE_DATE_EPOCH": str(epoch)})


def _units() -> Iterator[tuple[Path, Path]]:
    """Where the units of `firmware/systemd` go, and the drop-ins that an image has."""
    above = Path("usr/lib/systemd/system")
    for kind in ("*.service", "*.timer", "*.path", "*.socket"):
        yield from ((above / path.name, path) for path in sorted(UNITS.glob(kind)))
    for target, name in DROP_INS.items():
        yield above / target, UNITS / name


def _firmware(root: Tree, board: Board) -> dict[str, bytes]:
    files = {}
    for pattern, target in board.firmware:
        for name, node in root.items():
            if fnmatch.fnmatchcase(name, pattern) and node.member.isreg():
                files[str(Path(target, Path(name).name))] = node.content()
    for source in sorted(OVERLAYS.glob("*-overlay.dts")) if board.overlays else ():
        name = f"overlays/{source.name.removesuffix('-overlay.dts')}.dtbo"
        files[name] = run(["dtc", "-q", "-@", "-I", "dts", "-O", "dtb", source])
    return files
