"""What the unit shows the broker and asks of it: user, password, certificates.

The rules to know: secrets come from files, never from the configuration or a command line; the
broker's certificate and host name are always checked, and there is no switch against it.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from appliance.config import Mqtt
from appliance.errors import ConfigurationError
from appliance.section import CREDENTIAL
from appliance.tls import checked

FOLDER = "CREDENTIALS_DIRECTORY"  # where systemd puts what LoadCredential= names
SECRET = ("password_file", "key_file")
FILES = ("username_file", "password_file", "ca_file", "cert_file", "key_file")
OTHERS = 0o007  # rights of whoever is neither the owner nor in the group


def login(broker: Mqtt) -> tuple[str | None, str | None]:
    """User name and password; each None where there is none.

    Raises:
        ConfigurationError: a file cannot be read or used, or may be read by others.
    """
    user = broker.username
    if broker.username_file is not None:
        user = _line("username_file", broker.username_file)
    if broker.password_file is None:
        return user, None
    return user, _line("password_file", broker.password_file)


def tls_context(broker: Mqtt) -> ssl.SSLContext | None:
    """TLS 1.2 or later, which checks the broker's certificate and host name; None without TLS.

    Raises:
        ConfigurationError: a file cannot be read or used, or may be read by others.
    """
    if not broker.tls:
        return None
    trusted = _readable("ca_file", broker.ca_file) if broker.ca_file else None
    try:
        context = checked(trusted)
    except OSError as fault:  # ssl's errors are OSErrors too
        raise _fault("ca_file", broker.ca_file, "no certificates in PEM form") from fault
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if broker.cert_file is not None and broker.key_file is not None:
        _identify(context, broker.cert_file, broker.key_file)
    return context


def credential_faults(broker: Mqtt) -> list[str]:
    """Every fault of the files that are named, a line each, with key and value."""
    named = {key: getattr(broker, key) for key in FILES}
    checks = [partial(_readable, key, path) for key, path in named.items() if path]
    faults = _faults(checks)
    return faults or _faults([partial(login, broker), partial(tls_context, broker)])


def _faults(checks: Sequence[Callable[[], object]]) -> list[str]:
    faults = []
    for check in checks:
        try:
            check()
        except ConfigurationError as fault:
            faults.append(str(fault))
    return faults


def _identify(context: ssl.SSLContext, cert_file: Path, key_file: Path) -> None:
    """Load the unit's own certificate; OpenSSL would ask the terminal for a passphrase."""
    certificate, key = _readable("cert_file", cert_file), _readable("key_file", key_file)
    if b"ENCRYPTED" in key.read_bytes():
        raise _fault("key_file", key_file, "is encrypted, expected a key without a passphrase")
    try:
        context.load_cert_chain(certificate, key, password="")  # none, and no prompt
    except ssl.SSLError as fault:
        if fault.reason == "KEY_VALUES_MISMATCH":
            told = f"does not belong to the certificate in mqtt.cert_file = '{cert_file}'"
            raise _fault("key_file", key_file, told) from fault
        told = f"no certificate, or no key in mqtt.key_file = '{key_file}', in PEM form"
        raise _fault("cert_file", cert_file, told) from fault


def _line(key: str, path: Path) -> str:
    """The text of a file without the end of its last line."""
    try:
        return _readable(key, path).read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError as fault:
        raise _fault(key, path, f"not UTF-8 text at byte {fault.start}") from fault


def _readable(key: str, path: Path) -> Path:
    """Where the file is, once it is clear that it can be read, and a secret by few."""
    place = _place(key, path)
    try:
        with place.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
    except OSError as fault:
        raise _fault(key, path, f"cannot be read: {fault.strerror}") from fault
    if key in SECRET and mode & OTHERS:
        told = f"every user of this machine may use it (mode {mode & 0o777:04o}), expected 0640 or"
        raise _fault(key, path, f"{told} less: chmod o= '{place}'")
    return place


def _place(key: str, path: Path) -> Path:
    """The path itself, or that of a systemd credential."""
    name = str(path).removeprefix(CREDENTIAL)
    if name == str(path):
        return path
    folder = os.environ.get(FOLDER)
    if folder is None:
        told = f"${FOLDER} is not set, expected a start by systemd with LoadCredential={name}:FILE"
        raise _fault(key, path, told)
    return Path(folder) / name


def _fault(key: str, path: Path | None, told: str) -> ConfigurationError:
    return ConfigurationError(f"mqtt.{key} = '{path}': {told}")
