"""The table `[webhook]` and the files that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config, load_config
from appliance.errors import ConfigurationError
from appliance.transmit.webhook import Hook, require_webhook_files

FAULTS = {
    "not http": ({"url": "ftp://c.example/x"}, "webhook.url: expected https://host"),
    "no host": ({"url": "https:///x"}, "webhook.url: expected https://host"),
    "no scheme": ({"url": "c.example/x"}, "webhook.url: expected https://host"),
    "port": ({"url": "https://c.example:99999"}, "webhook.url: not an address"),
    "space": ({"url": "https://c.example/a b"}, "webhook.url: expected printable ASCII"),
    "user": ({"url": "https://me:hush@c.example/"}, "webhook.url: a user or password"),
    "fragment": ({"url": "https://c.example/#x"}, "webhook.url: expected no part behind #"),
    "empty label": ({"url": "https://a..b/"}, "webhook.url: not an address"),
    "plain": ({"url": "http://c.example/?k=hush"}, "webhook.url = http://c.example: plates would"),
    "lan": ({"url": "http://192.168.1.2/"}, "expected https, or webhook.plain = true"),
    "nobody": ({"form": "results"}, "webhook.url is missing"),
    "form": ({"url": "https://c.example", "form": "xml"}, "webhook.form = 'xml'"),
    "key": ({"url": "https://c.example", "secret": "hush"}, "webhook.secret = '***': unknown key"),
    "authority of http": ({"url": "http://[::1]", "ca_file": "ca"}, "webhook.ca_file with http"),
}
GOOD = {
    "https": {"url": "https://c.example:8443/hook?key=1"},
    "here": {"url": "http://localhost:8001/"},
    "here by address": {"url": "http://127.0.0.1"},
    "here, six": {"url": "http://[::1]:80/"},
    "said so": {"url": "http://nas.local/", "plain": True, "form": "alpr_group"},
}


def parsed(table: dict[str, Any], folder: Path) -> Config:
    """The table as it stands in a file in `folder`."""
    path = folder / "gatepost.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]  # TOML has the same
    path.write_text("\n".join(["[webhook]", *lines]), encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_key(name: str, tmp_path: Path) -> None:
    """Every fault names the key and what was expected, and shows neither query nor password."""
    table, said = FAULTS[name]
    with pytest.raises(ConfigurationError) as caught:
        parsed(table, tmp_path)
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


def test_every_fault_of_the_table_is_told(tmp_path: Path) -> None:
    """One that hangs on two keys waits for no other key to be right."""
    with pytest.raises(ConfigurationError) as caught:
        parsed({"url": "http://c.example", "ca_file": "ca", "camera_id": -1}, tmp_path)
    said = str(caught.value)
    assert "webhook.url = http://c.example: plates would cross" in said
    assert "webhook.ca_file with http" in said
    assert "webhook.camera_id = -1: expected 0 to" in said


def test_every_file_at_fault_is_told(tmp_path: Path) -> None:
    """In one report, a line each."""
    (tmp_path / "ca").write_text("no certificate")
    table = {"secret_file": "secret", "header_file": "header", "ca_file": "ca"}
    config = parsed({"url": "https://c.example", **table}, tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        require_webhook_files(config.webhook)
    keys = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert keys == [f"webhook.{key}" for key in table]


@pytest.mark.parametrize("name", GOOD)
def test_an_address_that_keeps_plates_to_itself_is_taken(name: str, tmp_path: Path) -> None:
    """Https is taken, http on this machine, and any other http where somebody says so."""
    assert parsed(GOOD[name], tmp_path).webhook.url == GOOD[name]["url"]


def test_nothing_is_posted_unless_asked_for() -> None:
    """Without the table there is no consumer."""
    assert Config().webhook.url is None


SECRETS = {
    "missing": (None, 0, "No such file"),
    "empty": (b"\n", 0o600, "0 bytes, expected at least 16"),
    "short": (b"hush hush\n", 0o600, "9 bytes, expected at least 16"),
    "open": (b"hush" * 8, 0o644, "mode 644 is open to everybody; expected 600"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_bad_secret_is_refused(name: str, tmp_path: Path) -> None:
    """A secret that is missing, guessable or everybody's is a fault, which does not show it."""
    content, mode, said = SECRETS[name]
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        Hook(parsed({"url": "https://c.example", "secret_file": "secret"}, tmp_path).webhook)
    assert f"webhook.secret_file: {path}: {said}" in str(caught.value)
    assert "hush" not in str(caught.value)


HEADERS = {
    "no header": b"hush",
    "two": b"A: hush\nB: hush",
    "empty": b"Authorization: ",
    "ours": b"content-length: 5 hush",
    "signed": b"X-Gatepost-Id: hush",
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_bad_header_is_refused(name: str, tmp_path: Path) -> None:
    """One line with one header that is not ours to set, or a fault, which does not show it."""
    path = tmp_path / "header"
    path.write_bytes(HEADERS[name])
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        Hook(parsed({"url": "https://c.example", "header_file": "header"}, tmp_path).webhook)
    assert f"webhook.header_file: {path}: expected one line" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_authorities_that_are_none_are_refused(content: bytes | None, tmp_path: Path) -> None:
    """A file without certificates is a fault at the start, not at the first passage."""
    path = tmp_path / "ca"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"webhook\.ca_file: .*/ca: \S+"):
        Hook(parsed({"url": "https://c.example", "ca_file": "ca"}, tmp_path).webhook)
