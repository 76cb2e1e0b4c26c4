"""An authority for the host's broker and server, and one that signs RAUC's bundles.

The rule to know: it is made once in a folder, for the tests alone, and nobody else trusts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.machine.card import run

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
DAYS = "30"
HOST = "10.0.2.2"
"""The host, as QEMU's own network shows it to the board."""
PURPOSES = {
    "server": f"extendedKeyUsage=serverAuth\nsubjectAltName=IP:{HOST},IP:127.0.0.1\n",
    "release": "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning,emailProtection\n",
}
"""What a certificate may be used for; RAUC asks for that of S/MIME where nothing else is set."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates.

    Attributes:
        folder: of its files: ca.crt, ca.key, and NAME.crt, NAME.key for each that it signed.
    """

    folder: Path

    @property
    def certificate(self) -> Path:
        """Its own."""
        return self.folder / "ca.crt"

    def make(self) -> Authority:
        """Make its key and certificate, unless they are there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.certificate.exists():
            name = ["-days", DAYS, "-subj", f"/CN=test-image {self.folder.name}"]
            keep = ["-keyout", str(self.folder / "ca.key"), "-out", str(self.certificate)]
            usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
            run(["openssl", "req", "-x509", *KEY, *name, *usage, *keep])
        return self

    def signed(self, name: str, purpose: str) -> tuple[Path, Path]:
        """A certificate and its key, for one of PURPOSES."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if certificate.exists():
            return certificate, key
        request, extra = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        asking = ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)]
        run(["openssl", "req", *KEY, *asking])
        extra.write_text("basicConstraints=critical,CA:FALSE\n" + PURPOSES[purpose])
        by = ["-CA", str(self.certificate), "-CAkey", str(self.folder / "ca.key")]
        out = ["-CAcreateserial", "-days", DAYS, "-extfile", str(extra), "-out", str(certificate)]
        run(["openssl", "x509", "-req", "-in", str(request), *by, *out])
        return certificate, key
