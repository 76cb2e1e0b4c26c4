"""Where updates come from: a folder, such as a USB stick, or a web server with the same files.

    manifest.signed      the manifest
    keys/<n>.signed      statements of keys, from 1 on
    artefacts/<sha256>   what releases consist of

The rule to know: nothing that comes from here is trusted, not even its length.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from appliance.errors import SourceError

MANIFEST = "manifest.signed"
STATEMENT = "keys/{}.signed"
ARTEFACT = "artefacts/{}"
CHUNK = 64 * 1024  # bytes


class Source(Protocol):
    """Files by name."""

    def read(self, name: str, most: int) -> bytes | None:
        """All of a small file; None where there is none.

        Raises:
            SourceError: it cannot be had now, or is longer than `most` bytes.
        """

    def parts(self, name: str, offset: int) -> Iterator[bytes]:
        """A file piece by piece, from a byte on; SourceError where it cannot be had, or breaks off.

        Whoever asks counts what comes: it may be less than the file, or more.
        """


class FolderSource:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read from `folder`; SourceError where there is none, or it may not be looked into."""
        self._folder = folder
        try:
            is_folder = stat.S_ISDIR(folder.stat().st_mode)
        except FileNotFoundError:
            is_folder = False
        except OSError as fault:
            raise SourceError(f"{folder}: {fault.strerror}") from fault
        if not is_folder:
            raise SourceError(f"{folder}: no such folder")

    def read(self, name: str, most: int) -> bytes | None:
        """All of a small file."""
        try:
            with self._opened(name) as file:
                content = file.read(most + 1)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise SourceError(f"{self._folder / name}: {fault.strerror}") from fault
        return bounded(content, name, most)

    def parts(self, name: str, offset: int) -> Iterator[bytes]:
        """A file piece by piece."""
        try:
            with self._opened(name) as file:
                file.seek(offset)
                while part := file.read(CHUNK):
                    yield part
        except OSError as fault:
            raise SourceError(f"{self._folder / name}: {fault.strerror}") from fault

    def _opened(self, name: str) -> IO[bytes]:
        """A plain file; a pipe would be waited for, and a watchdog begins when it is opened."""
        path = self._folder / name
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{path}: is a folder or a device, expected a file")
        return path.open("rb")


def bounded(content: bytes, name: str, most: int) -> bytes:
    """`content`, or SourceError where there is more of it than `most` bytes."""
    if len(content) > most:
        raise SourceError(f"{name}: more than {most} bytes")
    return content
