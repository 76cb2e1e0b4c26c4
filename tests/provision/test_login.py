"""Who may log in, as somebody wrote it onto the card."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from appliance.errors import ConfigurationError
from appliance.provision.boot import Boot
from appliance.provision.importing import provision
from appliance.provision.login import keys_fault
from appliance.provision.settings import Settings
from tests.provision.cut import NEVER, CutDisk

BLOB = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
KEY = f"ssh-ed25519 {BLOB} somebody@laptop"
TOLD = "line 1: expected a public key such as ssh-ed25519 AAAA... name"
CASES = {
    "a key": (KEY, ""),
    "without a name, from Windows": (f"ssh-ed25519 {BLOB}\r\n", ""),
    "several, with a comment": (f"# ours\n\n{KEY}\n{KEY}\n", ""),
    "nobody": ("# nobody\n", ""),
    "with options": (f'command="sh" {KEY}', TOLD),
    "half a key": (f"ssh-ed25519 {BLOB[:7]}", TOLD),
    "of another kind than it says": (f"ssh-rsa {BLOB}", TOLD),
    "a kind alone": ("ssh-ed25519", TOLD),
    "the private one": ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA", TOLD),
    "no text": ("\udcff\udcfe", TOLD),
}


@pytest.mark.parametrize("case", CASES)
def test_a_line_is_a_key_or_a_comment(case: str) -> None:
    """And the fault says which line is neither."""
    text, told = CASES[case]
    assert keys_fault(text.encode("utf-8", "surrogateescape")) == told


@pytest.mark.parametrize("case", CASES)
def test_keys_come_with_the_settings_or_not_at_all(tmp_path: Path, case: str) -> None:
    """They lie beside the settings, in the folder that the link names."""
    text, told = CASES[case]
    boot, into = tmp_path / "boot", tmp_path / "into"
    boot.mkdir()
    into.mkdir()
    (boot / "gatepost.toml").write_text('[unit]\nid = "pole-7"\n')
    (boot / "gatepost-ssh.pub").write_bytes(text.encode("utf-8", "surrogateescape"))
    disk = CutDisk(NEVER)
    if told:
        with pytest.raises(ConfigurationError, match=r"^gatepost-ssh\.pub: line 1: expected"):
            provision(Boot(boot, disk), Settings(into, disk), lambda _: [])
        assert not (into / "gatepost.toml").exists()
    else:
        provision(Boot(boot, disk), Settings(into, disk), lambda _: [])
        brought = (into / "gatepost.toml").resolve().parent / "gatepost-ssh.pub"
        assert brought.read_bytes() == text.encode()
