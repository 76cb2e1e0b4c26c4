"""The files that `[update]` names: root keys, authorities of its server, what hawkBit is shown.

The rule to know: a file that cannot be used is a fault of the configuration, told with its key, and
never one that passes by itself.
"""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path

from appliance.errors import ConfigurationError
from appliance.tls import checked
from appliance.update.signature import public_keys
from appliance.updatesection import Hawkbit, Update

TOKENS = {"token_file": "TargetToken", "gateway_token_file": "GatewayToken"}
"""Schemes of hawkBit's Authorization header, by the key of the file that holds the token."""
OTHERS = 0o007


def root_keys(update: Update) -> tuple[bytes, ...]:
    """The public keys of `update.root_file`, which must be named.

    Raises:
        ConfigurationError: it is not, cannot be read, or holds something else.
    """
    if update.root_file is None:
        raise ConfigurationError("update.root_file is missing: without it no update is taken")
    try:
        return public_keys(update.root_file)
    except ConfigurationError as fault:
        raise ConfigurationError(f"update.root_file: {fault}") from fault


def authorities(ca_file: Path | None) -> ssl.SSLContext:
    """Who vouches for the server; None: whom the system trusts.

    Raises:
        ConfigurationError: the file cannot be read, or has no certificates.
    """
    try:
        return checked(ca_file)
    except ssl.SSLError as fault:
        told = f"update.ca_file: {ca_file}: no certificates in PEM form"
        raise ConfigurationError(told) from fault
    except OSError as fault:
        told = f"update.ca_file: {ca_file}: cannot be read: {fault.strerror}"
        raise ConfigurationError(told) from fault


def credentials(hawkbit: Hawkbit) -> dict[str, str]:
    """The header that shows hawkBit who asks; none where a certificate does (`identity`).

    Raises:
        ConfigurationError: the file cannot be read, is open to everybody, or holds no token.
    """
    for key, scheme in TOKENS.items():
        path = getattr(hawkbit, key)
        if path is not None:
            return {"Authorization": f"{scheme} {_token(f'update.hawkbit.{key}', path)}"}
    return {}


def identity(hawkbit: Hawkbit, ca_file: Path | None) -> ssl.SSLContext:
    """The same as `authorities`, with the unit's own certificate where there is one.

    Raises:
        ConfigurationError: a file cannot be used.
    """
    context = authorities(ca_file)
    if hawkbit.cert_file is None or hawkbit.key_file is None:
        return context
    if b"ENCRYPTED" in _closed("update.hawkbit.key_file", hawkbit.key_file):
        told = "is encrypted, expected a key without a passphrase"
        raise ConfigurationError(f"update.hawkbit.key_file: {hawkbit.key_file}: {told}")
    try:
        context.load_cert_chain(hawkbit.cert_file, hawkbit.key_file, password="")
    except OSError as fault:  # ssl's errors are OSErrors too
        told = "no certificate in PEM form, or not that of update.hawkbit.key_file"
        raise ConfigurationError(
            f"update.hawkbit.cert_file: {hawkbit.cert_file}: {told}"
        ) from fault
    return context


def update_faults(update: Update) -> list[str]:
    """Every fault of the files that are named, a line each, with key and value."""
    faults, hawkbit = [], update.hawkbit
    for look, path in (
        (lambda: root_keys(update), update.root_file),
        (lambda: authorities(update.ca_file), update.ca_file),
        (lambda: hawkbit and credentials(hawkbit), hawkbit),
        (lambda: hawkbit and identity(hawkbit, None), hawkbit),
    ):
        try:
            _ = path and look()
        except ConfigurationError as fault:
            faults.append(str(fault))
    return faults


def _token(key: str, path: Path) -> str:
    """128 characters are hawkBit's limit for a target's; its own are of 32 letters and digits."""
    found = re.fullmatch(rb"[!-~]{1,1000}", _closed(key, path))
    if found is None:
        raise ConfigurationError(f"{key}: {path}: expected one line, the token and nothing else")
    return found[0].decode("ascii")


def _closed(key: str, path: Path) -> bytes:
    """What a file holds that is not open to everybody, but for the end of its line."""
    try:
        with path.open("rb") as file:
            mode, secret = os.fstat(file.fileno()).st_mode, file.read().rstrip(b"\r\n")
    except OSError as fault:
        raise ConfigurationError(f"{key}: {path}: cannot be read: {fault.strerror}") from fault
    if mode & OTHERS:
        told = f"every user of this machine may use it (mode {mode & 0o777:04o}), expected 0640 or"
        raise ConfigurationError(f"{key}: {path}: {told} less")
    return secret
