"""The file on the boot partition: secrets are cut out, all else stays, and no fault shows one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.provision.document import MOST_BYTES, SECRETS, changed_keys, read_document

SETTINGS = '[unit]\nid = "pole-7"  # the pole\n'
HUSH = '[secrets]\nmqtt_password = "hush"\n'
FILE = "mqtt-password"

CUTS = {
    "at the end": (SETTINGS + HUSH, SETTINGS),
    "at the beginning": (HUSH + SETTINGS, SETTINGS),
    "between": (SETTINGS + HUSH + "[lane]\ngone_s = 2.0\n", SETTINGS + "[lane]\ngone_s = 2.0\n"),
    "before a list of tables": (
        HUSH + "[[policy]]\nlist = 'allowed'\naction = 'open'\n",
        "[[policy]]\nlist = 'allowed'\naction = 'open'\n",
    ),
    "spaces and a remark": (
        SETTINGS + "  [ secrets ] # mine\n\n  mqtt_password = 'hush'\n",
        SETTINGS,
    ),
    "as Windows writes it": (
        ("\ufeff" + SETTINGS + HUSH).replace("\n", "\r\n"),
        SETTINGS.replace("\n", "\r\n"),
    ),
    "a text that looks like it": (
        'site = """\n[secrets]\n"""\n' + HUSH,
        'site = """\n[secrets]\n"""\n',
    ),
    "nothing but secrets": (HUSH, ""),
    "nothing but a dotted secret": ("secrets.mqtt_password = 'hush'\n", ""),
}


@pytest.mark.parametrize("name", CUTS)
def test_secrets_are_cut_out_and_nothing_else(name: str) -> None:
    """Wherever the table stands; the rest stays as it was written."""
    text, left = CUTS[name]
    document = read_document(text.encode())
    assert document.faults == ()
    assert (document.text, document.secrets, document.is_secret) == (left, {FILE: b"hush\n"}, True)


def test_without_secrets_all_of_it_stays() -> None:
    """No table, no cut."""
    document = read_document(SETTINGS.encode())
    assert (document.text, document.secrets, document.is_secret) == (SETTINGS, {}, False)


FAULTS = {
    "empty": (b"", "gatepost.toml: is empty, expected settings"),
    "only a remark": (b"# [unit]\n", "gatepost.toml: is empty, expected settings"),
    "zeros, as FAT leaves them": (bytes(512), "gatepost.toml: not TOML: "),
    "UTF-16": (
        "\ufeffid = 'hush'".encode("utf-16-le"),
        "gatepost.toml: not UTF-8 text at byte 0: ",
    ),
    "Latin-1": ("site = 'Zürich'".encode("latin-1"), "gatepost.toml: not UTF-8 text at byte 9: "),
    "a number without end": (b"a = " + b"1" * 5000, "gatepost.toml: not TOML: "),
    "no TOML": (b"mqtt_password: hush\n", "gatepost.toml: not TOML: "),
    "nested": (b"a = " + b"[" * MOST_BYTES, "gatepost.toml: not TOML: "),
    "no table": (
        b"secrets = 'hush'\n[unit]\nid = 'a'\n",
        "gatepost.toml: secrets: expected [secrets]",
    ),
    "inline": (
        b"secrets = {mqtt_password = 'hush'}\n[unit]\nid = 'a'\n",
        "gatepost.toml: secrets: expected [secrets] by itself on a line",
    ),
    "a table below": (
        HUSH.encode() + b"[secrets.more]\nword = 'hush'\n",
        "gatepost.toml: secrets.more: unknown key; known: camera_login, ",
    ),
    "unknown": (
        b"[secrets]\nmqtt_pasword = 'hush'\n",
        "gatepost.toml: secrets.mqtt_pasword: unknown key; did you mean secrets.mqtt_password?",
    ),
    "a number": (
        b"[secrets]\nmqtt_password = 4711\n",
        "gatepost.toml: secrets.mqtt_password: expected a text of one line, 1 to 1000 characters",
    ),
    "two lines": (
        b'[secrets]\nmqtt_password = "hush\\nhush"\n',
        "gatepost.toml: secrets.mqtt_password: expected a text of one line",
    ),
    "no text": (
        b'[secrets]\nmqtt_password = ""\n',
        "gatepost.toml: secrets.mqtt_password: expected a text of one line",
    ),
    "in the wrong place": (
        b'[mqtt]\nhost = "broker"\npassword = "hush"\n',
        (
            "gatepost.toml: mqtt.password: a secret does not stand there; expected mqtt_password in"
            ' [secrets], and password_file = "mqtt-password" in [mqtt]'
        ),
    ),
    "of the webhook, in the wrong place": (
        b'[webhook]\nurl = "https://a"\nheader = "hush"\n',
        "gatepost.toml: webhook.header: a secret does not stand there; expected webhook_header in",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_shows_no_secret(name: str) -> None:
    """What is wrong and what was expected; the word itself may end in a log."""
    content, told = FAULTS[name]
    document = read_document(content)
    assert document.faults[0].startswith(told)
    assert not any("hush" in fault or "4711" in fault for fault in document.faults)


def test_all_secrets_at_fault_are_told_at_once() -> None:
    """Who stands on a ladder mends them in one go."""
    text = "[secrets]\na = 1\nmqtt_password = 2\n[mqtt]\npassword = 'x'\n[webhook]\nsecret = 'y'\n"
    document = read_document(text.encode())
    assert len(document.faults) == 4
    assert document.secrets.keys() == {FILE, "webhook-secret"}


def test_what_is_good_beside_a_secret_at_fault_is_kept() -> None:
    """A stand-in is in the place of the one that is not, so that it is not told as missing too."""
    text = "[secrets]\nmqtt_pasword = 'a'\nwebhook_secret = 'hush'\ncamera_login = 5\n"
    secrets = read_document(text.encode()).secrets
    assert secrets.keys() == {FILE, "webhook-secret", "camera-login"}
    assert secrets["webhook-secret"] == b"hush\n"
    assert secrets["camera-login"] == b"user:password\n"


@given(st.binary(max_size=300))
def test_no_content_is_an_exception(content: bytes) -> None:
    """Whatever lies there is taken or refused in words."""
    document = read_document(content)
    assert document.text or document.faults or document.secrets


@given(st.dictionaries(st.sampled_from([s.key for s in SECRETS]), st.text(min_size=1, max_size=9)))
def test_a_secret_arrives_as_it_was_written(secrets: dict[str, str]) -> None:
    """Quotes, dollars and backslashes too: nobody evaluates it; what is no line is refused."""
    lines = "".join(f"{key} = {_quoted(value)}\n" for key, value in secrets.items())
    document = read_document(f"{SETTINGS}[secrets]\n{lines}".encode())
    if all(value.isprintable() for value in secrets.values()):
        names = {secret.key: secret.file for secret in SECRETS}
        assert document.secrets == {names[k]: f"{v}\n".encode() for k, v in secrets.items()}
        assert document.text == SETTINGS
    else:
        assert document.faults


def _quoted(text: str) -> str:
    """As TOML wants it: every character by its number; half a pair has none there."""
    return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'


def test_changes_are_keys_without_values() -> None:
    """Of nested tables, of lists as a whole; what came and what went."""
    before = "a = 1\n[mqtt]\nhost = 'x'\nport = 1\n[[policy]]\nlist = 'a'\n"
    after = "[mqtt]\nhost = 'y'\nport = 1\n[lane]\ngone_s = 2.0\n[[policy]]\nlist = 'b'\n"
    assert changed_keys(before, after) == ["a", "lane.gone_s", "mqtt.host", "policy"]
