"""From the boot partition to the unit's own settings, whole or not at all.

The rule to know: a secret leaves the boot partition when it lies on the unit durably, and not
before.  A cut anywhere is mended by doing it all again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import ConfigurationError, without_secrets
from appliance.provision.boot import CERTIFICATE, REQUEST, Boot
from appliance.provision.brought import Brought, Files, look
from appliance.provision.document import TOML, changed_keys
from appliance.provision.settings import KEY, UNSIGNED, Settings

if TYPE_CHECKING:
    from appliance.provision.examination import Check

BY_HAND = "{}: was written by hand; expected none, or nothing on the boot partition"


def provision(boot: Boot, settings: Settings, check: Check | None = None) -> list[str]:
    """Take over what is new on the boot partition; says what changed, a line each.

    Args:
        boot: where it comes from.
        settings: where it goes.
        check: finds the faults of what a configuration names; None: as `gatepost check` does.

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
    brought = look(boot)
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


def _take_over(settings: Settings, before: Files, brought: Brought, check: Check | None) -> Files:
    """Check all of it where it will lie, then let it count; returns what the unit has then."""
    from appliance.provision.examination import examine  # noqa: PLC0415  # most of a start's time

    staged = settings.stage(before | brought.files)
    try:
        faults = examine(settings, staged, before, brought, check)
        _require(_told(faults, staged))
    except (ConfigurationError, OSError):
        settings.disk.remove(staged)
        raise
    settings.commit(staged)
    return settings.files()


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
