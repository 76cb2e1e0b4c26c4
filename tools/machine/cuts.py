"""Power cuts, one after the other: in a download, an installation, a trial's boot and its commit.

The rule to know: after each cut the card is looked at as it lies there, before anything mends it,
and the boot that follows is at once the next attempt.  A cut that fell elsewhere than its line says
is a line that failed, whatever the card holds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.machine.board import Run
from tools.machine.card import BOOTCONFIG, LIMIT_S, Card, clone
from tools.machine.scene import INSTALL, SLOTS, Scene
from tools.machine.unit import LateError

TURN_S = 0.002
LOOK_S = 900.0
"""That an instant may take to come."""
COMMIT_S = 1300.0
DELIVERY_S = 300.0
STRETCH = 256 * 1024
"""Bytes of the partition with autoboot.txt in which its tables and its one file lie."""
MANIFEST = 64 * 1024
"""More bytes than one has, with the statements of keys."""
QUIET_S = 2.0
"""After which what writes there has done its work."""
CHANGES = 5
"""At which of them is cut, in turns; a commit makes about as many."""
PROBATION_S = 50.0
BOOT_S = 60.0
"""Of a boot, until a quicker one has been seen."""
EARLY = 0.8
"""Of the quickest boot: later than that one may be over already, for the other boards may wait."""
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


class Writing:
    """What a board writes after it has fetched all that it wanted."""

    def __init__(self, scene: Scene) -> None:
        """Begin now."""
        self._board, self._name = scene.unit.board, scene.unit.name
        self._files, self._sent, self._before = scene.unit.host.files, 0, 0
        self._begin()

    def so_far(self) -> int:
        """Bytes; it counts from 0 again where more was fetched than a manifest."""
        if self._files.sent.get(self._name, 0) - self._sent > MANIFEST:
            self._begin()
        return self._board.written() - self._before

    def _begin(self) -> None:
        self._sent, self._before = self._files.sent.get(self._name, 0), self._board.written()


def chain_of_installs(scene: Scene, version: str, downloads: int, installs: int, seed: int) -> None:
    """Cut so many times in the download and in the installation of one release.

    In each attempt the download is cut after its share of the file has gone out; those cuts in the
    installation are spread over all that it writes.
    """
    chance, bundle = random.Random(seed), scene.bundle(version)  # noqa: S311  # no secret
    scene.offers.offer(version, bundle)
    scene.unit.host.files.reached[scene.unit.name] = 0
    size, writes = bundle.stat().st_size, scene.shop.size(version)
    for number in range(1, downloads + 1):
        share = chance.uniform(0.3, 0.9) / downloads
        _cut_in_download(scene, f"download {number}", size, share)
    shares = [(number + chance.uniform(0.1, 0.9)) / installs for number in range(installs)]
    for number, share in enumerate(chance.sample(shares, installs), 1):
        _cut_in_install(scene, f"install {number}", size, writes, share)


def trials(scene: Scene, version: str, rounds: int, seed: int) -> None:
    """Install a release, stop where the firmware is to try it, and begin there again and again."""
    board = scene.unit.board
    scene.offers.offer(version, scene.bundle(version))
    scene.install()
    board.stops_at_try = True
    scene.unit.restart()
    scene.unit.until(
        lambda: not board.is_on and board.runs[-1].ending == "try",
        "a restart that asks for a try",
        300,
    )
    board.stops_at_try = False
    _look(scene, "armed", "as the firmware is to try the other slot")
    chain_of_trials(scene, rounds, seed)
    runs = scene.settle()["version"]
    slot = SLOTS[scene.booted()]
    scene.results.measure(f"after the cuts in trials of {version}", f"slot {slot}, runs {runs}")


def chain_of_trials(scene: Scene, rounds: int, seed: int) -> None:
    """Cut in the boot of a trial, while it is on probation, and while it is committed.

    Each round begins with the same card, whose next start is a trial; the passages that it must
    have are those of that card.
    """
    chance, board = random.Random(seed), scene.unit.board  # noqa: S311  # no secret
    kept = clone(board.card, board.card.path.with_name("armed.img"))
    known, quickest_s = set(scene.ledger.recorded), BOOT_S
    for number in range(1, rounds + 1):
        if number > 1:
            board.cut()
            clone(kept, board.card.path)
        scene.ledger.recorded = set(known)
        scene.ledger.undone = scene.told() - known
        at_s = EARLY * quickest_s * (number - chance.uniform(0.0, 1.0)) / rounds
        _cut_in_first_boot(scene, f"first boot {number}", at_s)
        quickest_s = min(quickest_s, _up_again(scene))
        cut_on_probation(scene, f"probation {number}", chance.uniform(0.0, PROBATION_S))
        _up_again(scene)
        _cut_in_commit(scene, f"commit {number}", 1 + (number - 1) % CHANGES)
        _up_again(scene)


def delivered(scene: Scene) -> None:
    """All passages that were on this card at any cut come to the broker in the end."""
    unit = scene.unit

    def missing() -> set[str]:
        return scene.ledger.recorded - {str(each.table()["uuid"]) for each in unit.heard("log")}

    try:
        unit.until(lambda: not missing(), "all delivered", DELIVERY_S)
    except LateError as fault:
        scene.results.check(PART, "all delivered", str(fault), is_right=False)
        return
    count = len(scene.ledger.recorded)
    told = f"{count} passages that were on the card of {unit.name}"
    scene.results.check(PART, "all delivered", told, is_right=count > 0)


def _cut_in_download(scene: Scene, when: str, size: int, share: float) -> None:
    files, name = scene.unit.host.files, scene.unit.name
    before = files.sent.get(name, 0)
    with _installing(scene):
        _instant(lambda: files.sent.get(name, 0) - before >= size * share, when)
        reached = files.reached.get(name, 0)
        where = f"{(files.sent.get(name, 0) - before) / 1e6:.1f} MB sent, to {reached / size:.0%}"
        _cut(scene, when, where, is_there=reached < size)
    _same_again(scene)


def _cut_in_install(scene: Scene, when: str, size: int, writes: int, share: float) -> None:
    files, name = scene.unit.host.files, scene.unit.name
    with _installing(scene) as is_over:
        _instant(lambda: files.reached.get(name, 0) >= size or is_over(), f"{when}, all fetched")
        writing = Writing(scene)
        _instant(lambda: writing.so_far() >= writes * share or is_over(), when)
        written, has_ended = writing.so_far(), is_over()
        told = "; the command has ended" if has_ended else ""
        where = f"{written / 1e6:.0f} MB written after the download, of {share:.0%}{told}"
        _cut(scene, when, where, is_there=not has_ended)
    _same_again(scene)


def _cut_in_commit(scene: Scene, when: str, count: int) -> None:
    run, watch = scene.unit.board.runs[-1], Watch(scene.unit.board.card, BOOTCONFIG)

    def is_lost() -> bool:
        """Nothing will be committed."""
        return not run.start.is_try or run.ended_at > 0

    with scene.haste():
        _instant(lambda: watch.has_made(count) or is_lost(), when, COMMIT_S)
    where = f"{_state(run)}, at change {watch.changes} of the partition of autoboot.txt"
    _cut(scene, when, where, is_there=watch.changes > 0 and not is_lost())


def _cut_in_first_boot(scene: Scene, when: str, seconds: float) -> None:
    """Begin where the firmware is to try, and cut before the unit is online."""
    board, count = scene.unit.board, len(scene.unit.board.runs)
    board.switch_on(is_try=True)
    scene.unit.until(lambda: len(board.runs) > count, "a start", LIMIT_S)
    run = board.runs[count]
    _sleep_until(run.began_at + seconds)
    is_there = run.ended_at == 0 and scene.unit.online_at(run.began_at) is None
    _cut(scene, when, f"{_state(run)}, after {seconds:.1f} s", is_there=is_there)


def cut_on_probation(scene: Scene, when: str, seconds: float) -> None:
    """Cut while the slot that is tried is online and not committed."""
    run = scene.unit.board.runs[-1]
    _sleep_until(time.monotonic() + seconds)
    is_alive = run.start.is_try and run.ended_at == 0
    is_there = is_alive and scene.committed() != run.start.partition
    _cut(scene, when, f"{_state(run)}, online for {seconds:.1f} s", is_there=is_there)


def _cut(scene: Scene, when: str, where: str, *, is_there: bool = True) -> None:
    """Take the power away, and look at what lies on the card."""
    scene.unit.board.cut()
    _look(scene, f"{PART}: {when} of {scene.unit.name}", where, is_there=is_there)


def _look(scene: Scene, part: str, where: str, *, is_there: bool = True) -> None:
    ledger, card = scene.ledger, scene.unit.board.card
    told, faults = scene.told(), len(ledger.faults)
    count = ledger.look(card, told, part)
    found = f"{where}; {count} passages on the card, {len(told)} told"
    found += "" if is_there else "; MISSED: not the instant that it was to be"
    found += "".join(f"; {fault}" for fault in ledger.faults[faults:])
    is_right = is_there and len(ledger.faults) == faults
    scene.results.check(part, "store sound, nothing lost", found, is_right=is_right)


def _up_again(scene: Scene) -> float:
    """Give power, and wait for a slot that works; seconds of the start that came online."""
    online_s, found = _powered(scene)
    scene.results.check(PART, "a slot is online", found, is_right=True)
    return online_s


def _same_again(scene: Scene) -> None:
    """The same, where nothing is on trial yet: only the slot that was committed will do."""
    home = scene.committed()
    _, found = _powered(scene)
    start = scene.unit.board.runs[-1].start
    is_right = start.partition == home and not start.is_try
    scene.results.check(PART, "the slot before is online", found, is_right=is_right)


def _powered(scene: Scene) -> tuple[float, str]:
    began = time.monotonic()
    scene.boot()
    run = scene.unit.board.runs[-1]
    online_s = scene.unit.come_up(run.began_at)  # the one before may have been, to try this one
    return online_s, f"{scene.unit.name}, {_state(run)}, after {time.monotonic() - began:.0f} s"


def _state(run: Run) -> str:
    state = "on trial" if run.start.is_try else "committed"
    return f"slot {SLOTS[run.start.partition]}, {state}"


def _sleep_until(instant: float) -> None:
    time.sleep(max(0.0, instant - time.monotonic()))


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
        command.wait(LIMIT_S)
