"""What the unit shows the broker: each fault of a file with its key, its value and what to do."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from appliance.config import Mqtt
from appliance.transmit.credentials import credential_faults, login, tls_context
from tests.authority import LIMIT_S, Authority, Pair


def _broker(**keys: object) -> Mqtt:
    return Mqtt.model_validate({"host": "there", **keys}, strict=False)


def _secret(path: Path, content: str, mode: int = 0o600) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.fixture
def pair(authority: Authority) -> Pair:
    """A unit's own."""
    return authority.sign("unit")


def test_user_and_password_come_from_files(tmp_path: Path) -> None:
    """Without the end of the line that an editor leaves, and not without other spaces."""
    user, password = tmp_path / "user", tmp_path / "password"
    _secret(user, "unit\n", 0o644)
    _secret(password, " pass word \r\n")
    assert login(_broker(username_file=user, password_file=password)) == ("unit", " pass word ")


def test_they_may_be_credentials_of_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where LoadCredential= has put them."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    _secret(tmp_path / "mqtt-password", "hush\n", 0o400)
    broker = _broker(username="unit", password_file="credential:mqtt-password")  # noqa: S106  # a name
    assert login(broker) == ("unit", "hush")
    assert credential_faults(broker) == []


def test_a_credential_without_systemd_says_how_to_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a start from a shell finds none."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    broker = _broker(username="unit", password_file="credential:pw")  # noqa: S106  # a name
    (fault,) = credential_faults(broker)
    assert fault == (
        "mqtt.password_file = 'credential:pw': $CREDENTIALS_DIRECTORY is not set, expected a start"
        " by systemd with LoadCredential=pw:FILE"
    )


@pytest.mark.parametrize(
    ("mode", "is_refused"),
    [(0o600, False), (0o640, False), (0o400, False), (0o644, True), (0o602, True), (0o601, True)],
)
def test_a_secret_is_refused_that_others_may_use(
    tmp_path: Path, mode: int, is_refused: bool
) -> None:
    """Whoever is neither the owner nor in the group."""
    path = _secret(tmp_path / "pw", "hush", mode)
    refusal = (
        f"mqtt.password_file = '{path}': every user of this machine may use it (mode {mode:04o}),"
        f" expected 0640 or less: chmod o= '{path}'"
    )
    faults = credential_faults(_broker(username="unit", password_file=path))
    assert faults == ([refusal] if is_refused else [])


def test_every_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """In one report."""
    names = ("username_file", "password_file", "ca_file", "cert_file", "key_file")
    broker = _broker(tls=True, **{name: tmp_path / name for name in names})
    missing = "cannot be read: No such file or directory"
    assert credential_faults(broker) == [
        f"mqtt.{name} = '{tmp_path / name}': {missing}" for name in names
    ]


def test_a_key_that_others_may_read_is_refused(authority: Authority, pair: Pair) -> None:
    """As are passwords; certificates are for everybody."""
    pair.key.chmod(0o644)
    keys = {"ca_file": authority.cert, "cert_file": pair.cert, "key_file": pair.key}
    (fault,) = credential_faults(_broker(tls=True, **keys))
    assert fault.startswith(f"mqtt.key_file = '{pair.key}': every user of this machine may use it")


def test_a_key_of_another_certificate_is_told(authority: Authority, pair: Pair) -> None:
    """A pair that was mixed up."""
    other = authority.sign("other")
    (fault,) = credential_faults(_broker(tls=True, cert_file=pair.cert, key_file=other.key))
    assert fault == (
        f"mqtt.key_file = '{other.key}': does not belong to the certificate in"
        f" mqtt.cert_file = '{pair.cert}'"
    )


def test_a_key_with_a_passphrase_is_told(tmp_path: Path, pair: Pair) -> None:
    """Nobody is there to type it, and OpenSSL would wait for somebody."""
    locked = tmp_path / "locked.key"
    command = ["openssl", "ec", "-in", pair.key, "-aes256", "-passout", "pass:hush", "-out", locked]
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S)
    locked.chmod(0o600)
    (fault,) = credential_faults(_broker(tls=True, cert_file=pair.cert, key_file=locked))
    assert fault == (
        f"mqtt.key_file = '{locked}': is encrypted, expected a key without a passphrase"
    )


@pytest.mark.parametrize("key", ["ca_file", "cert_file"])
def test_what_is_no_certificate_is_told(key: str, tmp_path: Path, pair: Pair) -> None:
    """With the key that names it."""
    path = _secret(tmp_path / "text", "no certificate\n")
    keys = {"cert_file": pair.cert, "key_file": pair.key} | {key: path}
    (fault,) = credential_faults(_broker(tls=True, **keys))
    assert fault.startswith(f"mqtt.{key} = '{path}': no certificate")


def test_a_password_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Without showing any of it."""
    path = tmp_path / "pw"
    path.touch(0o600)
    path.write_bytes(b"hush\xff")
    (fault,) = credential_faults(_broker(username="unit", password_file=path))
    assert fault == f"mqtt.password_file = '{path}': not UTF-8 text at byte 4"


def test_certificate_and_host_name_are_always_checked(authority: Authority, pair: Pair) -> None:
    """TLS 1.2 at least; there is no key in the configuration against it."""
    files = {"ca_file": authority.cert, "cert_file": pair.cert, "key_file": pair.key}
    for keys in ({}, files):
        context = tls_context(_broker(tls=True, **keys))
        assert context is not None
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert tls_context(_broker()) is None
