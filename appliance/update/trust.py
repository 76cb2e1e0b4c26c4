"""The files that `[update]` names: the root keys, and the authorities of its server.

The rule to know: a file that cannot be used is a fault of the configuration, told with its key, and
never one that passes by itself.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from appliance.errors import ConfigurationError
from appliance.update.signature import public_keys
from appliance.updatesection import Update


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
        return ssl.create_default_context(cafile=ca_file and str(ca_file))
    except ssl.SSLError as fault:
        told = f"update.ca_file: {ca_file}: no certificates in PEM form"
        raise ConfigurationError(told) from fault
    except OSError as fault:
        told = f"update.ca_file: {ca_file}: cannot be read: {fault.strerror}"
        raise ConfigurationError(told) from fault


def update_faults(update: Update) -> list[str]:
    """Every fault of the files that are named, a line each, with key and value."""
    faults = []
    for look, path in (
        (lambda: root_keys(update), update.root_file),
        (lambda: authorities(update.ca_file), update.ca_file),
    ):
        try:
            _ = path and look()
        except ConfigurationError as fault:
            faults.append(str(fault))
    return faults
