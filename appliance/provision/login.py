"""`gatepost-ssh.pub`: who may log in to a unit of our image, as sshd reads it.  Pure.

The rule to know: a line has a key and a comment, and no options, which would be a language of its
own; a file without lines means that nobody may.
"""

from __future__ import annotations

import base64
import binascii

KINDS = (
    *("ssh-ed25519", "ssh-rsa", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"),
    *("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
)


def keys_fault(content: bytes) -> str:
    """What is wrong with a file of public keys, in words; empty where nothing is."""
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        fields = line.split()
        if fields and not fields[0].startswith("#") and not _is_key(fields):
            return f"line {number}: expected a public key such as ssh-ed25519 AAAA... name"
    return ""


def _is_key(fields: list[str]) -> bool:
    """Whether a line is a key: its blob begins with its own kind (RFC 4253, 6.6)."""
    if fields[0] not in KINDS or len(fields) < 2:  # noqa: PLR2004  # kind and blob
        return False
    try:
        blob = base64.b64decode(fields[1], validate=True)
    except binascii.Error:
        return False
    kind = fields[0].encode()
    return blob.startswith(len(kind).to_bytes(4, "big") + kind)
