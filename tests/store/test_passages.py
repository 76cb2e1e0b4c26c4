"""The history: one transaction with the outbox, a `seq` without gaps, forgetting for good."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.decision import Decision
from appliance.store.database import Database
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from tests.conftest import PASSAGE, numbered, until

DAY_MS = 86_400_000

ROOM = 1_000_000
STEPS = st.one_of(
    st.tuples(st.just("record"), st.integers(0, 8)),
    st.tuples(st.just("acknowledge"), st.integers(1, 12)),
    st.tuples(st.just("forget"), st.integers(0, 9)),
)

WRITER = """
import itertools, sys
from pathlib import Path
from appliance.store.database import Database
from appliance.store.passages import Passages
from tests.conftest import numbered
passages = Passages(Database(Path(sys.argv[1])), 10**9)
for number in itertools.count(int(sys.argv[2])):
    passages.record(numbered(number), '{"filling": "' + 'x' * 5000 + '"}', 1e9)
    print(number, flush=True)
"""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A new file."""
    return Database(tmp_path / "gatepost.db")


def test_what_is_recorded_waits_and_is_kept(database: Database) -> None:
    """History and outbox give the passage back as it was written."""
    seq = Passages(database, ROOM).record(PASSAGE, '{"a": 1}', 12.5)
    (message,) = Outbox(database).pending(0, 10)
    assert message.seq == seq == 1
    assert (message.uuid, message.body) == (PASSAGE.uuid, '{"a": 1}')
    assert (message.epoch_ms, message.fresh_until) == (PASSAGE.epoch_ms, 12.5)
    (known,) = Passages(database, ROOM).recent(10)
    assert known == replace(message, fresh_until=None, store="")


def test_recent_gives_the_newest_first(database: Database) -> None:
    """At most as many as were asked for."""
    passages = Passages(database, ROOM)
    for number in range(5):
        passages.record(numbered(number), "{}", None)
    assert [message.seq for message in passages.recent(3)] == [5, 4, 3]


def test_without_a_broker_nothing_waits(database: Database) -> None:
    """History only, or the outbox would grow for ever."""
    assert Passages(database, None).record(PASSAGE, "{}", None) == 1
    assert Outbox(database).waiting() == 0
    assert len(Passages(database, None).recent(10)) == 1


def test_the_same_passage_is_recorded_once(database: Database) -> None:
    """A recording replayed twice: the old seq, nothing written, also after the acknowledgement."""
    passages, outbox = Passages(database, ROOM), Outbox(database)
    first = passages.record(PASSAGE, "{}", None)
    passages.record(numbered(2), "{}", None)
    outbox.acknowledge([first])
    assert passages.record(PASSAGE, '{"other": 1}', None) == first
    assert [message.seq for message in outbox.pending(0, 10)] == [2]
    assert passages.record(numbered(3), "{}", None) == 3


def test_seq_goes_on_when_everything_was_forgotten(tmp_path: Path) -> None:
    """A number is never used twice, nor after a restart of the unit."""
    database = Database(tmp_path / "gatepost.db")
    passages = Passages(database, ROOM)
    for number in range(3):
        passages.record(numbered(number), "{}", None)
    assert passages.forget(1 << 60) == 3
    database.close()
    again = Passages(Database(tmp_path / "gatepost.db"), ROOM)
    assert again.recent(9) == []
    assert again.record(numbered(9), "{}", None) == 4


def test_forgetting_takes_old_rows_from_history_and_outbox(database: Database) -> None:
    """What is exactly as old as the limit stays; a younger passage waits on."""
    passages, outbox = Passages(database, ROOM), Outbox(database)
    for number, epoch_ms in enumerate([1000, 2000, 3000]):
        passages.record(numbered(number, epoch_ms=epoch_ms), "{}", None)
    assert passages.forget(2000) == 1
    assert [message.epoch_ms for message in passages.recent(9)] == [3000, 2000]
    assert [message.epoch_ms for message in outbox.pending(0, 9)] == [2000, 3000]


def test_a_recording_is_kept_from_when_it_was_replayed(database: Database) -> None:
    """A clip of last year is sent before it is forgotten, and forgotten it is."""
    passages, now_ms = Passages(database, ROOM), round(time.time() * 1000)
    passages.record(numbered(1, epoch_ms=1000, recorded=True), "{}", None)
    assert passages.forget(now_ms - 60_000) == 0
    assert [message.epoch_ms for message in passages.recent(9)] == [1000]
    assert passages.forget(now_ms + 60_000) == 1


def test_a_forgotten_plate_is_gone_from_the_disk(tmp_path: Path) -> None:
    """No byte of it is left in the file or its log, though other connections are open."""
    path = tmp_path / "gatepost.db"
    passages, other = Passages(Database(path), ROOM), Outbox(Database(path))
    body = json.dumps({"plate": "ZZ99SECRET"})
    for number in range(200):
        passages.record(numbered(number, epoch_ms=1000), body, None)
    assert other.waiting() == 200
    assert _bytes_of(tmp_path).count(b"ZZ99SECRET") > 0
    passages.forget(2000)
    assert _bytes_of(tmp_path).count(b"ZZ99SECRET") == 0


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=25))
def test_seq_never_repeats_and_never_leaps(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Whatever is recorded, acknowledged and forgotten in whatever order: 1, 2, 3 and so on."""
    database = Database(tmp_path_factory.mktemp("seq") / "gatepost.db")
    passages, outbox = Passages(database, ROOM), Outbox(database)
    kept: dict[int, int] = {}  # the model: number of a passage, its seq
    newest = 0
    for step, number in steps:
        if step == "record":
            seq = passages.record(numbered(number, epoch_ms=number), "{}", None)
            assert seq == kept.setdefault(number, newest + 1)
            newest = max(newest, seq)
        elif step == "acknowledge":
            outbox.acknowledge([number])
        else:
            passages.forget(number)
            kept = {known: seq for known, seq in kept.items() if known >= number}
    assert {message.seq for message in passages.recent(99)} == set(kept.values())
    assert {message.seq for message in outbox.pending(0, 99)} <= set(kept.values())
    database.close()


def test_a_writer_killed_in_mid_commit_leaves_whole_rows(tmp_path: Path) -> None:
    """SIGKILL at any moment: no gap, no half row, nothing lost that was reported as written."""
    path, written = tmp_path / "gatepost.db", 0
    for _ in range(5):
        written = _write_and_kill(path, written)
        database = Database(path)
        rows = Passages(database, ROOM).recent(10**6)
        waiting = Outbox(database).pending(0, 10**6)
        assert [row.seq for row in rows] == list(range(len(rows), 0, -1))
        assert [message.seq for message in waiting] == list(range(1, len(rows) + 1))
        assert all(len(json.loads(row.body)["filling"]) == 5000 for row in rows)
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        assert len(rows) >= written
        written = len(rows)
        database.close()


def _write_and_kill(path: Path, begin: int, writer: str = WRITER) -> int:
    """A child records passages until it is killed; gives how many it had reported."""
    command = [sys.executable, "-c", writer, str(path), str(begin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd()) as child:
        assert child.stdout is not None
        reported = [child.stdout.readline() for _ in range(20)]
        child.kill()
        reported += child.stdout.readlines()
    return begin + len([line for line in reported if line.endswith(b"\n")])


def test_rows_of_another_process_are_never_fresh(tmp_path: Path) -> None:
    """Its monotonic clock means nothing here, and an old car must not open the gate."""
    path = tmp_path / "gatepost.db"
    _write_and_kill(path, 0)
    outbox = Outbox(Database(path))
    until(outbox.waiting, "rows of the child")
    assert {message.fresh_until for message in outbox.pending(0, 99)} == {None}
    assert outbox.fresh(0, 0.0, 99) == []


@pytest.mark.parametrize(
    "hit",
    [
        Decision("watched", "alert", "on the watch-list"),
        Decision("watched", "ignore", "on the watch-list"),
        Decision("denied", "alert", "on the list of the denied"),
        Decision("allowed", "open", "on the list of the allowed"),
    ],
)
def test_at_the_limit_the_oldest_give_way_but_hits_stay(database: Database, hit: Decision) -> None:
    """Bounded by bytes, counted; who is watched, or was acted on, an hour ago is still sent."""
    passages, outbox = Passages(database, 500), Outbox(database)
    body = json.dumps("x" * 98)  # 100 bytes
    passages.record(numbered(1, decision=hit), body, None)
    for number in range(2, 10):
        passages.record(numbered(number), body, None)
    assert [message.seq for message in outbox.pending(0, 99)] == [1, 6, 7, 8, 9]
    assert outbox.dropped() == 4
    assert len(passages.recent(99)) == 9


def test_the_limit_counts_bytes_not_letters(database: Database) -> None:
    """A body in Cyrillic takes two bytes a letter."""
    passages, outbox = Passages(database, 500), Outbox(database)
    for number in range(4):
        passages.record(numbered(number), "Ж" * 100, None)
    assert (outbox.waiting(), outbox.dropped()) == (2, 2)


def test_a_clock_that_is_set_takes_nothing_and_keeps_nothing(database: Database) -> None:
    """Passages of a process whose clock was days behind are as old after it is set as before."""
    passages = Passages(database, 10**6)
    passages.record(numbered(1, epoch_ms=1000), "{}", None)
    passages.move_in_time(passages.newest(), 10 * DAY_MS)
    assert passages.forget(10 * DAY_MS) == 0
    assert passages.forget(10 * DAY_MS + 1001) == 1


def test_a_clock_that_is_set_moves_each_passage_once(database: Database) -> None:
    """Also one that was recorded, or told early, between the clock's jump and the keeper's turn."""
    passages, now_ms = Passages(database, ROOM), round(time.time() * 1000)
    for jump_ms in (10 * DAY_MS, -10 * DAY_MS):
        before, after = now_ms - jump_ms - 1000, now_ms - 1000
        numbers = [passages.newest() + further for further in range(1, 6)]
        for number, epoch_ms in zip(numbers, [before, before, after, before, after], strict=True):
            passages.record(numbered(number, epoch_ms=epoch_ms), "{}", None)
        for uuid, epoch_ms in (("early", before), ("earlier", after)):
            told = numbered(0, uuid=f"{uuid}{jump_ms}", epoch_ms=epoch_ms)
            passages.tell_early(told, "{}", 0.0)
        passages.move_in_time(numbers[1], jump_ms)
        for table in ("passages", "early"):
            kept = database.rows(f"SELECT kept_from_ms FROM {table}")  # noqa: S608  # as above
            assert set(kept) == {(after,)}
        passages.forget(1 << 60)


def test_what_another_process_wrote_does_not_move(tmp_path: Path) -> None:
    """Its clock was another one."""
    path = tmp_path / "gatepost.db"
    written = _write_and_kill(path, 0)
    passages = Passages(Database(path), ROOM)
    passages.move_in_time(passages.newest(), 10 * DAY_MS)
    assert passages.forget(round(time.time() * 1000) + 60_000) >= written


def test_what_is_told_early_gives_way_to_its_record(database: Database) -> None:
    """Live without a `seq`, while it is fresh; then an ordinary passage, once."""
    passages, outbox = Passages(database, ROOM), Outbox(database)
    passages.tell_early(PASSAGE, '{"plate": "early"}', 12.5)
    (early,) = outbox.early(12.4)
    assert (early.seq, early.uuid, early.body) == (0, PASSAGE.uuid, '{"plate": "early"}')
    assert (early.epoch_ms, early.fresh_until) == (PASSAGE.epoch_ms, 12.5)
    assert outbox.early(12.5) == []
    assert (outbox.waiting(), passages.recent(9)) == (0, [])
    assert passages.record(PASSAGE, '{"plate": "late"}', 20.0) == 1
    assert outbox.early(0.0) == []
    assert [message.body for message in outbox.pending(0, 9)] == ['{"plate": "late"}']


def test_early_ones_of_this_process_are_not_recovered(database: Database) -> None:
    """Their vehicles are in sight."""
    passages = Passages(database, ROOM)
    passages.tell_early(PASSAGE, "{}", 12.5)
    assert passages.recover() == 0
    assert len(Outbox(database).early(0.0)) == 1


TELLER = WRITER.replace("passages.record(", "passages.tell_early(")


def test_what_was_told_early_survives_its_process(tmp_path: Path) -> None:
    """SIGKILL before the record: the next process records each once, as it was told, late."""
    path = tmp_path / "gatepost.db"
    told = _write_and_kill(path, 0, TELLER)
    database = Database(path)
    passages, outbox = Passages(database, 10**8), Outbox(database)
    assert outbox.early(0.0) == []
    assert passages.recover() >= told
    assert passages.recover() == 0
    waiting = outbox.pending(0, 10**6)
    assert [message.seq for message in waiting] == list(range(1, len(waiting) + 1))
    assert [message.uuid for message in waiting[:2]] == [numbered(0).uuid, numbered(1).uuid]
    assert len(json.loads(waiting[0].body)["filling"]) == 5000
    assert outbox.fresh(0, 0.0, 99) == []
    assert database.rows("SELECT count(*) FROM early") == [(0,)]
    passages.move_in_time(passages.newest(), 10 * DAY_MS)
    assert passages.forget(round(time.time() * 1000) + 60_000) == len(waiting)


def test_what_was_told_early_is_forgotten_from_the_disk(tmp_path: Path) -> None:
    """Though its vehicle is in sight still, or its record has taken its place."""
    passages = Passages(Database(tmp_path / "gatepost.db"), ROOM)
    body = json.dumps({"plate": "ZZ99SECRET"})
    for number in range(200):
        passages.tell_early(numbered(number, epoch_ms=1000), body, 1e9)
    for number in range(100):
        passages.record(numbered(number, epoch_ms=1000), "{}", None)
    assert _bytes_of(tmp_path).count(b"ZZ99SECRET") > 0
    assert passages.forget(2000) == 100
    assert _bytes_of(tmp_path).count(b"ZZ99SECRET") == 0
