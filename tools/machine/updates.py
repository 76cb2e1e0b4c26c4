"""Scenarios of updates: the first boot, a good release, what is refused, what is rolled back from.

The rule to know: each line of results says what was expected before it says what came.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from tools.machine.broker import PASSWORD
from tools.machine.card import SETTINGS
from tools.machine.releases import CRASH, HANG, Signers, pack
from tools.machine.scene import INSTALL, INSTALL_S, OTHER, SLOTS, Scene, last_line

PASSAGE_S = 600.0
OFFERED_S = 300.0
OTHER_BOARD = "gatepost-rpi-arm64"
LATE = "a flipped bit in a bundle that was signed for"
"""What dm-verity finds while it is read: the slot that does not run is written to by then."""
Case = tuple[str, str, Callable[[], None]]
"""What is offered, how the refusal is named, and what puts it there."""
GARBAGE = b"\x1f\x8b no archive" * 1000
"""In the place of an initramfs."""
BAD = {
    "crashes": (CRASH, b""),
    "hangs": (HANG, b""),
    "has a broken initramfs": ("", GARBAGE),
}
"""What is wrong with a release: its application, its initramfs."""


def first_boot(scene: Scene) -> None:
    """The image boots, takes its settings, and a passage comes to the broker."""
    unit, check = scene.unit, scene.results.check
    beginning(scene)
    began = unit.board.runs[-1].began_at
    log = unit.until(lambda: unit.heard("log"), "a passage", PASSAGE_S)[0]
    check("1 boot", "a passage on log", f"after {log.at - began:.0f} s", is_right=True)
    _wiped(scene)
    unit.until(lambda: unit.ssh("systemd-analyze time").code == 0, "boot finished", 600)
    failed = unit.ssh("systemctl --failed --no-legend --plain; systemctl is-active gatepost")
    check("1 boot", "active, no failed units", failed.text, is_right=failed.text == "active\n")
    analyzed = unit.ssh("systemd-analyze time").text.splitlines()[0]
    scene.results.measure(f"systemd-analyze ({unit.name})", analyzed)


def beginning(scene: Scene) -> None:
    """The image boots and takes its settings."""
    name, online_s = scene.unit.name, scene.boot()
    told = f"{name}, after {online_s:.0f} s"
    scene.results.check("1 boot", "online at the broker", told, is_right=True)
    scene.results.measure(f"power to online, first boot ({name})", f"{online_s:.0f} s")


def _wiped(scene: Scene) -> None:
    """The settings have no table of secrets any more, and their partition nowhere the password."""
    card = scene.unit.board.card
    settings = card.read(SETTINGS, "gatepost.toml").decode()
    has_table, has_words = "[secrets]" in settings, PASSWORD.encode() in card.content(SETTINGS)
    told = f"{len(settings)} bytes, [secrets] {'there' if has_table else 'gone'}"
    told += f", the password {'LIES' if has_words else 'nowhere'} on the partition"
    is_right = bool(settings) and not has_table and not has_words
    scene.results.check("1 boot", "secrets wiped from the card", told, is_right=is_right)


def good_release(scene: Scene, version: str) -> None:
    """A release is ordered, as Home Assistant does it: all that follows the unit does by itself.

    It fetches it, tries it, finds it good and commits it; that it stays, power cuts show.
    """
    check, part, (other, _) = (
        scene.results.check,
        f"2 update to {version}",
        OTHER[scene.committed()],
    )
    bundle = scene.bundle(version)
    scene.offers.offer(version, bundle)
    scene.results.measure("bundle", f"{bundle.stat().st_size / 1e6:.0f} MB")
    since = _ordered(scene, part, version)
    tried = SLOTS[scene.booted()]
    check(part, "the other slot is tried", f"slot {tried}", is_right=scene.booted() == other)
    with scene.haste():
        online_s, is_early = scene.unit.come_up(since), scene.committed() == other
    good_s = scene.commit(since)
    told = f"slot {tried} online after {online_s:.0f} s, committed after {good_s:.0f} s"
    told += ", BEFORE it was online" if is_early else ""
    is_right = scene.committed() == other and not is_early
    check(part, "committed once it is good", told, is_right=is_right)
    scene.results.measure("trial: power to online, to committed", f"{online_s:.0f}, {good_s:.0f} s")


def _ordered(scene: Scene, part: str, version: str) -> float:
    """Ask for what is offered, over MQTT, and wait for its trial; when that began."""
    check, unit, order = scene.results.check, scene.unit, f"gatepost/{scene.unit.name}/update/set"
    unit.host.broker.say(order, "check")

    def offered() -> dict[str, Any] | None:
        told = [each.table() for each in unit.heard("update")]
        return told[-1] if told and told[-1].get("latest_version") == version else None

    told = unit.until(offered, f"{version} in the update entity", OFFERED_S)
    found = f"{told['installed_version']} runs, {told['latest_version']} is the latest"
    check(part, "offered by the update entity", found, is_right=True)
    began, sent = time.monotonic(), unit.host.files.sent.get(unit.name, 0)
    unit.host.broker.say(order, "install")
    since = scene.trial_since(len(unit.board.runs), INSTALL_S)
    took, sent = since - began, unit.host.files.sent.get(unit.name, 0) - sent
    seen = {each.table()["update_percentage"] for each in unit.heard("update", began)}
    told_so = f"a trial after {took:.0f} s; {len(seen)} states of progress"
    check(part, "installed and restarted by itself", told_so, is_right=len(seen) > 1)
    scene.results.measure("order to trial", f"{took:.0f} s, {sent / 1e6:.0f} MB fetched")
    return since


def refusals(scene: Scene, stranger: Signers) -> None:
    """What is not to be taken is refused by its name; slot and firmware's file stay as they were.

    Args:
        scene: of a unit that runs a release.
        stranger: keys and a certificate that nobody trusts.
    """
    for what, word, prepare in (*_bad_manifests(scene, stranger), *_bad_bundles(scene, stranger)):
        prepare()
        _refused(scene, what, word, " --version 0.0.1" if word == "downgrade" else "")


def _ours(scene: Scene) -> Path:
    """A bundle as it should be, of little more than a boot partition."""
    folder = scene.shop.folder
    slot = scene.shop.small(folder / "small", "9.0.0", scene.shop.compatible)
    return pack(slot, folder / "9.0.0.raucb", scene.by)


def _bad_manifests(scene: Scene, stranger: Signers) -> list[Case]:
    """What no unit looks further at."""
    ours, by_hand = _ours(scene), partial(scene.offers.offer_by_hand, "9.0.0", _ours(scene))
    now = datetime.now(timezone.utc).replace(microsecond=0)
    past = {"issued": now.isoformat(), "expires": (now + timedelta(seconds=1)).isoformat()}
    offer = scene.offers.offer
    return [
        ("a stranger's manifest", "signature", lambda: by_hand(stranger.release)),
        ("a flipped bit in the manifest", "signature", lambda: _bent(scene, ours)),
        ("another product", "product", lambda: by_hand(product="other")),
        ("an expired manifest", "expired", lambda: by_hand(None, **past)),
        ("a downgrade", "downgrade", lambda: offer("0.0.1", ours)),
        ("another platform", "platform", lambda: offer("9.0.0", ours, platform=OTHER_BOARD)),
    ]


def _bad_bundles(scene: Scene, stranger: Signers) -> list[Case]:
    """What a manifest that is trusted offers, and is not what it says."""
    folder, ours, offer = scene.shop.folder, _ours(scene), scene.offers.offer
    theirs = pack(folder / "small", folder / "stranger.raucb", stranger)
    other = scene.shop.small(folder / "foreign", "9.0.0", OTHER_BOARD)
    foreign, bent = pack(other, folder / "foreign.raucb", scene.by), folder / "bent.raucb"
    content = bytearray(ours.read_bytes())
    content[len(content) // 3] ^= 1
    bent.write_bytes(content)
    return [
        ("a flipped bit in the file", "hash|size", lambda: _swapped(scene, ours, bent)),
        ("a stranger's bundle", "signature", lambda: offer("9.0.0", theirs)),
        ("a bundle for another board", "bundle: it is for", lambda: offer("9.0.0", foreign)),
        (LATE, "bundle|rauc", lambda: offer("9.0.0", bent)),
    ]


def _refused(scene: Scene, what: str, word: str, more: str) -> None:
    slot, primary = scene.other_slot(), scene.committed()
    told = last_line(scene.unit.ssh(f"{INSTALL}{more}", 600))
    scene.unit.ssh("sync")  # what was written to a slot would lie in the unit's memory for 30 s
    is_named = re.search(rf"exit [1-9].*\b({word})", told, re.IGNORECASE) is not None
    is_same, is_primary = scene.other_slot() == slot, scene.committed() == primary
    told += f"; the other slot {'as before' if is_same else 'written to'}"
    told += f", the primary {'as before' if is_primary else 'CHANGED'}"
    is_right = is_named and is_primary and (is_same or what == LATE)
    scene.results.check("3 refused", f"{what}: {word}", told, is_right=is_right)


def _bent(scene: Scene, bundle: Path) -> None:
    scene.offers.offer("9.0.0", bundle)
    scene.offers.damage()


def _swapped(scene: Scene, bundle: Path, bent: Path) -> None:
    """What lies on the server is not what the manifest says."""
    scene.offers.offer("9.0.0", bundle)
    scene.offers.swap(bundle, bent)


def rolled_back(scene: Scene, version: str, kind: str) -> None:
    """A bad release is tried and left, remembered, and not offered again.

    Args:
        scene: of a unit that runs a good release.
        version: of the bad one.
        kind: of BAD.
    """
    app, initramfs = BAD[kind]
    check, unit, home = scene.results.check, scene.unit, scene.committed()
    part = f"4 rolled back from {version}, which {kind}"
    scene.offers.offer(version, scene.bundle(version, app=app, initramfs=initramfs))
    answer = scene.install()
    check(part, "installed", last_line(answer), is_right=answer.code == 0)
    since = scene.restart_for_trial()
    scene.fall_back(home, since)
    tries = [each for each in unit.board.runs if each.start.is_try and each.began_at >= since]
    endings = ", ".join(each.ending for each in tries)
    told = f"after {time.monotonic() - since:.0f} s; {len(tries)} tries: {endings}"
    is_home = scene.booted() == home == scene.committed()
    check(part, "the slot before runs", told, is_right=is_home)
    failed = scene.settle()["failed"]
    why = str(failed.get(version, "not remembered"))
    check(part, "remembered as failed", why, is_right=version in failed)
    offered = unit.ssh("gatepost update check").text
    check(part, "not offered again", offered, is_right="(failed)" in offered)
