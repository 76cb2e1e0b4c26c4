"""The boards that an image is built for: what differs between them, as a table.

The rule to know: a unit takes system bundles of its own board's `compatible` only.
"""

from __future__ import annotations

from dataclasses import dataclass

SUITE = "trixie"
PACKAGES = (
    *("systemd", "systemd-sysv", "systemd-resolved", "systemd-timesyncd", "systemd-repart"),
    *("udev", "dbus", "kmod", "iproute2", "procps", "busybox-static"),
    *("e2fsprogs", "dosfstools", "ca-certificates", "openssl"),
    *("python3", "libstdc++6", "libgcc-s1", "zlib1g"),
    *("rauc", "rauc-service", "openssh-server", "sudo", "tzdata"),
)
"""Of Debian, on every board; what these need comes with them, what they recommend does not."""
FILES = ("squashfs", "ext4", "crc32c_generic", "vfat", "nls_ascii", "nls_cp437", "nls_iso8859_1")
BUNDLES = ("loop", "dm_verity", "sha256_generic")
"""What RAUC needs to mount a bundle of the format verity."""


@dataclass(frozen=True, slots=True)
class Board:
    """A board.

    Attributes:
        compatible: RAUC's; also the `platform` of its system bundles in a manifest.
        kernel: the package that depends on the newest kernel.
        packages: beside those of every board.
        modules: of the kernel, in the root; none: all that it has.
        early: of the kernel, before the root is mounted.
        console: of the kernel's command line.
        firmware: files of the boot partitions: their pattern in the root, their folder there.
        overlays: whether ours go there too.
    """

    compatible: str
    kernel: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    early: tuple[str, ...]
    console: tuple[str, ...]
    firmware: tuple[tuple[str, str], ...] = ()
    overlays: bool = False


QEMU = Board(
    compatible="gatepost-qemu-arm64",
    kernel="linux-image-arm64",
    packages=(),
    modules=(
        *FILES,
        *BUNDLES,
        *("virtio_pci", "virtio_mmio", "virtio_blk", "virtio_net", "virtio_console"),
        *("virtio_rng", "i6300esb", "softdog", "autofs4"),
    ),
    early=("virtio_pci", "virtio_mmio", "virtio_blk", "squashfs", "crc32c_generic", "ext4"),
    console=("console=ttyAMA0,115200",),
)
"""QEMU's `virt`, with Debian's kernel: what the tests boot."""
PI = Board(
    compatible="gatepost-pi-arm64",
    kernel="linux-image-rpi-v8",
    packages=("raspi-firmware", "python3-picamera2", "python3-rpi-lgpio", "firmware-brcm80211"),
    modules=(),
    early=("squashfs", "ext4"),
    console=("console=tty1",),
    firmware=(
        ("usr/lib/raspi-firmware/*", ""),
        ("usr/lib/linux-image-*-rpi-v8/broadcom/*.dtb", ""),
        ("usr/lib/linux-image-*-rpi-v8/overlays/*", "overlays"),
    ),
    overlays=True,
)
"""Pi 4 and 5 (a Pi 3's ROM reads no GPT), with the kernel of Raspberry Pi's archive, without which
there is no `tryboot` (raspberrypi/rpi-eeprom #716).  Never built, and unverified on hardware: that
archive could not be reached."""
BOARDS = {"qemu": QEMU, "pi": PI}
