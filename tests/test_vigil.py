"""What nobody else notices, and how little is written for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from appliance import vigil as vigil_module
from appliance.domain import Clock
from appliance.health import Health
from appliance.healthsection import HealthLimits
from appliance.hwmon import Fan
from appliance.store import reserve
from appliance.store.database import Database
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.store.passages import Passages
from appliance.vigil import Vigil
from tests.conftest import VITALS, numbered

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


@dataclass
class Watch:
    """A vigil whose time is set by hand."""

    folder: Path
    limits: HealthLimits = field(default_factory=lambda: HealthLimits(quiet_hours=5.0))
    clock: Clock = "ntp"
    told: int = 0  # passages of this process
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Open the store."""
        self.database = Database(self.folder / "passages.sqlite")
        self.lists, self.passages = ListStore(self.database), Passages(self.database, None)
        self.restart()

    def restart(self) -> None:
        """Another process takes over."""
        self.health, self.told = Health(), 0
        self.vigil = Vigil(
            self.health,
            self.limits,
            Marks(self.database),
            self.lists,
            self.folder,
            self.passages.newest,
            lambda: NOON + timedelta(seconds=self.seconds),
            lambda: self.seconds,
        )

    def go_on(self, hours: float, step_s: float = 30.0) -> list[str]:
        """Let time pass; gives the problems then."""
        for _ in range(round(hours * 3600 / step_s)):
            self.seconds += step_s
            self.vigil.turn(replace(VITALS, clock=self.clock, passages=self.told, throttled=()))
        return list(self.health.snapshot().problems)

    def come(self) -> None:
        """Somebody comes by."""
        self.told += 1
        number = self.passages.newest() + 1
        self.passages.record(numbered(number), "{}", None)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """From noon on, nobody has come by."""
    return Watch(tmp_path)


QUIET = ["no passage for 5 daytime hours"]


def test_a_lane_without_anybody_is_a_problem(watch: Watch) -> None:
    """After the hours that were asked for; the next who comes ends it."""
    assert watch.go_on(4.9) == []
    assert watch.go_on(0.2) == QUIET
    watch.come()
    assert watch.go_on(0.1) == []
    assert watch.go_on(4.8) == []


def test_a_night_is_no_problem(watch: Watch) -> None:
    """From 21:00 to 07:00 nobody is missed."""
    watch.go_on(3.0)
    watch.come()
    assert watch.go_on(6.0 + 10.0) == QUIET
    watch.come()
    watch.seconds += 5 * 3600 - 30  # nobody looked: the process was stopped
    assert watch.go_on(0.1) == []


def test_it_survives_a_restart_and_writes_once_an_hour(watch: Watch) -> None:
    """A unit that starts again and again must not forget that nobody comes."""
    marks = watch.vigil.marks
    watch.go_on(0.9)
    assert marks.get("quiet_seen_s") is None
    watch.go_on(3.2)
    assert marks.get("quiet_seen_s") == 3 * 3600 + 3600
    watch.vigil.write_down()
    watch.restart()
    assert watch.go_on(1.0) == QUIET


def test_who_came_meanwhile_is_not_forgotten_by_a_restart(watch: Watch) -> None:
    """The process died before it wrote again: the history knows better."""
    watch.go_on(4.5)
    watch.vigil.write_down()
    watch.come()
    watch.restart()
    assert watch.go_on(4.5) == []


def test_without_a_clock_nobody_is_missed_too_early(watch: Watch) -> None:
    """Right after a start without the time: ten hours of night may lie in it."""
    watch.clock = "none"
    assert watch.go_on(14.9) == []
    assert watch.go_on(0.2) == QUIET


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """A gate that is used twice a year."""
    watch = Watch(tmp_path, HealthLimits(quiet_hours=0))
    assert watch.go_on(40.0) == []


def test_a_disk_that_fills_is_a_problem(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is full; in the same words while it fills, or each megabyte would be told."""
    free = watch.vigil.disk()
    assert free is not None
    assert 0 <= free.free_percent <= 100
    least_mb = free.free_mb + 1_000_000
    monkeypatch.setattr(vigil_module, "LEAST_FREE_MB", least_mb)
    (problem,) = watch.go_on(0.01)
    assert (watch.folder / reserve.NAME).exists()
    assert problem == f"the disk is nearly full: less than {least_mb} MB are free"
    watch.vigil.folder = watch.folder / "nowhere"
    assert watch.vigil.disk() is None


def test_a_slow_processor_is_a_problem(watch: Watch) -> None:
    """In the kernel's words, for as long as it is so and a minute longer."""
    told = []
    for reasons in [("throttled",), (), ("throttled", "soft temperature limit"), (), (), ()]:
        watch.seconds += 29
        watch.vigil.turn(replace(VITALS, throttled=reasons), is_due=False)
        told.append(watch.health.snapshot().problems)
    slow = "the processor is slowed down: throttled"
    assert told == [(slow,)] * 2 + [(f"{slow}, soft temperature limit",)] * 3 + [()]


def test_a_weak_supply_is_told_in_words_of_its_own(watch: Watch) -> None:
    """It can be mended, and no processor is at fault."""
    watch.vigil.turn(replace(VITALS, throttled=("under-voltage", "over-current")))
    assert watch.health.snapshot().problems == (
        "over-current: the board takes more than it may",
        "under-voltage: the power supply or its cable is too weak",
    )


def test_a_list_is_as_old_as_what_was_said_of_it_last(watch: Watch) -> None:
    """The same again makes it young; nobody knows the age without a clock, or of an older one."""
    watch.vigil.limits = HealthLimits(list_days=2, quiet_hours=0)
    assert watch.vigil.ages(VITALS)["allowed"].age_h is None
    watch.lists.add("allowed", "AB12CDE", '{"plate":"AB12CDE"}')
    said_ms = watch.lists.said_ms("allowed")
    assert said_ms is not None
    watch.vigil.local = lambda: datetime.fromtimestamp(said_ms / 1000 + 49 * 3600, timezone.utc)
    told = watch.vigil.ages(VITALS)["allowed"]
    assert (told.count, told.age_h) == (1, 49.0)
    assert watch.health.snapshot().problems == ("the list allowed is 2 days old",)
    assert watch.vigil.ages(replace(VITALS, clock="none"))["allowed"].age_h is None
    watch.lists.add("allowed", "AB12CDE", '{"plate":"AB12CDE"}')
    watch.vigil.local = lambda: datetime.fromtimestamp(said_ms / 1000 + 3600, timezone.utc)
    assert watch.vigil.ages(VITALS)["allowed"].age_h in {0.9, 1.0}
    assert watch.health.snapshot().problems == ()


def test_each_store_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Drawn once, and the same for every process that opens the file."""
    names = [Marks(Database(tmp_path / file)).store for file in ("a", "a", "b")]
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 8


def test_a_fan_that_does_not_turn_is_a_problem(watch: Watch) -> None:
    """Once it has been driven for a minute; one that is off, or says nothing, is none."""
    stuck = ("the fan is driven and does not turn",)
    told = []
    for fan in [Fan(60, 0), Fan(60, 0), Fan(60, 0), Fan(60, 1900), Fan(0, 0), Fan(60, None), None]:
        watch.seconds += 31
        watch.vigil.turn(replace(VITALS, throttled=(), fan=fan), is_due=False)
        told.append(watch.health.snapshot().problems)
    assert told == [(), stuck, stuck, (), (), (), ()]
