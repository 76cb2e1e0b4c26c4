"""The instant of a cut: the n-th change of a stretch of a card, or the last one there is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.machine import cuts
from tools.machine.card import PATHS, Card, run
from tools.machine.cuts import Watch


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
