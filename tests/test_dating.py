"""No wrong clock makes a record old, and none keeps it for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.dating import Dating
from appliance.domain import Clock
from appliance.store.database import Database
from appliance.store.passages import Passages
from appliance.transmit.messages import passage_body
from tests.conftest import UNIT, numbered

REAL = time.time
HOUR_S, DAY_S = 3600.0, 86400.0
KEEP_S = 72 * HOUR_S
SLACK_S = 5.0
SetClock = Callable[[float], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Lets the wall clock be so many seconds ahead of the truth."""

    def ahead(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: REAL() + seconds)

    return ahead


@dataclass
class Life:
    """A unit's history over its processes."""

    path: Path
    clock: Clock = "none"
    passages: Passages = field(init=False)
    dating: Dating = field(init=False)

    def __post_init__(self) -> None:
        """The first process."""
        self.restart()

    def restart(self) -> None:
        """Another process: what the one before wrote is not its own; it looks at the clock."""
        database = Database(self.path)
        database.change("UPDATE passages SET written_by = 'another'")
        self.passages = Passages(database, None)
        self.dating = Dating(self.passages, None)
        self.turn()

    def turn(self, clock: Clock | None = None) -> None:
        """What the loop does each second, and a round of retention."""
        self.clock = clock or self.clock
        self.dating.turn(self.clock)
        if self.clock == "ntp":
            self.passages.date_back()
        self.passages.forget(self.passages.keeping.now_ms() - round(KEEP_S * 1000))

    def come(self, ago_s: float = 0.0) -> None:
        """Somebody goes by; dated as the lane would."""
        epoch_ms = round((time.time() - ago_s) * 1000)
        number = self.passages.newest() + 1
        passage = numbered(number, epoch_ms=epoch_ms, clock=self.clock)
        self.passages.record(passage, passage_body(passage, UNIT, "m"), None)

    def ages_s(self) -> list[float]:
        """How old everything is to retention, oldest number first."""
        now_ms = self.passages.keeping.now_ms()
        rows = self.passages._database.rows("SELECT kept_from_ms FROM passages ORDER BY seq")
        return [(now_ms - kept_ms) / 1000 for (kept_ms,) in rows]


@pytest.fixture
def life(tmp_path: Path, set_clock: SetClock) -> Life:
    """A unit whose clock begins right, and nobody vouches for it."""
    set_clock(0.0)
    return Life(tmp_path / "passages.sqlite")


@pytest.mark.parametrize("ahead_s", [-20 * DAY_S, 20 * DAY_S, 3650 * DAY_S])
def test_a_clock_that_was_wrong_at_the_start_costs_no_record(
    life: Life, set_clock: SetClock, ahead_s: float
) -> None:
    """Recorded by a wrong clock, over a restart, until the time is known: as old as it is."""
    life.turn("ntp")
    life.come()
    life.dating.write_down("ntp")
    set_clock(ahead_s)
    life.clock = "none"
    life.restart()
    life.come()
    life.restart()
    life.come()
    set_clock(0.0)
    life.restart()
    life.turn("ntp")
    assert len(life.ages_s()) == 3
    assert all(-SLACK_S < age < SLACK_S for age in life.ages_s())


@pytest.mark.parametrize("jump_s", [-20 * DAY_S, 20 * DAY_S])
def test_a_clock_that_is_set_without_anybody_vouching_makes_nothing_older(
    life: Life, set_clock: SetClock, jump_s: float
) -> None:
    """While the unit runs: neither what was recorded before nor what is recorded after."""
    life.come()
    set_clock(jump_s)
    life.turn()
    life.come()
    life.turn()
    assert all(-SLACK_S < age < SLACK_S for age in life.ages_s())


def test_the_time_in_which_a_unit_was_off_counts_where_the_time_is_known(
    life: Life, set_clock: SetClock
) -> None:
    """A plate does not outlive its retention because the unit was switched off."""
    life.turn("ntp")
    life.come()
    life.dating.write_down("ntp")
    set_clock(KEEP_S + HOUR_S)
    life.restart()
    assert life.ages_s() == []


def test_what_was_recorded_without_a_clock_counts_from_its_being_known_at_the_latest(
    life: Life, set_clock: SetClock
) -> None:
    """Off for a month with it: nobody knows how old it is; it is moved once, and then forgotten."""
    life.come()
    life.dating.write_down("none")
    set_clock(30 * DAY_S)
    life.restart()
    life.turn("ntp")
    (age,) = life.ages_s()
    assert -SLACK_S < age < SLACK_S
    life.dating.write_down("ntp")
    set_clock(31 * DAY_S)
    life.restart()
    (age,) = life.ages_s()
    assert DAY_S - SLACK_S < age < DAY_S + SLACK_S
    set_clock(34 * DAY_S)
    life.restart()
    assert life.ages_s() == []


def test_a_unit_that_never_knows_the_time_forgets_all_the_same(
    life: Life, set_clock: SetClock
) -> None:
    """Though its clock begins at the same moment each time it is switched on."""
    life.come()
    for _ in range(80):
        set_clock(-3650 * DAY_S)
        life.restart()
        life.passages.keeping.hold(life.passages.keeping.now_ms() + round(HOUR_S * 1000))
        life.dating.write_down("none")
    life.turn()
    assert life.ages_s() == []


def test_what_lies_in_the_future_counts_from_now(life: Life, set_clock: SetClock) -> None:
    """A battery clock was ten years ahead; the process that noted it has ended since."""
    set_clock(3650 * DAY_S)
    life.turn("rtc")
    life.come()
    life.restart()
    set_clock(0.0)
    life.turn("ntp")
    (age,) = life.ages_s()
    assert -SLACK_S < age < SLACK_S


def test_a_clock_that_is_set_while_it_is_believed_moves_this_processs_passages(
    life: Life, set_clock: SetClock
) -> None:
    """As old after it as before."""
    life.turn("ntp")
    life.come(ago_s=HOUR_S)
    life.turn()
    set_clock(10 * DAY_S)
    life.turn()
    (age,) = life.ages_s()
    assert HOUR_S - SLACK_S < age < HOUR_S + SLACK_S


def test_it_is_written_once_an_hour(life: Life) -> None:
    """Whatever happens in each second of it."""
    before = life.passages.marks.get("kept_ms")
    assert before is not None
    for _ in range(100):
        life.turn()
    assert life.passages.marks.get("kept_ms") == before
    life.dating.write_at = 0.0
    life.turn()
    after = life.passages.marks.get("kept_ms")
    assert after is not None
    assert after > before
