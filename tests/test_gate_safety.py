"""The gate's promise: one pulse for each allowed passage of now, and none for anything else.

Lane, policy, gate and guardian are the real ones, over a stand-in for the library of the pins.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import numpy as np
import pytest
from ulid import ULID

from appliance import sight, wiring
from appliance.access import Gate as GateTerms
from appliance.access import Rule
from appliance.capture.video import RecordedCamera
from appliance.config import Camera, Config
from appliance.contact import FakeContact
from appliance.decision import Match
from appliance.domain import Detection, Frame, Quad, Settled, Sighting
from appliance.entrance import OTHERWISE
from appliance.errors import GatepostError, LineError, StoreError
from appliance.health import Health
from appliance.pipeline import FRESH_S
from appliance.resolve.arrival import ARRIVAL_S, Arrivals
from appliance.source import live_source, replay_source
from appliance.stamp import Stamped
from tests.conftest import PATIENCE_S, PIN, SETTLED, until
from tests.gate_bench import ALLOWED, PAUSE_S, Bench, Blind, HandClock
from tests.gate_unit import open_for_ever
from tests.resolve.scenes import vehicle
from tests.standin import Pins

ROUNDS, UNITS = 5, 20  # a hundred instants
SHORT_S, LONG_S = 0.1, 10.0  # pulses: one ended mostly by its deadline, one by the unit's death
ORDERED_S = 0.05  # an order that was read in the very moment of the death may still begin
CORNERS = Quad(((812.0, 440.0), (1010.0, 440.0), (1010.0, 491.0), (812.0, 491.0)))
STOOD = Sighting(1, 0.0, Detection(CORNERS, 0.9), replace(SETTLED.read, text=""))
SECOND_FACTOR = {"second_factor": "confirm_line", "second_factor_s": 10.0}
CLIP = Path(__file__).parent / "data" / "lane.mp4"


@dataclass(frozen=True)
class Same:
    """A stamp that gives every track the same id."""

    uuid: str = "01JD3K7W6Y8ZB2Q4XN5T0V9M3C"
    recorded: ClassVar[bool] = False

    def __call__(self, _settled: Settled, _uuid: str | None = None) -> Stamped:
        """The same."""
        return Stamped(self.uuid, round(time.time() * 1000), "ntp")


@dataclass(frozen=True)
class OfRecording:
    """A stamp for a recording that gives new ids all the same."""

    recorded: ClassVar[bool] = True

    def __call__(self, _settled: Settled, _uuid: str | None = None) -> Stamped:
        """Another."""
        return Stamped(str(ULID()), round(time.time() * 1000), "none")


@pytest.fixture
def start(tmp_path: Path, pins: Pins) -> Iterator[Callable[..., Bench]]:
    """Starts a unit on the same store and the same pin; its gate is closed after the test."""
    started: list[Bench] = []

    def bench(**parts: Any) -> Bench:  # noqa: ANN401  # any field of Bench
        started.append(Bench(tmp_path, pins, **parts))
        return started[-1]

    yield bench
    for each in started:
        each.gate.close()


def test_each_allowed_passage_opens_once(start: Callable[..., Bench]) -> None:
    """And its record says so."""
    bench = start()
    for number in range(1, 4):
        bench.come()
        bench.rest()
        assert bench.pulses == number
    assert bench.outcomes == ["opened"] * 3
    assert bench.health.snapshot().gate == {"opened": 3}


@pytest.mark.parametrize(
    "match",
    [
        None,
        replace(ALLOWED, list="denied"),
        replace(ALLOWED, list="watched"),
        replace(ALLOWED, near=True, distance=1.0),
        replace(ALLOWED, applies=False, reason="over"),
    ],
)
def test_who_is_not_allowed_does_not_open(start: Callable[..., Bench], match: Match | None) -> None:
    """Nor whose plate only resembles one that is."""
    bench = start(match=match)
    bench.come()
    assert (bench.pulses, bench.outcomes) == (0, [None])


def test_a_late_passage_does_not_open(start: Callable[..., Bench]) -> None:
    """The vehicle has left; the record is kept."""
    bench = start()
    bench.come(ago_s=FRESH_S + 0.01)
    assert (bench.pulses, bench.outcomes) == (0, [None])


def test_a_replay_does_not_open(start: Callable[..., Bench]) -> None:
    """Even with times of now."""
    bench = start(stamp=OfRecording())
    bench.come()
    assert (bench.pulses, bench.outcomes) == (0, [None])


def test_a_recording_gets_no_line_however_it_is_played(pins: Pins) -> None:
    """Played in real time its passages are fresh: the gate counts, and switches nothing."""
    config = Config(gate=GateTerms(line=PIN), camera=Camera(source=str(CLIP)))
    recorded = RecordedCamera(CLIP, real_time=True)
    played = replay_source(config, recorded, recorded, Health())
    for source in (live_source(config, Health()), played):
        gate = wiring.build_gate(config, source)
        assert gate is not None
        with closing(gate):
            assert gate._guardian is None
    assert not pins.changes()


def test_a_camera_gets_the_line(pins: Pins) -> None:
    """At rest from the start to the end."""
    config = Config(gate=GateTerms(line=PIN), camera=Camera(source="/dev/video7"))
    gate = wiring.build_gate(config, live_source(config, Health()))
    assert gate is not None
    gate.close()
    assert [change.drive for change in pins.changes()] == ["low"]


def test_a_dry_run_gets_no_line(pins: Pins) -> None:
    """Although one is named."""
    config = Config(gate=GateTerms(line=PIN, dry_run=True), camera=Camera(source="/dev/video7"))
    gate = wiring.build_gate(config, live_source(config, Health()))
    assert gate is not None
    gate.close()
    assert not pins.changes()


def test_a_restart_does_not_open_for_who_is_in_sight(start: Callable[..., Bench]) -> None:
    """Nobody knows whether the gate has opened for that vehicle already."""
    bench = start()
    bench.come()
    bench.rest()
    bench.gate.close()
    again = start()
    again.link.connect()
    began_at = again.lane.arrivals.began_at = time.monotonic() - 3.0
    again.come(first_at=began_at + ARRIVAL_S)
    assert again.outcomes == [None]
    again.come(first_at=began_at + ARRIVAL_S + 0.01)
    assert again.outcomes == [None, "opened"]
    assert again.pulses == 2
    assert [body["seq"] for body in again.live() if body["seq"] > 1] == [3]


def test_a_restart_does_not_open_for_what_the_outbox_holds(start: Callable[..., Bench]) -> None:
    """What waits for the broker has had its turn."""
    bench = start()
    bench.come()
    bench.rest()
    bench.gate.close()
    again = start()
    again.link.connect()
    for _ in range(5):
        again.sender.turn()
        again.keeper.turn()
    assert (again.pulses, again.outcomes) == (1, [])


def test_a_start_within_the_pause_does_not_open(start: Callable[..., Bench]) -> None:
    """A unit that starts over and over does not give a pulse each time."""
    bench = start()
    bench.clock.now -= PAUSE_S
    bench.come()
    assert (bench.pulses, bench.outcomes) == (0, ["too_soon"])


def test_a_reconnect_does_not_open(start: Callable[..., Bench]) -> None:
    """However often the broker comes and goes; nothing of the network is near the gate."""
    bench = start()
    bench.come()
    bench.rest()
    for _ in range(5):
        bench.link.connect()
        bench.sender.turn()
        bench.keeper.turn()
        bench.link.lose()
        bench.sender.turn()
    assert bench.pulses == 1


def test_a_list_change_does_not_open(start: Callable[..., Bench]) -> None:
    """Who has gone by before it is not asked again; who comes after it is."""
    bench = start(match=None)
    bench.come()
    bench.match = ALLOWED
    for _ in range(3):
        bench.keeper.turn()
        bench.lane.look(Frame(np.zeros((8, 8, 3), np.uint8), time.monotonic(), 1))
    assert bench.pulses == 0
    bench.come()
    assert bench.pulses == 1


def test_a_command_does_not_open(start: Callable[..., Bench]) -> None:
    """Passages that go out again have had their turn; whatever is asked is not near the gate."""
    bench = start()
    bench.come()
    bench.rest()
    bench.link.connect()
    asked = ('{"replay":{"from_seq":1}}', "restart", "open", '{"erase":"AB12CDE"}')
    for payload in asked:
        bench.link.command("cmd", payload.encode())
        bench.keeper.turn()
        for _ in range(3):
            bench.sender.turn()
        bench.lane.look(Frame(np.zeros((8, 8, 3), np.uint8), time.monotonic(), 1))
    results = [each.payload for each in bench.link.history if each.topic.endswith("cmd/result")]
    assert [json.loads(result)["ok"] for result in results] == [True, True, False, True]
    assert (bench.pulses, bench.outcomes) == (1, ["opened"])


def test_the_end_does_not_open_for_who_is_in_sight(start: Callable[..., Bench]) -> None:
    """Their passages are settled and recorded; a pulse would be cut short."""
    bench = start()
    bench.link.connect()
    bench.lane.part()
    bench.come()
    assert (bench.pulses, bench.outcomes) == (0, [None])
    assert len(bench.live()) == 1, "it is there all the same"


def test_a_duplicate_does_not_open(start: Callable[..., Bench]) -> None:
    """The same id again, after any pause."""
    bench = start(stamp=Same())
    bench.come()
    bench.rest()
    bench.come()
    assert (bench.pulses, bench.outcomes) == (1, ["opened", "duplicate"])


def test_what_was_told_early_opens_early_and_not_again(start: Callable[..., Bench]) -> None:
    """The record follows when the vehicle has left: the same passage, live once."""
    bench = start()
    bench.link.connect()
    bench.come(track=7, early=True)
    assert (bench.pulses, bench.outcomes) == (1, [])
    (live,) = bench.live()
    assert (live["seq"], live["late"], live["decision"]["gate"]) == (None, False, "opened")
    bench.rest()
    bench.come(track=7, stay_s=30.0)
    assert (bench.pulses, bench.outcomes) == (1, ["opened"])
    assert bench.heard[0].uuid == live["uuid"]
    assert bench.live() == [live]
    bench.come(track=8)
    assert (bench.pulses, bench.outcomes) == (2, ["opened", "opened"])
    assert [body["seq"] for body in bench.live()] == [None, 2]


def test_an_answer_of_the_gate_is_not_asked_for_twice(start: Callable[..., Bench]) -> None:
    """With the record: who came too soon, and leaves after the pause, opens nothing behind it."""
    bench = start()
    bench.clock.now -= PAUSE_S
    bench.come(track=7, early=True)
    bench.rest()
    bench.come(track=7)
    assert (bench.pulses, bench.outcomes) == (0, ["too_soon"])


@pytest.mark.parametrize("match", [None, replace(ALLOWED, list="denied")])
def test_the_record_keeps_what_opened(start: Callable[..., Bench], match: Match | None) -> None:
    """Though it reads as another plate in the end, of another list; and it says so."""
    bench = start()
    bench.come(track=7, early=True)
    bench.match = match
    bench.come(track=7, early_text="AB12CDF")
    (decision,) = [passage.decision for passage in bench.heard]
    assert (decision.match, decision.action, decision.outcome) == (ALLOWED, "open", "opened")
    assert decision.reason.endswith(f"; {OTHERWISE}")
    assert bench.recorded()["early_plate"] == "AB12CDF"
    assert bench.pulses == 1


def test_who_was_told_early_and_not_let_in_is_asked_about_again(
    start: Callable[..., Bench],
) -> None:
    """Like who was not told early; once, and only while it is fresh."""
    bench = start(match=None)
    for track in (7, 8):
        bench.come(track=track, early=True)
    bench.match = ALLOWED
    bench.come(track=7, early_text="AB12CDF")
    bench.rest()
    bench.come(track=8, ago_s=FRESH_S + 0.01)
    assert (bench.pulses, bench.outcomes) == (1, ["opened", None])
    assert bench.heard[0].decision.reason.endswith(f"; {OTHERWISE}")


@pytest.mark.parametrize("changes", [{"ago_s": FRESH_S + 0.01}, {"stay_s": 3600.0}])
def test_who_is_not_fresh_is_not_told_early(
    start: Callable[..., Bench], changes: dict[str, float]
) -> None:
    """Late, or in sight since the start: no gate, nothing live, an ordinary record."""
    bench = start()
    bench.link.connect()
    bench.come(track=7, early=True, **changes)
    assert (bench.pulses, bench.lane.told, bench.live()) == (0, {}, [])
    bench.come(track=7, **changes)
    assert (bench.pulses, bench.outcomes, bench.live()) == (0, [None], [])


@pytest.mark.parametrize(("least_reads", "reads"), [(2, 4), (8, 8)])
def test_what_a_rule_asks_for_is_waited_for(least_reads: int, reads: int) -> None:
    """Early the gate is asked once: not before the rule that opens can hold."""
    rule = Rule.model_validate({"list": "allowed", "action": "open", "least_reads": least_reads})
    lane = vehicle("KX53PXF", range(20), growth=1.05)
    tracker = sight.build_tracker(Config(policy=(rule,)))
    settled = [tracker.update(frame / 10, (1280, 720), lane[frame]) for frame in lane]
    ((early,),) = [each for each in settled if each]
    assert (early.early, early.reads, early.direction) == (True, reads, "approaching")


def test_a_replay_tells_nothing_early(start: Callable[..., Bench]) -> None:
    """A recording is no car at the gate."""
    bench = start(stamp=OfRecording())
    bench.link.connect()
    bench.come(track=7, early=True)
    bench.come(track=7)
    assert (bench.pulses, bench.live()) == (0, [])


def test_a_power_cut_between_opening_and_leaving_loses_no_passage(
    start: Callable[..., Bench],
) -> None:
    """The next start records it as it was told, late, and opens nothing."""
    bench = start()
    bench.come(track=7, early=True)
    uuid = bench.lane.told[7].uuid
    bench.rest()
    bench.gate.close()
    bench.database.change("UPDATE early SET session = 'of the process before'")
    again = start()
    again.link.connect()
    again.lane.see(lambda: None)
    assert (again.pulses, again.live()) == (1, [])
    assert (again.recorded()["uuid"], again.recorded()["late"]) == (uuid, True)
    assert again.recorded()["decision"]["gate"] == "opened"


def test_who_stood_there_at_the_start_is_known_when_found_again(
    start: Callable[..., Bench],
) -> None:
    """Its first track was lost or rejected; the next one does not come, and is not live."""
    bench = start()
    bench.link.connect()
    began_at = time.monotonic() - 20.0
    bench.lane.arrivals = Arrivals(began_at, [STOOD])
    bench.come(track=7, early=True)
    bench.come(track=7)
    assert (bench.pulses, bench.outcomes, bench.live()) == (0, [None], [])


@pytest.fixture
def confirmed(start: Callable[..., Bench]) -> Bench:
    """A unit whose gate asks for a plate and a contact, within ten seconds."""
    rule = {"list": "allowed", "action": "open"} | SECOND_FACTOR
    contact = FakeContact(22, clock=HandClock())
    return start(rules=[Rule.model_validate(rule)], contact=contact)


def test_a_plate_alone_does_not_open_where_a_second_factor_is_asked(confirmed: Bench) -> None:
    """It can be printed; the reason says what was missing."""
    confirmed.come()
    assert (confirmed.pulses, confirmed.outcomes) == (0, [None])
    assert "'confirm_line' was not confirmed" in confirmed.heard[0].decision.reason


@pytest.mark.parametrize(
    ("ago_s", "pulses"), [(0.0, 1), (10.0, 1), (10.1, 0)], ids=["now", "lately", "too long ago"]
)
def test_a_confirmation_opens_for_its_seconds(confirmed: Bench, ago_s: float, pulses: int) -> None:
    """A badge from before that is somebody else's."""
    confirmed.badge()
    confirmed.badge_clock.now += ago_s
    confirmed.come()
    assert confirmed.pulses == pulses


def test_one_confirmation_opens_once(confirmed: Bench) -> None:
    """The next allowed plate needs its own, be the contact closed or not."""
    confirmed.badge()
    confirmed.come()
    confirmed.rest()
    confirmed.come()
    assert confirmed.pulses == 1
    confirmed.badge(held=True)
    confirmed.come()
    confirmed.rest()
    confirmed.come()
    assert confirmed.pulses == 2


def test_what_did_not_open_spends_nothing(confirmed: Bench) -> None:
    """Who is refused takes away nobody's badge."""
    confirmed.badge()
    confirmed.match = None
    confirmed.come()
    confirmed.match = ALLOWED
    confirmed.come()
    assert confirmed.pulses == 1


def test_a_confirmation_alone_does_not_open(confirmed: Bench) -> None:
    """Nor with a plate that is on no list."""
    confirmed.match = None
    confirmed.badge()
    confirmed.lane.look(Frame(np.zeros((8, 8, 3), np.uint8), time.monotonic(), 1))
    confirmed.keeper.turn()
    confirmed.come()
    assert (confirmed.pulses, confirmed.outcomes) == (0, [None])


def test_a_contact_that_is_lost_does_not_open_and_ends_both_loops(confirmed: Bench) -> None:
    """The passage is recorded all the same."""
    confirmed.badge()
    assert confirmed.contact is not None
    confirmed.contact.lose("gone")
    confirmed.come()
    assert (confirmed.pulses, confirmed.outcomes) == (0, [None])
    with pytest.raises(LineError, match="line 22: gone"):
        confirmed.lane.look(Frame(np.zeros((8, 8, 3), np.uint8), time.monotonic(), 1))
    with pytest.raises(LineError, match="line 22: gone"):
        confirmed.keeper.turn()


@dataclass
class Waiting:
    """Eyes before which a vehicle drives up and then stands, ten frames a second."""

    bench: Bench
    began_at: float = field(default_factory=lambda: time.monotonic() - 6.0)
    frame: int = 0

    def sightings(self, frame: Frame) -> list[Sighting]:
        """The plate where it is in this frame."""
        (seen,) = vehicle("AB12CDE", [min(frame.number, 20)], growth=1.05)[min(frame.number, 20)]
        return [replace(seen, frame=frame.number, at=frame.at)]

    def look(self, frames: int) -> None:
        """Watch it for so many frames more."""
        for _ in range(frames):
            self.frame += 1
            at = self.began_at + self.frame / 10
            self.bench.lane.look(Frame(np.zeros((720, 1280, 3), np.uint8), at, self.frame))


@pytest.fixture
def waiting(confirmed: Bench) -> Waiting:
    """A vehicle that stands in sight, was told early, and was not let in."""
    eyes = Waiting(confirmed)
    confirmed.lane.recognizer = eyes  # type: ignore[assignment]
    confirmed.link.connect()
    eyes.look(30)
    confirmed.sender.turn()
    assert [each.decision.action for each in confirmed.lane.told.values()] == ["ignore"]
    assert confirmed.pulses == 0
    return eyes


def test_a_badge_opens_for_who_waits_in_sight(waiting: Waiting) -> None:
    """Once; others are not told again, and the record says what the gate did."""
    bench = waiting.bench
    bench.badge()
    waiting.look(1)
    assert bench.pulses == 1
    waiting.look(5)
    bench.badge()
    waiting.look(5)
    bench.sender.turn()
    assert len(bench.live()) == 1
    bench.rest()
    bench.lane.part()
    assert (bench.pulses, bench.outcomes) == (1, ["opened"])
    assert bench.health.snapshot().gate == {"opened": 1}


def test_a_power_cut_after_a_late_badge_keeps_what_the_gate_did(waiting: Waiting) -> None:
    """It stands in what was told early."""
    bench = waiting.bench
    bench.badge()
    waiting.look(1)
    ((body,),) = bench.database.rows("SELECT body FROM early")
    assert json.loads(body)["decision"]["gate"] == "opened"


def test_a_badge_does_not_open_for_who_has_left(waiting: Waiting) -> None:
    """Nor for who is not allowed, however long it stands there."""
    bench = waiting.bench
    bench.match = None
    bench.badge()
    waiting.look(5)
    assert bench.pulses == 0
    bench.match = ALLOWED
    bench.badge_clock.now += 100
    bench.lane.recognizer = Blind()  # type: ignore[assignment]
    waiting.look(20)
    bench.badge()
    waiting.look(2)
    assert (bench.pulses, bench.outcomes) == (0, [None])


def test_a_contact_is_read_in_a_dry_run_and_never_for_a_recording(
    board: Any,  # noqa: ANN401
) -> None:
    """A dry run tries the wiring; a recording is no car, whoever holds a badge meanwhile."""
    gate = GateTerms(dry_run=True, confirm_line=22, confirm_active_low=False)
    live = Config(gate=gate, camera=Camera(source="/dev/video7"))
    contact = wiring.build_contact(live, live_source(live, Health()))
    assert contact is not None
    with closing(contact):
        board.apply(22, board.HIGH)
        until(lambda: contact.age_s() == 0.0, "the contact counts")
    film = Config(gate=gate, camera=Camera(source=str(CLIP)))
    assert wiring.build_contact(film, live_source(film, Health())) is None
    plain = Config(gate=GateTerms(line=PIN), camera=Camera(source="/dev/video7"))
    assert wiring.build_contact(plain, live_source(plain, Health())) is None


def test_a_full_disk_does_not_keep_the_gate_shut(start: Callable[..., Bench]) -> None:
    """The gate acts first; that the record failed ends the unit."""
    bench = start()
    bench.database.close()
    with pytest.raises(StoreError):
        bench.come()
    assert bench.pulses == 1


def test_a_line_that_is_lost_ends_both_loops(start: Callable[..., Bench]) -> None:
    """The passage is recorded all the same, and says that the gate failed."""
    bench = start()
    assert bench.gate._guardian is not None
    bench.gate._guardian._ward._process.kill()
    bench.gate._guardian._ward._process.wait()
    bench.come()
    assert bench.outcomes == ["failed"]
    with pytest.raises(GatepostError, match="gate: the process that holds the line"):
        bench.lane.look(Frame(np.zeros((8, 8, 3), np.uint8), time.monotonic(), 1))
    with pytest.raises(GatepostError, match="gate: "):
        bench.keeper.turn()


@dataclass
class Doomed:
    """A unit in a process of its own, which is going to be killed."""

    pins: Pins
    pulse_s: float

    def __post_init__(self) -> None:
        """Start it from a server of forks, which has imported everything."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.gate_unit"])
        mine, its = context.Pipe()
        names = ("PYTHONPATH", "STANDIN_PINS", "LG_WD")
        environment = {name: os.environ[name] for name in names}
        arguments = (self.pins.number, self.pulse_s, 0.02, environment, its)
        self.process = context.Process(target=open_for_ever, args=arguments, daemon=True)
        self.process.start()
        its.close()
        self.told = mine

    def opens(self) -> None:
        """Wait for its first pulse; `guardian` is known then."""
        assert self.told.poll(PATIENCE_S), "the unit does not start"
        self.guardian = int(self.told.recv())
        self.told.close()
        until(self.pins.pulses, "the unit opens")

    def kill(self) -> None:
        """SIGKILL; it is dead on return."""
        self.dying_at = time.monotonic()
        self.process.kill()
        self.process.join()
        self.killed_at = time.monotonic()

    def has_guardian(self) -> bool:
        """Whether its guardian still runs; a container's first process may leave it a zombie."""
        try:
            stat = Path(f"/proc/{self.guardian}/stat").read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"


def test_no_pulse_after_sigkill_at_a_hundred_instants(pins: Pins) -> None:
    """No pulse begins once the unit is dead; one that was running ends, within its length."""
    chance = random.Random(20261121)  # noqa: S311  # instants, not secrets
    running = 0
    for _ in range(ROUNDS):
        pins.path.unlink(missing_ok=True)
        units = [
            Doomed(replace(pins, number=pin), chance.choice([SHORT_S, LONG_S]))
            for pin in range(UNITS)
        ]
        for unit in units:
            unit.opens()
        for unit in units:
            Event().wait(chance.uniform(0.0, 0.03))
            unit.kill()
        for unit in units:
            until(lambda: not unit.has_guardian(), "the guardian ends")  # noqa: B023  # called now
            begin, end = unit.pins.pulses()[-1]
            running += begin < unit.dying_at < end
            assert begin <= unit.killed_at + ORDERED_S, "a pulse began after the death"
            assert end <= max(unit.killed_at, begin) + 1.0, "a pulse outlived its unit"
            assert end - begin <= unit.pulse_s + 1.0, "a pulse was too long"
    assert running > 20, "many were killed in a pulse"
