"""`gatepost.toml` as it lies on the boot partition: settings, and `[secrets]` to take out.  Pure.

The rule to know: what is left when `[secrets]` has been cut out is parsed again, and is taken only
where it says the same as before, so that the cut needs no parser of its own.  No fault that is told
here shows a secret.
"""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import dataclass
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOML = "gatepost.toml"
MOST_BYTES = 64 * 1024
"""Of the file; one with every key there is has less than 8."""
LONGEST = 1000  # characters of a secret
TABLE = "secrets"
HEADER = re.compile(r"^[ \t]*\[[ \t]*secrets[ \t]*\][ \t]*(?:#.*)?\r?$", re.MULTILINE)
NEXT = re.compile(r"^[ \t]*\[", re.MULTILINE)
FORM = f"expected [{TABLE}] by itself on a line, and under it lines such as mqtt_password = 'word'"


@dataclass(frozen=True, slots=True)
class Secret:
    """A key of `[secrets]`.

    Attributes:
        key: its name there.
        file: what it becomes on the unit.
        place: the key of the settings that names this file.
        wrong: where people put it instead.
        stand_in: lies in its file while the rest is checked, where the one that came is at fault.
    """

    key: str
    file: str
    place: str
    wrong: str
    stand_in: str = "stands in for a secret at fault"


SECRETS = (
    Secret("camera_login", "camera-login", "camera.login_file", "camera.login", "user:password"),
    Secret("mqtt_password", "mqtt-password", "mqtt.password_file", "mqtt.password"),
    Secret("webhook_secret", "webhook-secret", "webhook.secret_file", "webhook.secret"),
    Secret("webhook_header", "webhook-header", "webhook.header_file", "webhook.header", "X-Key: a"),
    Secret(
        "hawkbit_token",
        "hawkbit-token",
        "update.hawkbit.token_file",
        "update.hawkbit.token",
        "stand-in",
    ),
)
"""All that an unattended unit must know and nobody else may; its key it makes itself."""


@dataclass(frozen=True, slots=True)
class Document:
    """The file, read.

    Attributes:
        text: without `[secrets]`; empty where it has nothing but these, or cannot be understood.
        secrets: by the name of their file; where `faults` speak of one, its stand-in, so that the
            faults of all else show.  Nothing of a document with faults is to be taken over.
        is_secret: `[secrets]` stands in it.
        faults: a line each.
        misplaced: keys of the settings that `faults` has spoken of already.
    """

    text: str
    secrets: dict[str, bytes]
    is_secret: bool
    faults: tuple[str, ...]
    misplaced: tuple[str, ...] = ()


def read_document(content: bytes) -> Document:
    """What a file says, and all that is wrong with its secrets."""
    try:
        text = content.decode("utf-8-sig")
        table = tomllib.loads(text)
    except UnicodeDecodeError as fault:
        return _refused(f"not UTF-8 text at byte {fault.start}: save it as UTF-8")
    except ValueError as fault:  # TOMLDecodeError is one, and so is a number of 5000 digits
        return _refused(f"not TOML: {fault}")
    except RecursionError:
        return _refused("not TOML: nested too deeply")
    if not table:
        return _refused("is empty, expected settings")
    wrong = [secret for secret in SECRETS if _stands(table, secret.wrong)]
    faults = [f"{TOML}: {_put_right(secret)}" for secret in wrong]
    faults += [f"{TOML}: {fault}" for fault in _secret_faults(table.get(TABLE, {}))]
    cut = _without_secrets(text, table)
    if cut is None and not faults:
        faults.append(f"{TOML}: {TABLE}: {FORM}")
    secrets = _files(table.get(TABLE, {}), wrong)
    misplaced = tuple(secret.wrong for secret in wrong)
    return Document(cut or "", secrets, TABLE in table, tuple(faults), misplaced)


def changed_keys(before: str, after: str) -> list[str]:
    """The keys whose values differ between two texts; never the values, which may be private."""
    old, new = _flat(tomllib.loads(before)), _flat(tomllib.loads(after))
    return [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]


def _refused(why: str) -> Document:
    return Document("", {}, False, (f"{TOML}: {why}",))


def _stands(table: dict[str, Any], place: str) -> bool:
    first, _, rest = place.partition(".")
    inner = table.get(first)
    if not rest:
        return first in table
    return isinstance(inner, dict) and _stands(inner, rest)


def _put_right(secret: Secret) -> str:
    section, _, key = secret.place.rpartition(".")
    return (
        f"{secret.wrong}: a secret does not stand there; expected {secret.key} in [{TABLE}], and"
        f' {key} = "{secret.file}" in [{section}]'
    )


def _secret_faults(secrets: object) -> list[str]:
    """What is wrong with the table, without its values."""
    if not isinstance(secrets, dict):
        return [f"{TABLE}: {FORM}"]
    known = [secret.key for secret in SECRETS]
    faults = []
    for key, value in secrets.items():
        if key not in known:
            close = _nearest(key)
            near = f"did you mean {TABLE}.{close}?" if close else f"known: {', '.join(known)}"
            faults.append(f"{TABLE}.{key}: unknown key; {near}")
        elif not _is_line(value):
            faults.append(f"{TABLE}.{key}: expected a text of one line, 1 to {LONGEST} characters")
    return faults


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 1 <= len(value) <= LONGEST


def _nearest(key: str) -> str:
    """The key that was meant; empty where none is near."""
    known = [secret.key for secret in SECRETS]
    return next(iter(difflib.get_close_matches(key, known, 1, 0.5)), "")


def _files(secrets: object, wrong: list[Secret]) -> dict[str, bytes]:
    """What the secrets become on the unit; of those that were meant and not given, stand-ins."""
    given = secrets if isinstance(secrets, dict) else {}
    lines = {key: value for key, value in given.items() if _is_line(value)}
    meant = {_nearest(key) for key in given} | {secret.key for secret in wrong}
    return {
        secret.file: f"{lines.get(secret.key, secret.stand_in)}\n".encode()
        for secret in SECRETS
        if secret.key in lines or secret.key in meant
    }


def _without_secrets(text: str, table: dict[str, Any]) -> str | None:
    """The text without the lines of `[secrets]`; None where no cut leaves the rest as it was."""
    rest = {key: value for key, value in table.items() if key != TABLE}
    if not rest or TABLE not in table:
        return text if rest else ""
    for header in HEADER.finditer(text):
        behind = NEXT.search(text, header.end())
        cut = text[: header.start()] + (text[behind.start() :] if behind else "")
        if _parsed(cut) == rest:
            return cut
    return None


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except ValueError:
        return None
    return table


def _flat(table: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[above + key] = value
    return flat
