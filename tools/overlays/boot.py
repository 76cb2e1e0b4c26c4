"""A Pi 3 in QEMU that boots Debian's kernel with the overlay, and says what came of it."""

from __future__ import annotations

import lzma
import re
import subprocess
from pathlib import Path

from tools.overlays import boards

HERE = Path(__file__).parent
BOARD = "bcm2837-rpi-3-b"
ARGUMENTS = "earlycon=pl011,0x3f201000 keep_bootcon printk.devkmsg=on panic=2 loglevel=7"
LIMIT_S = 300
"""21 to 40 s on two quiet cores without KVM."""


def said(tree: Path, folder: Path) -> list[str]:
    """What `init` said of a boot with a tree, line by line; a `folder` to work in.

    A Pi that does not come up within LIMIT_S has said what it had said by then.
    """
    kernel = boards.package(boards.KERNEL)
    start = folder / "initrd"
    start.write_bytes(_initrd(kernel, folder / "root"))
    (image,) = kernel.glob("vmlinuz-*")
    command = ["qemu-system-aarch64", "-M", "raspi3b", "-kernel", str(image), "-dtb", str(tree)]
    command += ["-initrd", str(start), "-append", ARGUMENTS, "-serial", "stdio"]
    command += ["-display", "none", "-monitor", "none", "-no-reboot"]
    try:
        console = subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=LIMIT_S
        ).stdout
    except subprocess.TimeoutExpired as fault:
        console = fault.stdout or b""
    text = console.decode(errors="replace")
    (folder / "console.txt").write_text(text)
    return re.findall(r"\] said: (.*?) *\r?$", text, re.MULTILINE)


def _initrd(kernel: Path, root: Path) -> bytes:
    """busybox, the modules and `init`, as the kernel unpacks them."""
    (root / "m").mkdir(parents=True)
    (root / "bin").mkdir()
    for name, path in (
        ("bin/busybox", boards.package(boards.BUSYBOX) / "busybox"),
        ("init", HERE / "init"),
    ):
        (root / name).write_bytes(path.read_bytes())
        (root / name).chmod(0o755)
    for packed in kernel.glob("*.ko.xz"):
        (root / "m" / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    done = subprocess.run(
        ["cpio", "--create", "--format=newc", "--quiet"],  # noqa: S607
        cwd=root,
        input=names.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout
