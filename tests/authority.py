"""Certificates for tests, made by openssl: an authority, and what it signs."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
LIMIT_S = 30.0


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates that are valid for two days, or were until yesterday."""

    def __init__(self, folder: Path) -> None:
        """Make its own certificate in `folder`, which begins to exist."""
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed (apt-get install openssl)")
        folder.mkdir()
        self.folder = folder
        self.cert, self._key = folder / "ca.crt", folder / "ca.key"
        _openssl(f"req -x509 {KEY} -days 2 -subj /CN={folder.name}", self._key, self.cert)

    def sign(
        self, name: str, *, host: str = "IP:127.0.0.1", server: bool = False, days: int = 2
    ) -> Pair:
        """A certificate for `name`, whose common name that is.

        Args:
            name: of the files too.
            host: what stands in the subjectAltName.
            server: else it is a client's.
            days: that it is valid; 0: it has expired (OpenSSL 3.5 takes no day before).
        """
        request, pair = self.folder / f"{name}.csr", self._pair(name)
        _openssl(f"req {KEY} -subj /CN={name}", pair.key, request)
        purpose = "serverAuth" if server else "clientAuth"
        extra = self.folder / f"{name}.ext"
        extra.write_text(f"subjectAltName={host}\nextendedKeyUsage={purpose}\n", encoding="ascii")
        command = f"openssl x509 -req -days {days} -CAcreateserial".split()
        files = ["-in", request, "-CA", self.cert, "-CAkey", self._key, "-extfile", extra]
        _run([*command, *map(str, files), "-out", str(pair.cert)])
        return pair

    def _pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")


def _openssl(arguments: str, key: Path, out: Path) -> None:
    _run(["openssl", *arguments.split(), "-keyout", str(key), "-out", str(out)])
    key.chmod(0o600)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S)
