"""The image of a card, built from a tiny root: what the firmware, a computer and the unit find."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import GatepostError
from appliance.update.boot import NOTICE
from tests.flash.tiny import BOARD, EPOCH, KEYRING, OF_THE_BUILDER, tiny_parts, tiny_tree
from tools.flash.board import PI
from tools.flash.card import make_card
from tools.flash.disk import MIB, SIZES, make_disk, starts, stretches
from tools.flash.initramfs import INIT
from tools.flash.programs import PATH
from tools.flash.slots import boot_files, make_slot
from tools.flash.tree import file

BLOCK = 4096  # bytes: of a card, of FAT, of what a file system knows as a hole
PROGRAMS = {
    "mksquashfs": "squashfs-tools",
    "mcopy": "mtools",
    "mkfs.vfat": "dosfstools",
    "sfdisk": "fdisk",
    "depmod": "kmod",
    "cpio": "cpio",
    "zstd": "zstd",
    "mkfs.ext4": "e2fsprogs",
    "dpkg-deb": "dpkg",
    "systemd-sysusers": "systemd",
}
MISSING = [package for name, package in PROGRAMS.items() if shutil.which(name, path=PATH) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"apt-get install {' '.join(MISSING)}")


def built(folder: Path) -> Path:
    """A card, and the files of its slots beside it."""
    folder.mkdir()
    make_slot(BOARD, tiny_parts(folder), EPOCH, 1, folder)
    make_card(folder, folder / "card.img", EPOCH)
    return folder


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all that only look at it."""
    return built(tmp_path_factory.mktemp("card") / "out")


def said(*command: str | Path) -> str:
    """What a program says."""
    told = os.environ | {"PATH": PATH, "TZ": "UTC"}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, env=told, check=True, text=True
    )
    return done.stdout


def digest(path: Path) -> str:
    """Of a sparse file: what it holds and where, whether zeros are written or a hole."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for at, content in stretches(file):
            for begin in range(0, len(content), BLOCK):
                block = content[begin : begin + BLOCK]
                found.update(f"{at + begin}".encode() + block if block.strip(b"\0") else b"")
    return f"{path.stat().st_size} {found.hexdigest()}"


def on_card(card: Path, label: str) -> str:
    """A partition as mtools wants it named."""
    return f"{card / 'card.img'}@@{starts()[label]}M"


def test_the_firmware_finds_partitions_by_number(card: Path) -> None:
    """In this order, aligned to 4 MB; Windows shows the settings alone."""
    table = json.loads(said("sfdisk", "--json", card / "card.img"))["partitiontable"]
    names = ["bootconfig", "boot_a", "boot_b", "system_a", "system_b", "settings", "data"]
    assert [each["name"] for each in table["partitions"]] == names
    assert all(each["start"] % 8192 == 0 for each in table["partitions"])
    shown = [each["name"] for each in table["partitions"] if "attrs" not in each]
    assert shown == ["settings"]
    assert {each["attrs"] for each in table["partitions"] if "attrs" in each} == {"GUID:63"}
    types = [each["type"] for each in table["partitions"]]
    assert types.count(types[-1]) == 1  # systemd-repart knows `data` by it


def test_the_firmware_starts_slot_a_and_tries_b(card: Path) -> None:
    """Both are there, and the same."""
    text = said("mtype", "-i", on_card(card, "bootconfig"), "::/autoboot.txt")
    assert text == "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n"
    with (card / "card.img").open("rb") as image:
        for kind, name in (("boot", "boot.vfat"), ("system", "system.squashfs")):
            content = (card / name).read_bytes()
            for slot in "ab":
                image.seek(starts()[f"{kind}_{slot}"] * MIB)
                assert image.read(len(content)) == content


def test_a_boot_partition_has_all_that_a_kernel_needs(card: Path) -> None:
    """A broken initramfs panics and is started anew: no `root=` to wait for, and watchdogs."""
    listed = said("mdir", "-b", "-i", card / "boot.vfat", "::/").split()
    assert sorted(listed) == sorted(
        f"::/{n}" for n in ("kernel.img", "initramfs", "cmdline.txt", "config.txt")
    )
    line = said("mtype", "-i", card / "boot.vfat", "::/cmdline.txt").split()
    assert {"panic=5", "watchdog_disarm=0", "console=ttyAMA0,115200"} <= set(line)
    assert "fsck.repair=yes" in line, "a doubtful file system would start the board over and over"
    assert not [word for word in line if word.startswith(("root=", "rootwait"))]
    config = said("mtype", "-i", card / "boot.vfat", "::/config.txt").splitlines()
    assert {"kernel=kernel.img", "initramfs initramfs followkernel"} <= set(config)
    assert "kernel_watchdog_timeout=60" in config


def test_a_console_shows_which_slot_runs(card: Path) -> None:
    """The initramfs and gatepost-slots say it at a level that the command line lets through."""
    line = said("mtype", "-i", card / "boot.vfat", "::/cmdline.txt")
    (shown,) = re.findall(r"loglevel=(\d)", line)
    (level,) = re.findall(r'echo "<(\d)>gatepost: ', INIT.read_text())
    assert max(int(NOTICE[1]), int(level)) < int(shown)


def test_the_initramfs_loads_what_it_has_in_order(card: Path, tmp_path: Path) -> None:
    """Each module after what it needs, unpacked; none that was not asked for."""
    said("mcopy", "-i", card / "boot.vfat", "::/initramfs", tmp_path / "initramfs.zst")
    said("zstd", "-q", "-d", tmp_path / "initramfs.zst")
    said("sh", "-c", f"cd {tmp_path} && cpio -id --quiet --no-absolute-filenames <initramfs")
    assert (tmp_path / "modules/order").read_text() == "bits.ko\nsum.ko\ndisk.ko\n"
    assert (tmp_path / "modules/sum.ko").read_text() == "lib/sum"
    found = {path.name for path in tmp_path.iterdir()} - {"initramfs", "initramfs.zst"}
    assert found == {"bin", "data", "dev", "init", "modules", "proc", "root", "sys"}
    assert os.access(tmp_path / "init", os.X_OK)


@pytest.fixture(scope="module")
def root(card: Path) -> Path:
    """The root of a slot, unpacked."""
    said("unsquashfs", "-q", "-n", "-no-xattrs", "-d", card / "root", card / "system.squashfs")
    return card / "root"


def test_a_root_says_what_it_is(root: Path, card: Path) -> None:
    """Of which board and version, of which packages, whose bundles it takes, from when it is."""
    told = {"compatible": "gatepost-qemu-arm64", "version": "1.2.3"}
    assert json.loads((root / "usr/lib/gatepost/system.json").read_text()) == told
    assert json.loads((card / "system.json").read_text()) == told
    assert (card / "packages.txt").read_text() == "linux-image-6.12-tiny 6.12-1\ntiny 1-2\n"
    assert (root / "etc/rauc/keyring.pem").read_bytes() == KEYRING
    assert "compatible=gatepost-qemu-arm64" in (root / "etc/rauc/system.conf").read_text()
    assert (root / "usr/lib/clock-epoch").stat().st_mtime == EPOCH
    assert (root / "etc/machine-id").read_bytes() == b""


def test_no_two_units_have_a_key_or_an_id_in_common(root: Path) -> None:
    """What was made while the packages were set up stays with the builder."""
    assert [name for name in OF_THE_BUILDER if (root / name).exists()] == []
    assert (root / "etc/machine-id").read_bytes() == b""
    told = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in told if b"not for others" in path.read_bytes()] == []


def test_a_root_starts_what_this_repository_says(root: Path) -> None:
    """What Debian's packages have enabled is not; Gatepost's own service is its package's."""
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    assert not (wanted / "of-debian.service").exists()
    assert (wanted / "gatepost.service").is_symlink()
    assert (root / "usr/lib/systemd/system/gatepost-provision.service").is_file()
    assert (root / "usr/lib/systemd/system/gatepost.service.d/provisioned.conf").is_file()
    assert not (root / "usr/lib/systemd/system/gatepost.service.d/updates.conf").exists()


def test_a_root_has_its_modules_and_no_others(root: Path) -> None:
    """With lists that name them."""
    folder = root / "usr/lib/modules/6.12-tiny"
    names = sorted(path.name for path in folder.rglob("*.ko.xz"))
    assert names == ["bits.ko.xz", "card.ko.xz", "disk.ko.xz", "sum.ko.xz"]
    assert "never" not in (folder / "modules.dep").read_text()


def test_numbers_of_users_are_the_same_in_every_release(root: Path) -> None:
    """What lies on the data partition belongs to them; nobody has a password, nor needs one."""
    users = (line.split(":") for line in (root / "etc/passwd").read_text().splitlines())
    numbers = {name: int(number) for name, _, number, *_ in users}
    assert numbers == {"root": 0, "gatepost": 900, "admin": 1000}
    shadow = (root / "etc/shadow").read_text().splitlines()
    assert {line.split(":")[1] for line in shadow} <= {"*", "!*"}
    assert stat.S_IMODE((root / "etc/sudoers.d/gatepost").stat().st_mode) == 0o440
    assert (root / "etc/shadow").stat().st_gid == 42 or os.geteuid() != 0


def test_a_boot_partition_of_a_pi_has_the_firmware_too() -> None:
    """From Raspberry Pi's packages, and our overlay, which its config.txt names."""
    tree = tiny_tree()
    kernel = "usr/lib/linux-image-6.12-rpi-v8"
    names = ("usr/lib/raspi-firmware/start4.elf", f"{kernel}/broadcom/bcm2711-rpi-4-b.dtb")
    tree |= {name: file(name.encode()) for name in (*names, f"{kernel}/overlays/spi.dtbo")}
    files = boot_files(tree, replace(PI, early=("disk",)), EPOCH)
    assert files["start4.elf"] == names[0].encode()
    assert files["bcm2711-rpi-4-b.dtb"] == names[1].encode()
    assert {"overlays/spi.dtbo", "overlays/gatepost.dtbo"} <= files.keys()
    assert b"\ndtoverlay=gatepost\n" in files["config.txt"]


def test_two_builds_are_equal(card: Path, tmp_path: Path) -> None:
    """To the byte, though the second is made later and elsewhere."""
    began = time.time()
    again = built(tmp_path / "again")
    assert time.time() > began
    for name in ("boot.vfat", "system.squashfs", "card.img"):
        assert digest(card / name) == digest(again / name), name


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    """A slot's size is on every card in the field, and does not grow."""
    large = tmp_path / "system.squashfs"
    with large.open("wb") as out:
        out.truncate(SIZES["system_a"] * MIB + 1)
    with pytest.raises(GatepostError, match=r"expected 512 MiB at most: the partition system_a"):
        make_disk({"system_a": large}, tmp_path / "card.img")
