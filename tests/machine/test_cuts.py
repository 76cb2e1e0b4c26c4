"""The instant of a cut: the n-th change of a stretch of a card, or so many bytes written."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tools.machine import cuts
from tools.machine.board import Run
from tools.machine.broker import Heard
from tools.machine.card import BOOT_A, BOOT_B, PATHS, Card, run
from tools.machine.cuts import MANIFEST, Watch, Writing, cut_on_probation, delivered
from tools.machine.firmware import Start
from tools.machine.ledger import Ledger
from tools.machine.results import Results
from tools.machine.scene import Scene
from tools.machine.unit import Unit


@pytest.fixture
def card(tmp_path: Path) -> Card:
    """A card with one partition."""
    if shutil.which("sfdisk", path=PATHS["PATH"]) is None:
        pytest.skip("no fdisk here")
    card = Card(tmp_path / "card.img")
    with card.path.open("wb") as file:
        file.truncate(8 << 20)
    run(["sfdisk", "-q", str(card.path)], b"label: gpt\nsize=4M\n")
    return card


def _write(card: Card, content: bytes) -> None:
    with card.path.open("r+b") as file:
        file.seek(card.spans()[1].begin)
        file.write(content)


def test_changes_are_counted(card: Card) -> None:
    """Each change that was seen counts once, whatever it is."""
    watch = Watch(card, 1)
    assert not watch.has_made(1)
    _write(card, b"one")
    assert watch.has_made(1)
    assert not watch.has_made(2)
    _write(card, b"two")
    assert watch.has_made(2)


def test_fewer_changes_end_in_quiet(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more come, the instant is after the last; before the first there is none."""
    watch = Watch(card, 1)
    monkeypatch.setattr(cuts, "QUIET_S", 0.0)
    assert not watch.has_made(5)
    _write(card, b"one")
    watch.has_made(5)
    assert watch.has_made(5)
    assert watch.changes == 1


def test_what_is_fetched_is_no_installation() -> None:
    """Bytes count from the last that was fetched; a look at the manifest on the way is none."""
    written, sent = [100], {"road-1": 5000}
    board = SimpleNamespace(written=lambda: written[0])
    host = SimpleNamespace(files=SimpleNamespace(sent=sent))
    unit = SimpleNamespace(name="road-1", board=board, host=host)
    writing = Writing(cast("Scene", SimpleNamespace(unit=unit)))
    written[0] = 400
    assert writing.so_far() == 300
    sent["road-1"] += MANIFEST
    assert writing.so_far() == 300
    sent["road-1"] += 1
    assert writing.so_far() == 0
    written[0] = 450
    assert writing.so_far() == 50


class Shown(Ledger):
    """A ledger that is shown passages instead of a card."""

    def __init__(self, there: set[str]) -> None:
        """Empty."""
        super().__init__()
        self._there = there

    def look(self, _card: Card, _told: set[str], _when: str) -> int:
        """These."""
        self.recorded |= self._there
        return len(self._there)


class Stage:
    """Stands for a scene: a board that has one start and a card that has some passages."""

    def __init__(self, folder: Path, start: Start, *there: str) -> None:
        """With a unit that has told the first of them."""
        self.results, self.ledger = Results(folder / "lines"), Shown(set(there))
        log = [
            Heard(1.0, "log", b'{"uuid": "%s"}' % each.encode(), was_kept=False)
            for each in there[:1]
        ]
        broker = SimpleNamespace(heard=lambda _unit, topic, _since: log if topic == "log" else [])
        runs = [Run(start, folder / "console", 1.0)]
        board = SimpleNamespace(runs=runs, fault="", card=None, cut=lambda: None)
        self.unit = Unit("road-3", board, SimpleNamespace(broker=broker))

    def told(self) -> set[str]:
        """Nothing that is not there."""
        return set()

    def committed(self) -> int:
        """Always the first."""
        return BOOT_A


@pytest.mark.parametrize(("there", "is_right"), [((), False), (("a",), True), (("a", "b"), False)])
def test_what_was_delivered_was_on_the_card(
    there: tuple[str, ...], is_right: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And there was something: of nothing, all would have been delivered."""
    monkeypatch.setattr(cuts, "DELIVERY_S", 0.0)
    stage = Stage(tmp_path, Start(BOOT_A, is_try=False), *there)
    stage.ledger.recorded = set(there)
    delivered(cast("Scene", stage))
    assert stage.results.lines[-1].expected == "all delivered"
    assert stage.results.lines[-1].is_right is is_right


@pytest.mark.parametrize(
    ("start", "is_right"),
    [
        (Start(BOOT_B, is_try=True), True),
        (Start(BOOT_A, is_try=False), False),
        (Start(BOOT_A, is_try=True), False),
    ],
)
def test_a_cut_that_fell_elsewhere_is_not_as_expected(
    start: Start, is_right: bool, tmp_path: Path
) -> None:
    """However sound the store: on probation is a slot that is tried and not yet committed."""
    stage = Stage(tmp_path, start, "a")
    cut_on_probation(cast("Scene", stage), "probation 1", 0.0)
    (line,) = stage.results.lines
    assert line.is_right is is_right
    assert ("MISSED" in line.found) is not is_right
