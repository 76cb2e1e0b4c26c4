"""Private keys and signatures, by `openssl`: whoever holds a key may as well use another program.

The rule to know: no private key is made inside the repository, and none is ever printed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.errors import GatepostError
from appliance.update.signature import OPENSSL, public_keys, run

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key in a file.

    Attributes:
        path: PEM, PKCS #8.
        password_file: of an encrypted one.
    """

    path: Path
    password_file: Path | None = None

    def public(self) -> bytes:
        """Its public key, 32 bytes."""
        with TemporaryDirectory() as folder:
            out = Path(folder, "public.pem")
            _openssl("pkey", "-in", self.path, *self._password("-passin"), "-pubout", "-out", out)
            return public_keys(out)[0]

    def sign(self, content: bytes) -> bytes:
        """The signature of some bytes, 64 bytes."""
        with TemporaryDirectory() as folder:
            file, out = Path(folder, "content"), Path(folder, "signature")
            file.write_bytes(content)
            password = self._password("-passin")
            signing = ["pkeyutl", "-sign", "-inkey", str(self.path), *password]
            _openssl(*signing, "-rawin", "-in", file, "-out", out)
            return out.read_bytes()

    def make(self) -> None:
        """Make it, in a new file that only its owner reads.

        Raises:
            GatepostError: the file exists, or would lie in the repository.
        """
        if REPOSITORY in self.path.resolve().parents:
            raise GatepostError(f"{self.path}: a private key does not lie in the repository")
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as fault:
            raise GatepostError(f"{self.path}: cannot be made: {fault.strerror}") from fault
        cipher = ["-aes-256-cbc", *self._password("-pass")] if self.password_file else []
        try:
            _openssl("genpkey", "-algorithm", "ed25519", *cipher, "-out", self.path)
        except GatepostError:
            self.path.unlink()
            raise

    def _password(self, option: str) -> list[str]:
        return [option, f"file:{self.password_file}"] if self.password_file else []


def _openssl(*arguments: str | Path) -> None:
    code, _ = run([OPENSSL, *map(str, arguments)])
    if code:
        told = "is it there, a key of Ed25519, and the password right?"
        raise GatepostError(f"openssl {arguments[0]} failed ({code}): {told}")
