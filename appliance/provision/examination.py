"""Whether what lies on the boot partition can be this unit's settings, and every reason why not.

The rule to know: all of it is looked at in the staged folder, where it will lie, and what only the
unit can make is made there on the way.  It is imported when something is new, and not before: with
it comes all that a unit consists of, which takes seconds of each start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from appliance.config import Config, examine_config
from appliance.errors import ConfigurationError
from appliance.inspection import check_parts
from appliance.provision import identity
from appliance.provision.boot import AUTHORITY, CERTIFICATE, LOGIN, REQUEST, ROOT
from appliance.provision.brought import Brought, Files
from appliance.provision.document import SECRETS, TOML, Document
from appliance.provision.login import keys_fault
from appliance.provision.settings import KEY, UNSIGNED, Settings
from appliance.section import Section
from appliance.update.signature import public_keys

Check = Callable[[Config], list[str]]
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


def examine(
    settings: Settings, staged: Path, before: Files, brought: Brought, check: Check | None
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
    faults += bad + [
        f"{TOML}: {fault}" for fault in (check or check_parts)(config) if not _speaks(fault, said)
    ]
    faults += [] if told else _unused(config, staged, document)  # else a key at fault may name it
    return faults + [f"{TOML}: {key} = {why}" for key, why in astray.items()]


def _identify(
    settings: Settings, staged: Path, unit: str, before: Files, brought: Brought
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


def _root_fault(staged: Path, brought: Brought) -> list[str]:
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
