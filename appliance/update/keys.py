"""Who may sign what: root keys sign statements, statements name the release keys.  Pure.

The rule to know: nothing of a signed file is looked at before its signature is verified, but for
the line of base64 that is the signature itself.

A signed file is that line and, behind its line feed, the bytes that were signed, as they are.  So
`tail -n +2 FILE` gives what `openssl pkeyutl -verify -rawin` wants, now and in ten years (Ed25519,
RFC 8032).  Signature and content are one file because a server replaces one file at once, not two.

Statements are numbered from 1 and each is signed by a root key of the one before, the first by one
that the unit was set up with.  A unit that slept for years walks through all of them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from appliance.errors import UpdateError
from appliance.update.source import STATEMENT

Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key (32 bytes) made a signature (64 bytes) of some bytes."""

KEY_BYTES, SIGNATURE_BYTES = 32, 64  # RFC 8032, 5.1.5 and 5.1.6
MOST_BYTES = 256 * 1024
"""Of a signed file: it is held in memory before anybody vouches for it."""

Hexadecimal = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A piece of a signed file: frozen; what a later release adds is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


Content = TypeVar("Content", bound=Part)


class ReleaseKey(Part):
    """A key that signs manifests for a year or so."""

    name: str = Field(min_length=1, max_length=64)
    key: Hexadecimal
    since: AwareDatetime
    until: AwareDatetime


class Statement(Part):
    """What a root key signs: which keys count from now on; those not named do not."""

    type: Literal["gatepost-keys"]
    number: int = Field(ge=1, le=10_000)
    roots: Annotated[tuple[Hexadecimal, ...], Field(min_length=1, max_length=8)]
    releases: Annotated[tuple[ReleaseKey, ...], Field(max_length=8)]


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that count.

    Attributes:
        roots: public keys that may sign the next statement.
        releases: that may sign a manifest.
        number: of the newest statement; 0 where there was none yet.
    """

    roots: tuple[bytes, ...]
    releases: tuple[ReleaseKey, ...] = ()
    number: int = 0


def extended(keyring: Keyring, signed: bytes, verify: Verify) -> Keyring:
    """The keyring after the next statement.

    Raises:
        UpdateError: no root key signed it (`signature`), it is no statement (`malformed`), or not
            the next one (`order`).
    """
    name = STATEMENT.format(keyring.number + 1)
    content, _ = opened(signed, keyring.roots, verify, name)
    statement = parsed(Statement, content)
    if statement.number != keyring.number + 1:
        raise UpdateError(
            "order", f"statement of keys {statement.number}, expected {keyring.number + 1}"
        )
    roots = tuple(bytes.fromhex(root) for root in statement.roots)
    return Keyring(roots, statement.releases, statement.number)


def opened(signed: bytes, keys: Iterable[bytes], verify: Verify, name: str) -> tuple[bytes, bytes]:
    """The content of a signed file, and which of the keys signed it.

    Args:
        signed: the file.
        keys: those that count.
        verify: checks a signature.
        name: of the file, for the words of a fault.

    Raises:
        UpdateError: `signature`: none did; or the file is too long, or none at all.
    """
    if len(signed) > MOST_BYTES:
        raise UpdateError(
            "signature", f"{name}: {len(signed)} bytes, expected at most {MOST_BYTES}"
        )
    line, _, content = signed.partition(b"\n")
    signature = _signature(line, name)
    for key in keys:
        if verify(key, signature, content):
            return content, key
    told = f"{name}: made by none of the keys that count here, or altered since"
    raise UpdateError("signature", told)


def sealed(content: bytes, signature: bytes) -> bytes:
    """A signed file, from its content and the signature of it."""
    return base64.b64encode(signature) + b"\n" + content


def parsed(kind: type[Content], content: bytes) -> Content:
    """What a signed file says, once its signature was found good; UpdateError `malformed`."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UpdateError("malformed", f"{where or 'content'}: {first['msg']}") from fault


def _signature(line: bytes, name: str) -> bytes:
    """64 bytes from their base64, else UpdateError."""
    try:
        signature = base64.b64decode(line, validate=True)
    except binascii.Error as fault:
        told = f"{name}: the first line is not base64: not a signed file"
        raise UpdateError("signature", told) from fault
    if len(signature) != SIGNATURE_BYTES:
        found = f"{name}: {len(signature)} bytes in the first line, expected {SIGNATURE_BYTES}"
        raise UpdateError("signature", found)
    return signature
