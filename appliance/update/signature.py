"""Ed25519 by the system's `openssl`, in a process of its own.

The rule to know: the unit has no library for it.  A process that lives for hundredths of a second
every few hours leaves nothing in memory, and the system's own updates mend it; `cryptography` takes
9 MB of memory and 16 MB of the card (README, decisions).
"""

from __future__ import annotations

import base64
import binascii
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.errors import ConfigurationError
from appliance.update.keys import KEY_BYTES

OPENSSL = "openssl"
GOOD = b"Signature Verified Successfully"
LIMIT_S = 30.0  # measured: 0.01 s to 0.04 s
PREFIX = bytes.fromhex("302a300506032b6570032100")
"""Of an Ed25519 key as SubjectPublicKeyInfo, RFC 8410, section 4."""
NO_KEY = "no public key, expected -----BEGIN PUBLIC KEY-----"
MISSING = "openssl is not installed, expected 3.0 or later: apt-get install openssl"


def verify(key: bytes, signature: bytes, content: bytes) -> bool:
    """Whether this public key made this signature of these bytes.

    Raises:
        ConfigurationError: there is no `openssl`, or one that does not answer.
    """
    with TemporaryDirectory(prefix="gatepost-") as folder:
        names = {"key": pem_of(key).encode(), "signature": signature, "content": content}
        paths = {name: Path(folder, name) for name in names}
        for name, path in paths.items():
            path.write_bytes(names[name])
        command = [OPENSSL, "pkeyutl", "-verify", "-pubin", "-inkey", str(paths["key"]), "-rawin"]
        command += ["-in", str(paths["content"]), "-sigfile", str(paths["signature"])]
        code, told = run(command)
    return code == 0 and GOOD in told  # both: it has said one without the other before


def public_keys(path: Path) -> tuple[bytes, ...]:
    """Every public key of a PEM file, as `openssl pkey -pubout` writes them.

    Raises:
        ConfigurationError: it cannot be read, or holds something else.
    """
    try:
        text = path.read_text(encoding="ascii")
    except OSError as fault:
        raise ConfigurationError(f"{path}: cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise ConfigurationError(f"{path}: {NO_KEY}") from fault
    found = re.findall(r"-----BEGIN (.*?)-----(.*?)-----END \1-----", text, re.DOTALL)
    keys = tuple(_raw(path, kind, body) for kind, body in found)
    if not keys:
        raise ConfigurationError(f"{path}: {NO_KEY}")
    return keys


def pem_of(key: bytes) -> str:
    """A public key as the file that openssl reads."""
    body = base64.b64encode(PREFIX + key).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"


def run(command: list[str]) -> tuple[int, bytes]:
    """Exit code and stdout of an openssl command.

    Raises:
        ConfigurationError: there is no `openssl`, or one that does not answer.
    """
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and no name of anybody else's
            command, check=False, capture_output=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as fault:
        raise ConfigurationError(MISSING) from fault
    except subprocess.TimeoutExpired as fault:
        raise ConfigurationError(f"openssl gave no answer within {LIMIT_S:g} s") from fault
    return done.returncode, done.stdout


def _raw(path: Path, kind: str, body: str) -> bytes:
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        der = b""
    if kind != "PUBLIC KEY" or not der.startswith(PREFIX) or len(der) != len(PREFIX) + KEY_BYTES:
        raise ConfigurationError(f"{path}: {kind.lower()}, expected a public key of Ed25519")
    return der[len(PREFIX) :]
