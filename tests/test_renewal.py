"""Updates as the unit sees them: what may be asked for, when it makes way, what it tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from appliance import __version__
from appliance.errand import NO_UPDATER, TAKEN_S, Errand
from appliance.errors import OrderError
from appliance.health import Health
from appliance.lookout import AGAIN_S, Lookout
from appliance.loops import QUIET_S, is_quiet
from appliance.renewal import HOUR_S, MOST_WAIT_S, Renewal
from appliance.respond.gate import Gate
from appliance.transmit.messages import Topics
from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.progress import Desk, reporting
from appliance.update.question import Answer, Question
from appliance.update.shelf import Shelf
from appliance.update.trial import Deployment
from appliance.update.window import day_of, is_due
from appliance.updatesection import Update
from appliance.weekly import parse_span
from tests.wire import objections

NEW = Deployment("0.2.0-1", "0.2.0", 1)
OFFERED = Answer("0.2.0", "better at night", "", 7)
NIGHT = datetime(2026, 11, 21, 3, 45, tzinfo=timezone.utc)


class Bench:
    """A unit's renewal with everything that it looks at."""

    def __init__(self, folder: Path, **more: Any) -> None:  # noqa: ANN401  # fields of Renewal
        """Nothing was ever installed, and nothing is known of any offer."""
        self.now, self.local, self.is_quiet = 1000.0, NIGHT, True
        self.folder, self.more = folder, more
        (folder / "gatepost").mkdir(exist_ok=True)
        self.desk, self.shelf = Desk(folder), Shelf(folder / "updates", Disk())
        self.health = Health()
        update = Update(url="https://u.example", root_file=folder / "root.pub")
        nowhere = Question(unit="u", update=update, reads=1, memory=folder, shelf=folder)
        self.lookout = Lookout(nowhere, folder / "offer.json", 86400.0, monotonic=lambda: self.now)
        self.renewal = self.started()

    def started(self) -> Renewal:
        """A process of the unit, from its start."""
        made: dict[str, Any] = {
            "window": None,
            "topics": Topics("unit"),
            "shelf": self.shelf,
            "errand": Errand(self.desk, lambda: self.now),
            "health": self.health,
            "lookout": self.lookout,
            "is_quiet": lambda: self.is_quiet,
            "local": lambda: self.local,
            "monotonic": lambda: self.now,
        }
        return Renewal(**made | self.more)

    def turn(self, clock: str = "ntp") -> None:
        """What the loop does each second."""
        self.renewal.turn(clock, reached=True)  # type: ignore[arg-type]

    def carry_out(self, why: str = "") -> None:
        """What an updater does: put the release on trial, or fail."""
        with reporting(self.desk, taken(self)) as report:
            if why:
                report.tell("failed", why=why)
                return
            self.shelf.change(lambda before: trial.put_on_trial(before, NEW, reached=False))
            report.tell("waiting")

    def told(self, session: int = 1, clock: str = "ntp") -> Mapping[str, dict[str, Any]]:
        """What is published now, by topic; each obeys its schema."""
        new = self.renewal.news(session, clock)  # type: ignore[arg-type]
        assert all(each.retained for each in new)
        assert [fault for each in new for fault in objections(each.topic, each.payload)] == []
        return {each.topic.rpartition("/")[2]: json.loads(each.payload) for each in new}


def taken(bench: Bench) -> str:
    """The version of a request, which is gone then."""
    request = bench.desk.take()
    assert request is not None
    return request.version


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Where 0.2.0 is offered."""
    made = Bench(tmp_path)
    made.lookout.answer = OFFERED
    return made


def test_a_release_is_asked_for_and_tried_at_the_next_start(bench: Bench) -> None:
    """From the order to the end of the process, and the next one is of it."""
    bench.turn()
    bench.renewal.ask(b"install\n")
    told = json.loads(bench.desk.request.read_bytes())
    assert told == {"version": "0.2.0", "reached": True}
    bench.turn()
    assert (bench.renewal.is_busy, bench.renewal.is_over) == (True, False)
    bench.carry_out()
    bench.turn()
    assert bench.renewal.is_over
    bench.shelf.change(lambda before: trial.start(before, "boot"))
    after = bench.started()
    after.turn("ntp", reached=True)
    assert (after.is_busy, after.is_over, after.fault()) == (False, False, "")


def test_an_order_that_comes_twice_asks_once(bench: Bench) -> None:
    """As QoS 1 allows: before it is taken, while it is done, and when it waits."""
    bench.renewal.ask(b"install")
    before = bench.desk.request.stat().st_ino
    bench.renewal.ask(b"install")
    assert bench.desk.request.stat().st_ino == before
    with reporting(bench.desk, taken(bench)) as report:
        bench.turn()
        bench.renewal.ask(b"install")
        assert not bench.desk.request.exists()
        bench.shelf.change(lambda before: trial.put_on_trial(before, NEW, reached=False))
        report.tell("waiting")
    bench.turn()
    bench.renewal.ask(b"install")
    assert not bench.desk.request.exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "update: nothing to install: nobody has looked yet"),
        (Answer(why="nothing is newer than 0.1.0"), "nothing to install: nothing is newer than"),
        (Answer(__version__, sequence=3), "update: nothing to install"),
        (Answer("0.0.9"), "update: nothing to install"),
    ],
)
def test_what_is_not_offered_cannot_be_asked_for(
    bench: Bench, answer: Answer | None, words: str
) -> None:
    """As when the order comes once more after the restart."""
    bench.lookout.answer = answer
    with pytest.raises(OrderError, match=words):
        bench.renewal.ask(b"install")
    assert not bench.desk.request.exists()


def test_what_failed_here_cannot_be_asked_for(bench: Bench) -> None:
    """Nor is it shown; the problem stays until there is a newer one."""
    for step in (
        lambda before: trial.put_on_trial(before, NEW, reached=False),
        lambda before: trial.start(before, "boot"),
        lambda before: trial.give_up(before, "it ended"),
    ):
        bench.shelf.change(step)
    bench.turn()
    with pytest.raises(OrderError, match=r"nothing to install: 0\.2\.0 failed: it ended"):
        bench.renewal.ask(b"install")
    assert bench.health.snapshot().problems == ("update: 0.2.0 failed here: it ended",)
    assert bench.told()["update"]["latest_version"] == __version__


@pytest.mark.parametrize("wanted", [b"", b"restart", b"install 0.2.0", b"\xff"])
def test_another_order_is_refused(bench: Bench, wanted: bytes) -> None:
    """In words that name the two."""
    with pytest.raises(OrderError, match="update: expected install or check"):
        bench.renewal.ask(wanted)


def test_a_look_may_be_asked_for(bench: Bench) -> None:
    """And comes with the next turn."""
    bench.renewal.ask(b"check")
    assert bench.lookout.due_at == bench.now


def test_without_an_address_there_is_nothing_to_ask_for(tmp_path: Path) -> None:
    """The order says which key is missing."""
    bench = Bench(tmp_path, lookout=None)
    with pytest.raises(OrderError, match=r"update\.url is missing"):
        bench.renewal.ask(b"install")
    assert set(bench.told()) == {"release"}


def test_no_updater_is_told(bench: Bench) -> None:
    """As a problem of the unit too, until somebody asks again."""
    bench.renewal.ask(b"install")
    bench.now += TAKEN_S + 1
    bench.turn()
    assert bench.health.snapshot().problems == (f"update: {NO_UPDATER}",)
    assert bench.told()["release"]["fault"] == NO_UPDATER
    bench.renewal.ask(b"install")
    bench.turn()
    assert bench.health.snapshot().problems == ()


def test_a_unit_without_a_run_time_folder_says_so(bench: Bench) -> None:
    """Nobody would find the request."""
    bench.desk.request.parent.rmdir()
    with pytest.raises(OrderError, match=r"update: no updater here: .*No such file"):
        bench.renewal.ask(b"install")


def test_a_fault_of_the_updater_is_told(bench: Bench) -> None:
    """In its words, and the release may be asked for again."""
    bench.renewal.ask(b"install")
    bench.carry_out("space: none is left")
    bench.turn()
    assert bench.health.snapshot().problems == ("update: 0.2.0: space: none is left",)
    assert bench.renewal.available == "0.2.0"
    assert not bench.renewal.is_busy


def test_the_unit_waits_for_who_is_before_the_gate(bench: Bench) -> None:
    """For minutes: a vehicle that is parked there does not keep a release from it."""
    bench.is_quiet = False
    bench.renewal.ask(b"install")
    bench.carry_out()
    bench.turn()
    bench.now += MOST_WAIT_S - 1
    bench.turn()
    assert not bench.renewal.is_over
    assert bench.told()["update"]["in_progress"]
    bench.now += 1
    bench.turn()
    assert bench.renewal.is_over


def test_it_is_quiet_without_a_plate_and_with_the_gate_at_rest() -> None:
    """Not just after the start either, when nobody knows yet who stands there."""
    now, health = [1000.0], Health()
    gate = Gate(0.5, 5.0, None, lambda: now[0])
    assert not is_quiet(health, None)
    health._began_at -= QUIET_S
    assert is_quiet(health, None)
    assert not is_quiet(health, gate), "the pause of the start"
    now[0] += 5.0
    assert is_quiet(health, gate)
    gate.open("uuid", fresh=True)
    assert not is_quiet(health, gate)
    now[0] += 5.5
    assert is_quiet(health, gate)
    health.noticed()
    assert not is_quiet(health, gate)


def test_a_start_that_tried_nothing_is_followed_by_no_other(bench: Bench) -> None:
    """As where the service is not started by the launcher: told, and the unit stays."""
    bench.renewal.ask(b"install")
    bench.carry_out()
    bench.turn()
    assert bench.renewal.is_over
    bench.renewal = bench.started()
    for _ in range(3):
        bench.turn()
        assert not bench.renewal.is_over
    (problem,) = bench.health.snapshot().problems
    assert problem.startswith("update: 0.2.0 is installed and no start tried it")


def test_what_a_person_installed_waits_for_that_person(bench: Bench) -> None:
    """Who typed it was told to start the unit anew."""
    bench.shelf.change(lambda before: trial.put_on_trial(before, NEW, reached=False))
    bench.turn()
    assert (bench.renewal.is_busy, bench.renewal.is_over) == (False, False)
    assert bench.told()["release"]["trial"] == {"version": "0.2.0", "starts": 0}


def test_where_the_board_is_started_anew_the_unit_stays(tmp_path: Path) -> None:
    """It says that nobody is before the gate; whoever installed waits for that."""
    bench = Bench(tmp_path, reboots=True)
    bench.lookout.answer, bench.is_quiet = OFFERED, False
    bench.renewal.ask(b"install")
    bench.carry_out()
    bench.turn()
    assert not bench.desk.quiet.exists()
    bench.is_quiet = True
    bench.turn()
    assert bench.desk.quiet.exists()
    assert not bench.renewal.is_over
    assert bench.started().fault() == "", "a restart of the unit alone is no start of the release"


def test_it_tells_what_has_changed_and_all_of_it_to_who_is_new(bench: Bench) -> None:
    """And once an hour, for what it tells has a time."""
    assert set(bench.told()) == {"release", "update"}
    assert bench.told() == {}
    bench.renewal.ask(b"install")
    with reporting(bench.desk, taken(bench)) as report:
        report.tell("download", 0)
        bench.turn()
        assert [bench.told()["update"]["update_percentage"]] == [0]
        report.tell("download", 37)
        bench.turn()
        assert bench.told() == {
            "update": {
                "installed_version": __version__,
                "latest_version": "0.2.0",
                "title": "Gatepost",
                "release_summary": "better at night",
                "update_percentage": 37,
                "in_progress": True,
            }
        }
        report.tell("failed")
    bench.turn()
    told = bench.told()
    assert (told["update"]["in_progress"], told["update"]["update_percentage"]) == (False, None)
    assert set(bench.told(session=2)) == {"release", "update"}
    bench.now += HOUR_S
    assert set(bench.told(session=2)) == {"release", "update"}


def test_nobody_vouches_for_a_time_without_a_clock(bench: Bench) -> None:
    """Then there is none."""
    assert bench.told(clock="none")["release"]["at"] is None
    assert bench.told(session=2)["release"]["at"] == "2026-11-21T03:45:00Z"


def test_what_nobody_knows_is_left_out(bench: Bench) -> None:
    """Home Assistant drops a message with null for a version."""
    bench.lookout.answer = None
    assert "latest_version" not in bench.told()["update"]
    bench.lookout.answer = Answer(why="nothing is newer", sequence=3)
    assert bench.told()["update"]["latest_version"] == __version__


def test_a_report_says_what_became_of_the_last_release(tmp_path: Path) -> None:
    """And, where the system has two, which slot runs."""
    bench = Bench(tmp_path, slots=lambda: {"booted": "B", "committed": "A"})
    for step in (
        lambda before: trial.seen(before, 12, 0),
        lambda before: trial.put_on_trial(before, NEW, reached=False),
        lambda before: trial.start(before, "boot"),
    ):
        bench.shelf.change(step)
    bench.turn()
    told = bench.told()["release"]
    assert told["trial"] == {"version": "0.2.0", "starts": 1}
    assert told["slots"] == {"booted": "B", "committed": "A"}
    assert (told["sequence"], told["available"]) == (12, None)
    bench.shelf.change(lambda before: trial.give_up(before, "nothing stored"))
    bench.turn()
    told = bench.told()["release"]
    assert (told["trial"], told["last"]) == (None, "0.2.0 failed: nothing stored")
    assert told["failed"] == {"0.2.0": "nothing stored"}


def test_a_state_that_is_odd_does_not_end_the_unit(bench: Bench) -> None:
    """What lies on the card may be of another release, or damaged."""
    bench.shelf.change(lambda before: replace(before, failed={"newest": "?", "0.9.0": "it ended"}))
    bench.turn()
    assert bench.health.snapshot().problems == ("update: 0.9.0 failed here: it ended",)
    bench.shelf.state.write_bytes(b"{}")
    bench.turn()
    assert bench.health.snapshot().problems == ()


def test_it_installs_by_itself_once_in_its_window(tmp_path: Path) -> None:
    """In local time, where somebody vouches for it; after a fault again the next night."""
    bench = Bench(tmp_path, window=parse_span("03:00-04:00"))
    bench.lookout.answer = OFFERED
    bench.local = NIGHT - timedelta(hours=1)
    bench.turn()
    assert not bench.desk.request.exists()
    bench.local = NIGHT
    bench.turn(clock="none")
    assert not bench.desk.request.exists()
    bench.turn()
    assert bench.desk.request.exists()
    bench.carry_out("hash: another file")
    for _ in range(3):
        bench.turn()
        assert not bench.desk.request.exists()
    bench.local = NIGHT + timedelta(days=1)
    bench.turn()
    assert bench.desk.request.exists()


def test_it_tells_where_it_could_not_ask_by_itself(tmp_path: Path) -> None:
    """Nobody gave an order that could be answered."""
    bench = Bench(tmp_path, window=parse_span("03:00-04:00"))
    bench.lookout.answer = OFFERED
    bench.desk.request.parent.rmdir()
    bench.turn()
    (problem,) = bench.health.snapshot().problems
    assert problem.startswith("update: no updater here: ")


@pytest.mark.parametrize("window", ["03:00-04:00", "23:30-00:30", "sat 22:00-06:00"])
def test_a_fleet_begins_in_the_first_half_of_its_window(window: str) -> None:
    """Each unit at its own minute, until the end; none outside; all of it is one night."""
    span = parse_span(window)
    saturday = datetime(2026, 11, 21, tzinfo=timezone.utc)
    begin = saturday + timedelta(minutes=span.begin)
    length = (span.end - span.begin) % 1440
    minutes = range(-60, length + 60)
    counts = [
        sum(is_due(span, f"u{n}", begin + timedelta(minutes=m)) for n in range(40)) for m in minutes
    ]
    inside = dict(zip(minutes, counts, strict=True))
    assert not any(count for minute, count in inside.items() if not 0 <= minute < length)
    assert inside[0] < 10
    assert {inside[minute] for minute in range(length // 2 + 1, length)} == {40}
    nights = {day_of(span, begin + timedelta(minutes=minute)) for minute in range(length)}
    assert nights == {begin.date()}


def test_a_look_and_an_installation_are_never_at_once(bench: Bench) -> None:
    """Both want the folder of updates for themselves."""
    steps: list[Callable[[], None]] = [lambda: bench.renewal.ask(b"install"), bench.turn]
    bench.lookout.command = ("sleep", "60")
    bench.lookout.hurry()
    bench.turn()
    assert bench.lookout.is_looking
    for step in steps:
        step()
        assert not bench.lookout.is_looking
    assert bench.lookout.due_at == bench.now + AGAIN_S, "the look is made up for"
    bench.lookout.hurry()
    bench.turn()
    assert not bench.lookout.is_looking
