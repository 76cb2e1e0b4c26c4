"""Where a USB or network camera is, with the user and password of a file put into its address.

The rule to know: the address that this gives is for the library that opens it; whoever logs it
hides the login first (`errors.without_secrets`).
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from urllib.parse import quote

from appliance.camerasection import Camera
from appliance.errors import ConfigurationError

OTHERS = 0o007  # rights of whoever is neither the owner nor in the group


def address(camera: Camera) -> str:
    """`camera.source`, with the login of `camera.login_file` where there is one.

    Raises:
        ConfigurationError: the file cannot be read or used, or may be read by others.
    """
    if camera.login_file is None:
        return camera.source
    user, colon, password = _line(camera.login_file).partition(":")
    if not (user and colon):
        raise _fault(camera.login_file, "expected one line: user:password")
    scheme, _, rest = camera.source.partition("://")
    # RFC 3986, 3.2.1: what else has a meaning in an address is written as %xx
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def is_live(source: str) -> bool:
    """Whether `camera.source` is a device or an address; else it is a recording."""
    return source.isdecimal() or source.startswith("/dev/") or "://" in source


def unreadable(path: Path) -> str | None:
    """Why a file cannot be read, as far as that shows without opening it: a FIFO would wait."""
    try:
        path.stat()
    except OSError as fault:
        return fault.strerror
    except ValueError as fault:  # a NUL in it
        return str(fault)
    return None if os.access(path, os.R_OK) else os.strerror(errno.EACCES)


def _line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read()
        text = content.decode("utf-8").rstrip("\r\n")
    except OSError as fault:
        raise _fault(path, f"cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise _fault(path, f"not UTF-8 text at byte {fault.start}") from fault
    if mode & OTHERS:
        told = f"every user of this machine may use it (mode {mode & 0o777:04o}), expected 0640 or"
        raise _fault(path, f"{told} less: chmod o= '{path}'")
    return text


def _fault(path: Path, told: str) -> ConfigurationError:
    return ConfigurationError(f"camera.login_file = '{path}': {told}")
