"""Running a command in the arm64 root: mounts of its own, the network of the machine.

The rule to know: the repository lies at the same place inside as outside, so that a path means the
same on both sides, and a shell is the first of the processes: a guest that crashed as the first
would hang for ever, for the kernel keeps a signal from it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tools.arm64.boards import Processor
from tools.publish.signing import REPOSITORY

SHARED = REPOSITORY.parent / "shared"
BINFMT = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")


@dataclass(frozen=True, slots=True)
class Inside:
    """The arm64 root with one processor.

    Attributes:
        root: its folder.
        processor: that is emulated.
        scratch: a folder that both sides see.
    """

    root: Path
    processor: Processor
    scratch: Path

    def run(self, command: Sequence[str], out: IO[bytes] | None = None) -> int:
        """Run it in the repository's folder; gives its exit code, 128 and more for a signal.

        Args:
            command: a program of the root with its arguments.
            out: where its stdout goes; None: where ours does.
        """
        if not self._cpuinfo.exists():  # another guest may be reading it
            self._cpuinfo.write_text(self.processor.cpuinfo)
        script = self.script(command)
        entered = ["nice", "-n", "10", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return subprocess.run([*entered, "sh", "-c", script], stdout=out, check=False).returncode  # noqa: S603

    def script(self, command: Sequence[str]) -> str:
        """What a shell runs in namespaces of its own, as the first of their processes."""
        return "\n".join(["set -eu", *self._mounts(), self._guest(command), "exit"])

    @property
    def _cpuinfo(self) -> Path:
        return self.scratch / f"cpuinfo-{self.processor.model}"

    def _mounts(self) -> list[str]:
        """Lay everything into the root; the kernel undoes it when the shell ends."""
        lines = [f"mount -t tmpfs tmpfs {self._at('/tmp')}"]  # noqa: S108  # the guest's own
        lines += [f"mount -t proc proc {self._at('/proc')}"]
        lines += [f"mount --bind {shlex.quote(str(self._cpuinfo))} {self._at('/proc/cpuinfo')}"]
        for each in (Path("/dev"), Path("/sys"), REPOSITORY, SHARED, self.scratch):
            if each.exists():
                inside = self._at(str(each))
                lines += [f"mkdir -p {inside}", f"mount --rbind {shlex.quote(str(each))} {inside}"]
        return lines

    def _guest(self, command: Sequence[str]) -> str:
        environment = {
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(REPOSITORY),
            "QEMU_CPU": self.processor.model,
        }
        pairs = [f"{key}={value}" for key, value in environment.items()]
        chroot = ["chroot", str(self.root), "/usr/bin/env", "-C", str(REPOSITORY)]
        return shlex.join(["env", "-i", *pairs, *chroot, *command])

    def _at(self, path: str) -> str:
        return shlex.quote(f"{self.root}{path}")


def lacking() -> list[str]:
    """What this machine lacks to run the root, in words; empty where nothing is missing."""
    found = []
    if os.geteuid():
        found.append("not root: expected root, for mounts and chroot")
    if not BINFMT.exists():
        told = "the kernel starts no program for arm64: install qemu-user-static and binfmt-support"
        found.append(f"{BINFMT}: {told}, then `update-binfmts --enable qemu-aarch64`")
    elif "F" not in BINFMT.read_text().split("flags:")[-1].split()[0]:
        found.append(f"{BINFMT}: without flag F, so not to be had in a chroot: qemu-user-static")
    return found
