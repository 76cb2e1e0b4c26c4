"""The board: what a cut leaves, and what becomes of a QEMU that does not come up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tools.machine.board import Board
from tools.machine.card import Card
from tools.machine.firmware import Loading, Start

FILES = {"autoboot.txt": b"[all]\nboot_partition=2\n", "config.txt": b"kernel=kernel.img\n"}
MACHINE = """
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.bind(sys.argv[1])
line.listen()
talk = line.accept()[0].makefile("rwb", buffering=0)
talk.write(b'{"QMP": {}}\\n')
while talk.readline():
    talk.write(b'{"return": [{"stats": {"wr_bytes": 7}}]}\\n')
"""
LIMIT_S = 20.0


class Shelf:
    """Stands for a card: files by name, on all partitions."""

    def __init__(self) -> None:
        """One that can be started."""
        self.files = dict(FILES)

    def read(self, _partition: int, name: str) -> bytes:
        """One of them."""
        return self.files[name]


class Bench(Board):
    """A board whose QEMU is a program that speaks as much of its protocol as is asked for."""

    def __init__(self, folder: Path) -> None:
        """Without power."""
        self.shelf, self.works = Shelf(), True
        card = cast("Card", self.shelf)
        super().__init__(card, card, folder, 0)

    def _command(self, _start: Start, _asked: Loading, _console: Path) -> list[str]:
        monitor = self.folder / "monitor"
        monitor.unlink(missing_ok=True)
        return [sys.executable, "-c", MACHINE if self.works else "", str(monitor)]


@pytest.fixture
def board(tmp_path: Path) -> Bench:
    """A board without power."""
    return Bench(tmp_path)


def _wait(has_come: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not has_come():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_cut_ends_all(board: Bench) -> None:
    """After it nothing runs that could write to the card, and nobody says how much was written."""
    board.switch_on()
    _wait(lambda: bool(board.runs))
    assert board.written() == 7
    board.cut()
    assert not board.is_on
    assert [run.ending for run in board.runs] == ["cut"]
    with pytest.raises(OSError, match="does not run"):
        board.written()


def test_a_board_that_runs_gets_no_second_power(board: Bench) -> None:
    """Two would write to the same card."""
    board.switch_on()
    with pytest.raises(RuntimeError, match="runs already"):
        board.switch_on()
    board.cut()


def test_a_qemu_that_does_not_come_up_is_a_fault(board: Bench) -> None:
    """It is no restart of the board, which would go on for ever; power again is another chance."""
    board.works = False
    board.switch_on()
    _wait(lambda: not board.is_on)
    assert board.fault.startswith("RuntimeError: QEMU does not come up")
    assert board.runs == []
    board.works = True
    board.switch_on()
    _wait(lambda: bool(board.runs))
    assert board.fault == ""
    board.cut()


@pytest.mark.parametrize(
    ("name", "content"),
    [("autoboot.txt", b"\xff\xfe"), ("config.txt", b"kernel_watchdog_timeout=soon\n")],
)
def test_a_file_that_cannot_be_read_is_a_fault(board: Bench, name: str, content: bytes) -> None:
    """A cut may have left it so: the board says it instead of staying silent."""
    board.shelf.files[name] = content
    board.switch_on()
    _wait(lambda: not board.is_on)
    assert "Error: " in board.fault


def test_a_cut_without_power_is_none(board: Bench) -> None:
    """Whoever cleans up need not know whether it ever ran."""
    board.cut()
    assert not board.is_on
