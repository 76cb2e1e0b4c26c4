"""Power cuts, one after the other: in a download, an installation, a trial's boot and its commit.

The rule to know: after each cut the card is looked at as it lies there, before anything mends it,
and the boot that follows is at once the next attempt.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.machine.card import BOOTCONFIG, Card, clone
from tools.machine.scene import INSTALL, SLOTS, Scene
from tools.machine.unit import LateError

TURN_S = 0.002
LOOK_S = 900.0
"""That an instant may take to come."""
COMMIT_S = 1300.0
DELIVERY_S = 300.0
STRETCH = 256 * 1024
"""Bytes of the partition with autoboot.txt in which its tables and its one file lie."""
QUIET_S = 2.0
"""After which what writes there has done its work."""
CHANGES = 5
"""At which of them is cut, in turns; a commit makes about as many."""
PROBATION_S = 50.0
PART = "5 power cut"


class Watch:
    """Counts how often a stretch of a card has changed.

    Attributes:
        changes: so far.
    """

    def __init__(self, card: Card, partition: int) -> None:
        """Begin with what lies there now."""
        self.changes = 0
        self._path, self._begin = card.path, card.spans()[partition].begin
        self._seen, self._changed_at = self._content(), time.monotonic()

    def has_made(self, count: int) -> bool:
        """Whether there were so many changes, or fewer and no more for QUIET_S."""
        now = self._content()
        if now != self._seen:
            self._seen, self._changed_at = now, time.monotonic()
            self.changes += 1
        is_quiet = time.monotonic() - self._changed_at > QUIET_S
        return self.changes >= count or (self.changes > 0 and is_quiet)

    def _content(self) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._begin)
            return file.read(STRETCH)


def chain_of_installs(scene: Scene, version: str, downloads: int, installs: int, seed: int) -> None:
    """Cut so many times in the download and in the installation of one release.

    Each cut in the download comes a share of the file later than the one before; what has come is
    kept.  Those in the installation are spread over all that it writes.
    """
    chance, bundle = random.Random(seed), scene.bundle(version)  # noqa: S311  # no secret
    scene.offers.offer(version, bundle)
    scene.unit.host.files.reached[scene.unit.name] = 0
    size, writes = bundle.stat().st_size, scene.shop.size(version)
    for number in range(1, downloads + 1):
        _cut_in_download(scene, f"download {number}", size * chance.uniform(0.3, 0.9) / downloads)
    shares = [(number + chance.uniform(0.1, 0.9)) / installs for number in range(installs)]
    for number, share in enumerate(chance.sample(shares, installs), 1):
        _cut_in_install(scene, f"install {number}", size, writes, share)


def trials(scene: Scene, version: str, rounds: int, seed: int) -> None:
    """Install a release, stop where the firmware is to try it, and begin there again and again."""
    board = scene.unit.board
    scene.offers.offer(version, scene.bundle(version))
    scene.install()
    board.stops_at_try = True
    scene.unit.ssh("systemctl reboot || true", 60)
    scene.unit.until(lambda: not board.is_on, "a restart that asks for a try", 300)
    board.stops_at_try = False
    _look(scene, "armed", "as the firmware is to try the other slot")
    chain_of_trials(scene, rounds, seed)


def chain_of_trials(scene: Scene, rounds: int, seed: int) -> None:
    """Cut in the boot of a trial, while it is on probation, and while it is committed.

    Each round begins with the same card, whose next start is a trial; the passages that it must
    have are those of that card.
    """
    chance, board = random.Random(seed), scene.unit.board  # noqa: S311  # no secret
    kept = clone(board.card, board.card.path.with_name("armed.img"))
    known, usual_s = set(scene.ledger.recorded), 60.0
    for number in range(1, rounds + 1):
        if number > 1:
            board.cut()
            clone(kept, board.card.path)
        scene.ledger.recorded = set(known)
        scene.ledger.undone = scene.told() - known
        board.switch_on(is_try=True)
        at_s = usual_s * (number - chance.uniform(0.0, 1.0)) / rounds
        _cut_after(scene, f"first boot {number}", at_s)
        usual_s = _up_again(scene)
        _cut_after(scene, f"probation {number}", chance.uniform(0.0, PROBATION_S))
        _up_again(scene)
        _cut_in_commit(scene, f"commit {number}", 1 + (number - 1) % CHANGES)
        _up_again(scene)


def delivered(scene: Scene) -> None:
    """All passages that were ever on the card come to the broker in the end."""
    unit = scene.unit

    def missing() -> set[str]:
        return scene.ledger.recorded - {str(each.table()["uuid"]) for each in unit.heard("log")}

    try:
        unit.until(lambda: not missing(), "all delivered", DELIVERY_S)
    except LateError as fault:
        scene.results.check(PART, "all delivered", str(fault), is_right=False)
        return
    told = f"{len(scene.ledger.recorded)} passages that were on the card of {unit.name}"
    scene.results.check(PART, "all delivered", told, is_right=True)


def _cut_in_download(scene: Scene, when: str, size: float) -> None:
    files, name = scene.unit.host.files, scene.unit.name
    before = files.sent.get(name, 0)
    with _installing(scene):
        _instant(lambda: files.sent.get(name, 0) - before >= size, when)
        _cut(scene, when, f"{(files.sent.get(name, 0) - before) / 1e6:.1f} MB further")
    _up_again(scene)


def _cut_in_install(scene: Scene, when: str, size: int, writes: int, share: float) -> None:
    board, files, name = scene.unit.board, scene.unit.host.files, scene.unit.name
    with _installing(scene) as is_over:
        _instant(lambda: files.reached.get(name, 0) >= size or is_over(), f"{when}, all fetched")
        before = board.written()
        _instant(lambda: board.written() - before >= writes * share or is_over(), when)
        told = ", it was installed" if is_over() else ""
        _cut(scene, when, f"{(board.written() - before) / 1e6:.0f} MB written, {share:.0%}{told}")
    _up_again(scene)


def _cut_in_commit(scene: Scene, when: str, count: int) -> None:
    watch = Watch(scene.unit.board.card, BOOTCONFIG)
    _instant(lambda: watch.has_made(count), when, COMMIT_S)
    _cut(scene, when, f"at change {watch.changes} of the partition of autoboot.txt")


def _cut_after(scene: Scene, when: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    _instant(lambda: time.monotonic() > until, when)
    _cut(scene, when, f"after {seconds:.1f} s")


def _cut(scene: Scene, when: str, where: str) -> None:
    """Take the power away, and look at what lies on the card."""
    scene.unit.board.cut()
    _look(scene, f"{PART}: {when}", where)


def _look(scene: Scene, part: str, where: str) -> None:
    ledger, card = scene.ledger, scene.unit.board.card
    told, faults = scene.told(), len(ledger.faults)
    count = ledger.look(card, told, part)
    found = f"{where}; {count} passages on the card, {len(told)} told"
    found += "".join(f"; {fault}" for fault in ledger.faults[faults:])
    is_sound = len(ledger.faults) == faults
    scene.results.check(part, "store sound, nothing lost", found, is_right=is_sound)


def _up_again(scene: Scene) -> float:
    """Give power, and wait for a slot that works; seconds that took."""
    seconds, run = scene.boot(), scene.unit.board.runs[-1]
    state = "on trial" if run.start.is_try else "committed"
    found = f"slot {SLOTS[run.start.partition]}, {state}, after {seconds:.0f} s"
    scene.results.check(PART, "a slot is online", found, is_right=True)
    return seconds


def _instant(has_come: Callable[[], bool], what: str, limit_s: float = LOOK_S) -> None:
    """Wait for it as closely as Python can."""
    end = time.monotonic() + limit_s
    while not has_come():
        if time.monotonic() > end:
            raise LateError(f"{what}: its instant has not come within {limit_s:.0f} s")
        time.sleep(TURN_S)


@contextmanager
def _installing(scene: Scene) -> Iterator[Callable[[], bool]]:
    """With an installation on its way; what is given says whether it has ended."""
    scene.unit.ssh("true", LOOK_S)
    command = scene.unit.begin_ssh(INSTALL)
    try:
        yield lambda: command.poll() is not None
    finally:
        command.kill()
        command.wait()
