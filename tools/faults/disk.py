"""A small disk that can be filled: a tmpfs where one may be mounted, else a plain folder."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

BLOCK = bytes(4096)


class Disk:
    """A folder of some megabytes, if the machine lets one mount a tmpfs (root does).

    Attributes:
        folder: where it is.
        small: it can be filled.
    """

    def __init__(self, folder: Path, size_mb: int) -> None:
        """Make and mount it."""
        self.folder = folder
        folder.mkdir()
        mount, size = shutil.which("mount", path="/bin:/usr/bin:/sbin"), f"size={size_mb}m"
        command = [str(mount), "-t", "tmpfs", "-o", size, "gatepost-campaign", str(folder)]
        done = subprocess.run(command, check=False, capture_output=True) if mount else None  # noqa: S603
        self.small = done is not None and done.returncode == 0

    def fill(self) -> None:
        """Leave no byte free: whoever writes now gets ENOSPC."""
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(BLOCK)
            except OSError as fault:
                if fault.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Give it all back."""
        (self.folder / "ballast").unlink(missing_ok=True)

    def close(self) -> None:
        """Take it down with what is on it."""
        if self.small:
            subprocess.run(["/bin/umount", "-l", str(self.folder)], check=False)  # noqa: S603
