"""TLS towards a server, said once for broker, webhook and updates.

The rule to know: chain, dates and host name are always checked, by the same rules on every Python.
"""

from __future__ import annotations

import ssl
from pathlib import Path


def checked(ca_file: Path | None) -> ssl.SSLContext:
    """A context that checks the server.

    Python 3.13 began to ask for RFC 5280 to the letter, so that a certificate without an authority
    key identifier is refused: such as OpenSSL 3.0 signs by `openssl x509 -req`, and whoever made
    his broker's by it would lose his units with their upgrade to Debian 13.

    Args:
        ca_file: whose servers are trusted; None: whom the system trusts.

    Raises:
        OSError: the file cannot be read; ssl.SSLError, which is one: it has no certificates.
    """
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
