"""A card that takes nothing more: the lane goes on, the state says so, nothing comes back.

The limit is the kernel's own (RLIMIT_FSIZE): SQLite's writes fail as they do on a full disk.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Event

import pytest

from appliance import ledger as ledger_module
from appliance.decision import Decision
from appliance.errors import FullError
from appliance.health import Health
from appliance.keeper import Keeper
from appliance.ledger import Entry, Ledger
from appliance.retention import Retention
from appliance.standing import StandingLists
from appliance.store.database import PAGE, Database
from appliance.store.lists import ListStore
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from tests.conftest import numbered
from tests.test_pipeline_send import TOPICS, FakeBench

ROOM = 10**8
FullDisk = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def full_disk() -> FullDisk:
    """Within it nothing can be written to the database's log, nor to any file beyond its begin."""

    @contextmanager
    def full(path: Path) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        assert Path(f"{path}-wal").stat().st_size > PAGE
        resource.setrlimit(resource.RLIMIT_FSIZE, (PAGE, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return full


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file that holds a few passages, its log open and of some size."""
    path = tmp_path / "gatepost.db"
    passages = Passages(Database(path), ROOM)
    for number in range(900, 920):
        passages.record(numbered(number), "x" * 4000, None)
    return path


def entry(number: int, **changes: object) -> Entry:
    """A passage to be written."""
    return Entry(numbered(number, **changes), "{}", None)


def test_passages_wait_in_memory_and_are_written_in_order(path: Path, full_disk: FullDisk) -> None:
    """None is lost, none overtakes; the problem is there while they wait, and then is not."""
    passages, health = Passages(Database(path), ROOM), Health()
    ledger = Ledger(passages, health)
    with full_disk(path):
        for number in range(5):
            ledger.put(entry(number))
            assert list(ledger.write()) == []
        (problem,) = health.snapshot().problems
        assert "passages wait in memory" in problem
    ledger.put(entry(5))
    ledger.retry_at = 0.0
    written = [(message.seq, passage.uuid) for passage, message in ledger.write()]
    assert written == [(21 + number, numbered(number).uuid) for number in range(6)]
    assert health.snapshot().problems == ()


def test_beyond_the_limit_hits_are_kept(
    path: Path, full_disk: FullDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded: the oldest that is no hit gives way, and how many did stays a problem."""
    monkeypatch.setattr(ledger_module, "MOST_WAITING", 3)
    ledger = Ledger(Passages(Database(path), ROOM), Health())
    watched = Decision("watched", "alert", "")
    with full_disk(path):
        for number in range(6):
            ledger.put(entry(number, decision=watched) if number < 2 else entry(number))
            assert list(ledger.write()) == []
    ledger.retry_at = 0.0
    kept = [passage.uuid for passage, _ in ledger.write()]
    assert kept == [numbered(number).uuid for number in (0, 1, 5)]
    assert ledger.health.snapshot().problems == ("3 passages were lost on a full disk",)


def test_what_was_acknowledged_on_a_full_disk_does_not_come_back(
    tmp_path: Path, full_disk: FullDisk
) -> None:
    """Not on the next connection either; the row is deleted when that can be done."""
    bench = FakeBench(tmp_path)
    bench.record(range(5))
    with full_disk(tmp_path / "gatepost.db"):
        bench.turns(3)
        bench.link.lose()
        bench.link.connect()
        bench.turns(3)
        logged = [brief for brief in bench.sent() if brief[0] == "log"]
        assert [seq for _, seq, _ in logged] == [1, 2, 3, 4, 5]
        assert bench.outbox.waiting() == 5
        assert "cannot be taken out" in bench.health.snapshot().problems[0]
    bench.sender.delete_at = 0.0
    bench.turns(1)
    assert bench.outbox.waiting() == 0
    assert bench.health.snapshot().problems == ()


def test_the_state_is_told_though_nothing_can_be_forgotten(
    tmp_path: Path, path: Path, full_disk: FullDisk
) -> None:
    """Who maintains goes on, and says in the state what it cannot do."""
    bench, keeping = FakeBench(tmp_path), Database(path)
    keeper = Keeper(
        passages=Passages(keeping, ROOM),
        outbox=Outbox(keeping),
        standing=StandingLists(ListStore(keeping), 0.0),
        health=bench.health,
        topics=TOPICS,
        link=bench.link,
        stopping=Event(),
        retention=Retention(-3600.0),
        tend=lambda: None,
    )
    with full_disk(path):
        keeper.turn()
    state = json.loads(bench.link.history[-1].payload)
    assert any("nothing can be forgotten" in problem for problem in state["problems"])
    keeper.forget_at = 0.0
    keeper.turn()
    state = json.loads(bench.link.history[-1].payload)
    assert state["problems"] == []
    assert Passages(keeping, ROOM).recent(9) == []


def test_at_the_end_the_reserve_gives_way(path: Path, full_disk: FullDisk) -> None:
    """What waits is written after all, in order, and the end is no fault."""
    room = ExitStack()
    ledger = Ledger(Passages(Database(path), ROOM), Health(), lambda: room.close() is None)
    with room:
        room.enter_context(full_disk(path))
        for number in range(3):
            ledger.put(entry(number))
            assert list(ledger.write()) == []
        written = [passage.uuid for passage, _ in ledger.write_last()]
    assert written == [numbered(number).uuid for number in range(3)]
    ledger.require_written()


def test_what_is_lost_at_the_end_is_a_fault(
    path: Path, full_disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """Where there is no room to be made: how many, in the log and as the error of the store."""
    ledger = Ledger(Passages(Database(path), ROOM), Health())
    with full_disk(path):
        ledger.put(entry(0))
        assert list(ledger.write_last()) == []
    assert "1 passages could not be written and are lost" in caplog.text
    with pytest.raises(FullError, match="1 passages are lost") as lost:
        ledger.require_written()
    assert lost.value.exit_code == 74


def test_a_reserve_is_kept_where_nothing_waits(path: Path) -> None:
    """It is for the next start."""
    gave: list[bool] = []
    ledger = Ledger(Passages(Database(path), ROOM), Health(), lambda: gave.append(True) is None)
    ledger.put(entry(0))
    assert len(list(ledger.write_last())) == 1
    assert gave == []
