"""Parking and traffic on a real store: each passage counts once, whenever the power goes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.decision import Decision
from appliance.domain import Direction, Passage
from appliance.store.database import Database
from appliance.store.passages import Passages
from appliance.tally import HOUR_MS
from appliance.transmit import messages
from appliance.transmit.messages import Topics
from appliance.yard import Yard
from appliance.yardsection import Parking
from tests.conftest import PASSAGE, PATIENCE_S, SETTLED, UNIT, until
from tests.wire import objections

NOW_MS = 1_795_224_000_000 - 1_795_224_000_000 % HOUR_MS  # a full hour, in whole-hour zones
PARKING = Parking.model_validate(
    {"entering": "approaching", "capacity": 3, "limits": {"unknown": 2.0}}
)
PLATES = ["AB12CDE", "ZG4827KT", "LK63XNR"]
WAYS: Mapping[str, Direction] = {"in": "approaching", "out": "receding"}

COUNTING = """
import sys
from pathlib import Path
from appliance.store.database import Database
from tests.test_yard import PARKING, Yard, Topics
yard = Yard(Database(Path(sys.argv[1])), PARKING, Topics("unit"))
print("begun", flush=True)
yard.catch_up()
"""


class Bench:
    """A history that the test writes, and the yard that counts it."""

    def __init__(self, path: Path, parking: Parking = PARKING) -> None:
        """Open both on one file."""
        self.path, self.parking = path, parking
        self.database = Database(path)
        self.passages = Passages(self.database, None)
        self.yard = self.new_yard()

    def new_yard(self) -> Yard:
        """A yard as after a restart."""
        return Yard(self.database, self.parking, Topics("unit"))

    def come(self, number: int, way: str, plate: str = "AB12CDE", **changes: Any) -> int:  # noqa: ANN401
        """Passage `number`, an hour after the one before it; gives its seq."""
        passage = _passage(number, way, plate, **changes)
        return self.passages.record(passage, messages.passage_body(passage, UNIT, "m"), None)

    def news(self, now_ms: int = NOW_MS, session: int = 1) -> dict[str, dict[str, Any]]:
        """What is published, by what follows the unit's topic."""
        self.yard.catch_up()
        said = self.yard.news(session, now_ms, "ntp")
        assert not [fault for p in said for fault in objections(p.topic, p.payload)]
        return {p.topic.removeprefix("gatepost/unit/"): json.loads(p.payload) for p in said}

    def rows(self) -> list[tuple[Any, ...]]:
        """The visits as they stand on the card."""
        return self.database.rows("SELECT seq, way, fate, partner FROM moves ORDER BY seq")


def _passage(number: int, way: str, plate: str, region: str = "gb", **changes: Any) -> Passage:  # noqa: ANN401
    read = replace(SETTLED.read, text=plate, region=region)
    passage = replace(
        PASSAGE,
        uuid=f"01JD3K7W6Y8ZB2Q4XN{number:08d}",
        settled=replace(SETTLED, read=read, direction=WAYS.get(way, "unknown")),
        epoch_ms=NOW_MS + number * HOUR_MS,
    )
    return replace(passage, **changes)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A new file."""
    made = Bench(tmp_path / "passages.sqlite")
    with closing(made.database):
        yield made


def test_occupancy_is_published_without_a_plate(bench: Bench) -> None:
    """Retained, with what is free; again on a change and on a new connection only."""
    bench.come(1, "in")
    bench.come(2, "in", PLATES[1])
    bench.yard.catch_up()
    (said,) = [p for p in bench.yard.news(1, NOW_MS, "ntp") if p.topic.endswith("/parking")]
    assert said.retained
    assert json.loads(said.payload) == {
        "v": 1, "free": 1, "occupancy": 2, "capacity": 3, "overstays": 0, "nameless": 0,
        "forgotten": 0,
    }  # fmt: skip
    assert bench.news() == {}
    assert set(bench.news(session=2)) == {"parking", "stats"}
    bench.come(3, "out")
    assert bench.news(session=2)["parking"]["occupancy"] == 1


def test_without_a_connection_nothing_is_said(bench: Bench) -> None:
    """Nor noted as said."""
    bench.come(1, "in")
    assert bench.news(session=0) == {}
    assert bench.news()["parking"]["occupancy"] == 1


def test_an_overstay_is_told_once(bench: Bench) -> None:
    """With the id of the passage that went in, its list and hours; not after a restart either."""
    bench.come(1, "in")
    assert "parking/overstay" not in bench.news(NOW_MS + 3 * HOUR_MS)
    said = bench.news(NOW_MS + 4 * HOUR_MS)
    assert said["parking/overstay"] == {
        "v": 1, "uuid": "01JD3K7W6Y8ZB2Q4XN00000001", "list": "unknown", "hours": 3.0,
        "limit_hours": 2.0,
    }  # fmt: skip
    assert said["parking"]["overstays"] == 1
    bench.yard = bench.new_yard()
    assert "parking/overstay" not in bench.news(NOW_MS + 5 * HOUR_MS, session=2)
    bench.come(6, "out")
    assert bench.news(NOW_MS + 6 * HOUR_MS, session=2)["parking"]["overstays"] == 0


def test_an_overstay_is_a_live_message(bench: Bench) -> None:
    """Not retained: who comes later finds the number."""
    bench.come(1, "in")
    bench.yard.catch_up()
    said = bench.yard.news(1, NOW_MS + 9 * HOUR_MS, "ntp")
    (alert,) = [p for p in said if p.topic.endswith("overstay")]
    assert not alert.retained
    assert alert.expiry_s


def test_no_overstay_by_a_clock_that_nobody_vouches_for(bench: Bench) -> None:
    """Neither now nor when the visit began; a recording has no clock."""
    bench.come(1, "in", clock="none", recorded=True)
    bench.come(2, "in", PLATES[1])
    bench.yard.catch_up()
    late_ms = NOW_MS + 50 * HOUR_MS
    assert not [p for p in bench.yard.news(1, late_ms, "none") if "overstay" in p.topic]
    (alert,) = [p for p in bench.yard.news(1, late_ms, "ntp") if "overstay" in p.topic]
    assert json.loads(alert.payload)["uuid"].endswith("2")


def test_a_late_passage_counts_in_its_own_time(bench: Bench) -> None:
    """A way in that becomes known after its way out closes the visit all the same."""
    bench.come(5, "out")
    bench.come(7, "in", PLATES[1])
    assert bench.news()["parking"]["occupancy"] == 1
    bench.come(3, "in")
    assert "parking" not in bench.news()
    assert bench.rows() == [(1, "out", "left", 3), (2, "in", "open", 0), (3, "in", "left", 1)]


def test_late_passages_change_no_more_than_they_must(bench: Bench) -> None:
    """The lane waits for the transaction: not every visit is written anew for every late one.

    After the clock was set back each passage is late; 20 of them beside 2,000 took a minute.
    """
    for number in range(100, 300):
        bench.come(number, "in", f"{number:07d}")
    bench.yard.catch_up()
    for number in range(50):
        bench.come(number, "in", f"{number:07d}")
    (before,) = bench.database.rows("SELECT total_changes()")
    bench.yard.catch_up()
    (after,) = bench.database.rows("SELECT total_changes()")
    assert after[0] - before[0] < 5 * 50
    assert bench.yard._lot.occupancy == 250


def test_the_same_passage_counts_once(bench: Bench) -> None:
    """A recording that is played again changes nothing."""
    for _ in range(3):
        bench.come(1, "in")
        assert bench.news(session=1).get("parking", {"occupancy": 1})["occupancy"] == 1


def test_no_visit_is_kept_that_nobody_asked_for(tmp_path: Path) -> None:
    """Without `entering`; traffic is counted, nothing is said of parking."""
    bench = Bench(tmp_path / "passages.sqlite", Parking())
    bench.come(-1, "in")
    assert set(bench.news()) == {"stats"}
    assert bench.rows() == []


def test_an_open_visit_is_forgotten_with_its_passage(bench: Bench) -> None:
    """Occupancy falls and says so; nothing of the plate is left on the disk."""
    bench.come(1, "in", "ZZ99SECRET")
    bench.come(2, "in", PLATES[1])
    bench.news()
    before_ms = NOW_MS + 2 * HOUR_MS
    bench.yard.forget(before_ms, before_ms)
    bench.passages.forget(before_ms)
    said = bench.news()["parking"]
    assert (said["occupancy"], said["forgotten"]) == (1, 1)
    assert b"ZZ99SECRET" not in b"".join(p.read_bytes() for p in bench.path.parent.iterdir())
    assert bench.new_yard()._lot.occupancy == 1


def test_both_ends_of_an_ended_visit_are_forgotten_together(bench: Bench) -> None:
    """A way out without its way in would look like somebody else's."""
    bench.come(1, "in")
    bench.come(2, "in", PLATES[1])
    bench.come(5, "out")
    bench.news()
    bench.yard.forget(NOW_MS + 2 * HOUR_MS, NOW_MS)
    assert bench.rows() == [(2, "in", "open", 0)]
    assert bench.news(session=2)["parking"]["forgotten"] == 0


def test_erased_passages_take_their_visits_with_them(bench: Bench) -> None:
    """Open ones, which is counted, and both ends of ended ones; a restart sees the same."""
    seqs = [bench.come(1, "in"), bench.come(2, "in", PLATES[1]), bench.come(3, "out", PLATES[1])]
    bench.come(4, "in", PLATES[2])
    bench.yard.erase(seqs[:2])
    assert bench.rows() == [(4, "in", "open", 0)]
    after = bench.news()["parking"]
    assert (after["occupancy"], after["forgotten"]) == (1, 1)
    bench.yard = bench.new_yard()
    assert bench.news()["parking"] == after


def test_an_erased_way_out_that_was_nobodys_still_counts(bench: Bench) -> None:
    """Without its plate: one vehicle less is inside."""
    bench.come(1, "in")
    seq = bench.come(2, "out", PLATES[1])
    before = bench.news()["parking"]
    bench.yard.erase([seq])
    assert bench.database.rows("SELECT plate FROM moves WHERE seq = ?", (seq,)) == [("",)]
    bench.yard = bench.new_yard()
    assert bench.news(session=2)["parking"] == before
    bench.come(0, "in", PLATES[2])
    assert bench.news()["parking"]["occupancy"] == before["occupancy"] + 1


def test_visits_move_with_the_clock(bench: Bench) -> None:
    """A unit that learns the time is not a car park full of overstays."""
    bench.come(1, "in")
    bench.news()
    bench.passages.move_in_time(1, 50 * HOUR_MS)
    bench.yard.realign()
    assert "parking/overstay" not in bench.news(NOW_MS + 52 * HOUR_MS)
    assert "parking/overstay" in bench.news(NOW_MS + 54 * HOUR_MS)


def test_a_turn_counts_no_longer_than_it_may(bench: Bench) -> None:
    """Of a large history a part each time; nobody is counted twice, nobody is left out."""
    for number in range(120):
        bench.come(number, "in", f"AB{number:03d}CD")
    told = []
    while not bench.yard.catch_up(0.0):
        told.append(bench.database.rows("SELECT count(*) FROM moves")[0][0])
    assert told == [50, 100]
    assert bench.database.rows("SELECT count(*) FROM moves") == [(120,)]
    assert bench.database.rows("SELECT sum(vehicles) FROM traffic") == [(120,)]


def test_stats_are_of_the_last_whole_hour(bench: Bench) -> None:
    """Told a minute after its end and on each connection; a region of few is not named."""
    for number in range(6):
        bench.come(number, "in", f"AB1{number}CDE", epoch_ms=NOW_MS + number * 1000)
    bench.come(7, "out", PLATES[1], region="li", epoch_ms=NOW_MS + 9000)
    assert bench.news(NOW_MS + HOUR_MS + 59_000)["stats"]["total"] == 0
    said = bench.news(NOW_MS + HOUR_MS + 60_000)["stats"]
    assert (said["total"], said["approaching"], said["receding"], said["unknown"]) == (7, 6, 1, 0)
    assert said["regions"] == [
        {"direction": "approaching", "region": "gb", "vehicles": 6},
        {"direction": "receding", "region": "other", "vehicles": 1},
    ]
    assert "stats" not in bench.news(NOW_MS + HOUR_MS + 70_000)
    assert "stats" in bench.news(NOW_MS + HOUR_MS + 70_000, session=2)


def test_a_rare_region_is_forgotten_when_its_hour_is_over(bench: Bench) -> None:
    """In the file itself, for counts outlive the passages; they too go after their time."""
    bench.come(0, "in", region="li")
    bench.yard.catch_up()
    regions = "SELECT region, vehicles FROM traffic"
    bench.yard.forget(0, NOW_MS + HOUR_MS)
    assert bench.database.rows(regions) == [("li", 1)]
    bench.yard.forget(0, NOW_MS + HOUR_MS + 60_000)
    assert bench.database.rows(regions) == [("other", 1)]
    bench.yard.forget(0, NOW_MS + 402 * 24 * HOUR_MS)
    assert bench.database.rows(regions) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    moves=st.lists(
        st.tuples(st.integers(1, 15), st.sampled_from(["in", "out"]), st.sampled_from(PLATES)),
        max_size=15,
        unique_by=lambda step: step[0],
    ),
    often=st.integers(1, 4),
)
def test_in_whatever_order_passages_come_and_the_unit_restarts(
    tmp_path_factory: pytest.TempPathFactory,
    moves: list[tuple[int, str, str]],
    often: int,
) -> None:
    """The same visits as if all had come in time, duplicates and restarts or not."""
    folder = tmp_path_factory.mktemp("yard")
    shuffled, ordered = Bench(folder / "one.sqlite"), Bench(folder / "other.sqlite")
    for turn, step in enumerate(moves):
        shuffled.come(*step)
        shuffled.come(*moves[0])
        if turn % often == 0:
            shuffled.yard.catch_up()
        if turn % 3 == 0:
            shuffled.yard = shuffled.new_yard()
    shuffled.yard.catch_up()
    for step in sorted(moves):
        ordered.come(*step)
    ordered.yard.catch_up()
    by_uuid = "SELECT uuid, fate FROM moves ORDER BY uuid"
    assert shuffled.database.rows(by_uuid) == ordered.database.rows(by_uuid)
    assert shuffled.yard._lot.visits == shuffled.new_yard()._lot.visits
    assert shuffled.yard._lot.occupancy == ordered.yard._lot.occupancy
    shuffled.database.close()
    ordered.database.close()


def test_sigkill_in_the_middle_counts_nothing_twice_and_loses_nothing(bench: Bench) -> None:
    """A counting process is killed again and again; in the end each passage has counted once."""
    decision = Decision("unknown", "ignore", "")
    for number in range(1500):
        way = "out" if number % 3 == 2 else "in"
        bench.come(number, way, f"{number - number % 3 + number % 2 * 7:07d}", decision=decision)
    kills = 0
    while bench.yard._visits.uncounted(1):
        command = [sys.executable, "-c", COUNTING, str(bench.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as counting:
            assert counting.stdout is not None
            counting.stdout.readline()
            mark = _mark(bench)
            until(lambda: _mark(bench) > mark or counting.poll() is not None, "it counts")  # noqa: B023
            counting.kill()
            kills += 1
    assert kills > 1
    assert bench.database.rows("SELECT sum(vehicles) FROM traffic") == [(1500,)]
    assert bench.database.rows("SELECT count(*) FROM moves") == [(1500,)]
    _assert_as_if_never_killed(bench)


def _assert_as_if_never_killed(bench: Bench) -> None:
    fates = bench.rows()
    bench.database.change("DELETE FROM moves")
    bench.database.change("UPDATE counters SET value = 0 WHERE name = 'yard_seq'")
    again = bench.new_yard()
    assert again.catch_up(PATIENCE_S)
    assert bench.rows() == fates


def _mark(bench: Bench) -> int:
    rows = bench.database.rows("SELECT value FROM counters WHERE name = 'yard_seq'")
    return int(rows[0][0])
