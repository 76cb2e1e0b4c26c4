"""The unit's key, the request for its certificate, and the certificate that comes back.

The rule to know: the key is made here and never leaves.  Until somebody has signed the request the
unit shows a certificate that it signed itself: no broker takes it, so passages wait in the outbox,
while the gate works from the first minute.

It is the system's `openssl` in a process of its own, for the unit has no library for it.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from appliance.errors import ConfigurationError
from appliance.tls import checked
from appliance.update.signature import OPENSSL, run

DAYS = "3650"  # of a certificate that nobody trusts


def new_key() -> bytes:
    """A private key of P-256 (NIST SP 800-186) in PEM: every broker with TLS 1.2 takes it."""
    return _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def request(key: Path, unit: str) -> bytes:
    """A request (PKCS #10) in PEM for a certificate whose common name is the unit's id."""
    return _openssl("req", "-config", "/dev/null", "-new", "-key", str(key), "-subj", f"/CN={unit}")


def own_certificate(key: Path, unit: str) -> bytes:
    """A certificate that the key signed itself; nobody trusts it."""
    how = ["-config", "/dev/null", "-x509", "-days", DAYS, "-key", str(key), "-subj", f"/CN={unit}"]
    return _openssl("req", *how)


def certificate_fault(certificate: Path, key: Path) -> str:
    """Why a certificate is not this unit's; empty where it is.

    Whether it has expired is not asked: the clock may not be set yet.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(certificate, key, password="")  # none, and no prompt
    except ssl.SSLError as fault:
        if fault.reason == "KEY_VALUES_MISMATCH":
            return "belongs to another key; take it away, and have this unit's gatepost.csr signed"
        return "no certificate in PEM form"
    return ""


def authority_fault(certificate: Path) -> str:
    """Why a file does not say which authorities to trust; empty where it does."""
    try:
        checked(certificate)
    except ssl.SSLError:
        return "no certificates in PEM form"
    return ""


def _openssl(command: str, *options: str) -> bytes:
    """Stdout of an openssl command.

    Raises:
        ConfigurationError: there is none, or it does not do it.
    """
    code, made = run([OPENSSL, command, *options])
    if code:
        raise ConfigurationError(f"openssl {command}: exit code {code}, expected 0")
    return made
