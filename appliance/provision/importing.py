"""From the boot partition to the unit's own settings, whole or not at all.

The rule to know: a secret leaves the boot partition when it lies on the unit durably, and not
before.  A cut anywhere is mended by doing it all again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.config import Config, examine_config
from appliance.errors import ConfigurationError, without_secrets
from appliance.inspection import check_parts
from appliance.provision import identity
from appliance.provision.boot import AUTHORITY, CERTIFICATE, LOGIN, REQUEST, ROOT, Boot
from appliance.provision.document import SECRETS, TOML, Document, changed_keys, read_document
from appliance.provision.login import keys_fault
from appliance.provision.settings import Settings
from appliance.section import Section
from appliance.update.signature import public_keys

KEY = "gatepost.key"
UNSIGNED = "unsigned"
"""Lies beside a certificate that nobody but the unit signed."""
OWN = {
    **{secret.place: secret.file for secret in SECRETS},
    "mqtt.ca_file": AUTHORITY,
    "mqtt.cert_file": CERTIFICATE,
    "mqtt.key_file": KEY,
    "webhook.ca_file": AUTHORITY,
    "update.ca_file": AUTHORITY,
    "update.root_file": ROOT,
}
"""What a key of the settings can name beside them: all that comes from the boot partition."""
BY_HAND = "{}: was written by hand; expected none, or nothing on the boot partition"

Check = Callable[[Config], list[str]]
Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class _Brought:
    """What lies on the boot partition.

    Attributes:
        document: its settings; None where it has none.
        files: what the unit takes over, by name.
        faults: of what cannot even be read.
    """

    document: Document | None
    files: Files
    faults: tuple[str, ...]


def provision(boot: Boot, settings: Settings, check: Check = check_parts) -> list[str]:
    """Take over what is new on the boot partition; says what changed, a line each.

    Args:
        boot: where it comes from.
        settings: where it goes.
        check: finds the faults of what a configuration names, as `gatepost check` does.

    Raises:
        ConfigurationError: every fault, a line each; nothing was taken over.
        OSError: a card takes nothing.
    """
    if settings.is_by_hand:
        _require([] if boot.settings() is None else [BY_HAND.format(settings.link)])
        return []
    before = settings.files()
    boot.mend(before[TOML].decode() if before else None)
    settings.tidy()
    brought = _look(boot)
    _require(brought.faults)
    if TOML not in before | brought.files:
        raise ConfigurationError(f"{TOML}: there is none yet, expected the settings of this unit")
    after = before
    is_new = before | brought.files != before or KEY not in before
    if is_new or (brought.document and brought.document.faults):
        after = _take_over(settings, before, brought, check)
    if brought.document is not None and brought.document.is_secret:
        boot.wipe(after[TOML].decode())
    boot.put(REQUEST, after[REQUEST])
    return _changes(before, after)


def _look(boot: Boot) -> _Brought:
    document, files, faults = None, Files(), []
    try:
        content = boot.settings()
        document = None if content is None else read_document(content)
    except ConfigurationError as fault:
        faults.append(str(fault))
    for name in (CERTIFICATE, AUTHORITY, ROOT, LOGIN):
        try:
            content = boot.read(name)
        except ConfigurationError as fault:
            faults.append(str(fault))
        else:
            files |= {} if content is None else {name: content}
    if document is not None:
        files |= document.secrets | ({TOML: document.text.encode()} if document.text else {})
        faults += [] if document.text else document.faults  # the others join those of the settings
    return _Brought(document, files, tuple(faults))


def _take_over(settings: Settings, before: Files, brought: _Brought, check: Check) -> Files:
    """Check all of it where it will lie, then let it count; returns what the unit has then."""
    staged = settings.stage(before | brought.files)
    try:
        faults = _examine(settings, staged, before, brought, check)
        _require(_told(faults, staged))
    except (ConfigurationError, OSError):
        settings.disk.remove(staged)
        raise
    settings.commit(staged)
    return settings.files()


def _examine(
    settings: Settings, staged: Path, before: Files, brought: _Brought, check: Check
) -> list[str]:
    """Every fault of what is staged; its key, request and certificate are made on the way."""
    config, told = examine_config(staged / TOML)
    document = brought.document
    misplaced = document.misplaced if document else ()
    prefix = f"{staged / TOML}: "
    faults = [*document.faults] if document else []
    faults += [each for each in told if not _is_of(each.removeprefix(prefix), misplaced)]
    bad = _identify(settings, staged, config.unit.id, before, brought)
    bad += _root_fault(staged, brought)
    wrong = keys_fault(brought.files.get(LOGIN, b""))
    bad += [f"{LOGIN}: {wrong}"] if wrong else []
    astray = _astray(config, staged)
    said = [*astray, *(str(staged / each.partition(": ")[0]) for each in bad)]
    faults += bad + [f"{TOML}: {fault}" for fault in check(config) if not _speaks(fault, said)]
    faults += [] if told else _unused(config, staged, document)  # else a key at fault may name it
    return faults + [f"{TOML}: {key} = {why}" for key, why in astray.items()]


def _identify(
    settings: Settings, staged: Path, unit: str, before: Files, brought: _Brought
) -> list[str]:
    """Make what only this unit can make, and say what is wrong with what others made."""
    key, faults = staged / KEY, []
    if KEY not in before:
        settings.add(staged, KEY, identity.new_key())
    if KEY not in before or unit != _unit_of(settings):
        settings.add(staged, REQUEST, identity.request(key, unit))
    if CERTIFICATE in brought.files:
        why = identity.certificate_fault(staged / CERTIFICATE, key)
        faults += [f"{CERTIFICATE}: {why}"] if why else []
        settings.disk.remove(staged / UNSIGNED)
    if CERTIFICATE not in before | brought.files or faults:
        settings.add(staged, CERTIFICATE, identity.own_certificate(key, unit))
        settings.add(staged, UNSIGNED, b"")
    if AUTHORITY in brought.files:
        why = identity.authority_fault(staged / AUTHORITY)
        faults += [f"{AUTHORITY}: {why}"] if why else []
    return faults


def _root_fault(staged: Path, brought: _Brought) -> list[str]:
    try:
        _ = ROOT in brought.files and public_keys(staged / ROOT)
    except ConfigurationError as fault:
        return [str(fault)]
    return []


def _unit_of(settings: Settings) -> str:
    config, _ = examine_config(settings.link)
    return config.unit.id


def _is_of(fault: str, keys: Iterable[str]) -> bool:
    return any(fault.startswith(f"{key} = ") for key in keys)


def _speaks(fault: str, said: Iterable[str]) -> bool:
    """Whether a fault is of a key or a file of which another has spoken already."""
    return any(each in fault for each in said)


def _unused(config: Config, staged: Path, document: Document | None) -> list[str]:
    """Secrets that no key of the configuration names: they would lie about for nothing."""
    faults = []
    for secret in SECRETS:
        section, _, key = secret.place.rpartition(".")
        named = _at(config, secret.place)
        if document and secret.file in document.secrets and named != staged / secret.file:
            faults.append(
                f"{TOML}: secrets.{secret.key}: nothing uses it; expected"
                f' {key} = "{secret.file}" in [{section}]'
            )
    return faults


def _at(section: object, place: str) -> object:
    """What stands at a place; None where its table is not there."""
    for key in place.split("."):
        section = getattr(section, key, None)
    return section


def _paths(section: Section, name: str = "") -> Iterator[tuple[str, object]]:
    """Every key of a table and of the tables in it, and its value."""
    for field, value in section:
        if isinstance(value, Section):
            yield from _paths(value, f"{name}{field}.")
        else:
            yield f"{name}{field}", value


def _astray(config: Config, staged: Path) -> dict[str, str]:
    """Paths beside the settings that are none of their files: what came there would be lost.

    Returns:
        The value and what was expected, by its key.
    """
    found = {}
    for key, path in _paths(config):
        if isinstance(path, Path) and path.is_relative_to(staged) and not path.is_file():
            own = OWN.get(key)
            either = f'"{own}" or ' if own else ""
            if path.name != own:
                found[key] = f"'{path}': expected {either}a path that begins with /"
    return found


def _told(faults: Iterable[str], staged: Path) -> list[str]:
    """As the one who wrote the file knows it: without the folder, and without a password."""
    return [without_secrets(fault.replace(f"{staged}/", "")) for fault in faults]


def _require(faults: Iterable[str]) -> None:
    told = "\n".join(faults)
    if told:
        raise ConfigurationError(told)


def _changes(before: Files, after: Files) -> list[str]:
    """What is new, in words that may stand in a log."""
    old, new = (files.get(TOML, b"").decode() for files in (before, after))
    changes = [f"{key}: changed" for key in changed_keys(old, new)]
    others = (before.keys() | after.keys()) - {TOML, UNSIGNED}
    changes += [f"{name}: new" for name in sorted(others) if before.get(name) != after.get(name)]
    if without_secrets(new) != new:
        changes.append(f"{TOML}: an address with a password in it stays on the boot partition")
    if UNSIGNED in after:
        changes.append(f"{CERTIFICATE}: waits for somebody to sign {REQUEST}")
    return changes
