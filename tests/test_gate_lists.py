"""From a list on the card to the gate's pin: who is put on it opens, and nobody else does.

The lists are changed by the command, beside the unit; store, policy, gate and guardian are real.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from appliance import app, pipeline
from appliance.__main__ import main
from appliance.access import Rule
from appliance.capture.video import RecordedCamera
from appliance.config import Camera, Config, load_config
from appliance.decision import Match
from appliance.domain import Direction, Message, Passage
from appliance.entrance import Entrance
from appliance.health import Health
from appliance.source import Source, live_source
from appliance.stamp import LiveStamp, Stamped
from tests.conftest import PIN, SETTLED, until
from tests.gate_bench import Bench
from tests.standin import Pins

CLIP = Path(__file__).parent / "data" / "lane.mp4"
OTHER = "AB12CDF"  # one character away from the plate of SETTLED, and not one that is confused
OPENS, STAYS_SHUT = ("open", "opened"), ("ignore", None)


class Listed(Bench):
    """A unit with the lists of its store."""

    def find(self, text: str, when: datetime | None, direction: Direction) -> Match | None:
        """What they say."""
        return self.standing.match(text, when, direction)

    def answers(self) -> list[tuple[str, str | None]]:
        """Action and outcome of each passage so far."""
        return [(each.decision.action, each.decision.outcome) for each in self.heard]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The unit's file, by which the command finds the store."""
    path = tmp_path / "gatepost.toml"
    path.write_text(f"[store]\nfolder = '{tmp_path}'\n[gate]\nline = {PIN}\npulse_s = 0.1\n")
    return path


@pytest.fixture
def start(tmp_path: Path, pins: Pins) -> Iterator[Callable[[float], Listed]]:
    """Starts a unit that takes as near what is within a distance."""
    started: list[Listed] = []

    def listed(max_distance: float = 0.0) -> Listed:
        started.append(Listed(tmp_path, pins, max_distance=max_distance))
        return started[-1]

    yield listed
    for each in started:
        each.gate.close()


def change(config: Path, *arguments: str) -> None:
    """Carry out `gatepost lists`."""
    assert main(["lists", *arguments, "--config", str(config)]) == 0


def test_who_is_put_on_the_list_opens_until_taken_off(
    config: Path, start: Callable[..., Listed]
) -> None:
    """One pulse for each passage between the two commands, from the unit's next look on."""
    bench = start()
    bench.come()
    change(config, "add", "allowed", "ab 12 cde", "--label", "Anna")
    bench.keeper.turn()
    bench.rest()
    assert bench.pulses == 0, "the change itself opens for nobody"
    bench.come()
    bench.rest()
    change(config, "remove", "allowed", "AB12CDE")
    bench.keeper.turn()
    bench.come()
    assert bench.answers() == [STAYS_SHUT, OPENS, STAYS_SHUT]
    assert bench.pulses == 1


def test_a_change_over_mqtt_opens_for_who_comes_after_it(start: Callable[..., Listed]) -> None:
    """From the unit's next look on, and for nobody who has gone by; retained it changes nothing."""
    bench = start()
    bench.link.connect()
    bench.come()
    for retained, answer in ((True, STAYS_SHUT), (False, OPENS)):
        bench.link.command("lists/allowed/add", b"ab-12-cde", retained=retained)
        bench.keeper.turn()
        bench.rest()
        assert bench.pulses == 0, "the change itself opens for nobody"
        bench.come()
        bench.rest()
        assert bench.answers()[-1] == answer
    bench.link.command("lists/allowed/remove", b"AB12CDE")
    bench.keeper.turn()
    bench.come()
    assert bench.answers()[-1] == STAYS_SHUT
    assert bench.pulses == 1


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        (("allowed", "AB12CDE"), OPENS),
        (("allowed", "AB12CDE", "--direction", "approaching"), OPENS),
        (("allowed", "AB12CDE", "--direction", "receding"), STAYS_SHUT),
        (("allowed", "AB12CDE", "--until", "2026-01-01"), STAYS_SHUT),
        (("denied", "AB12CDE"), ("alert", None)),
        (("watched", "AB12CDE"), ("alert", None)),
        (("allowed", OTHER), STAYS_SHUT),
    ],
)
def test_what_the_entry_says_decides(
    config: Path,
    start: Callable[..., Listed],
    entry: tuple[str, ...],
    answer: tuple[str, str | None],
) -> None:
    """The list, the direction and the time of an entry reach the gate."""
    change(config, "add", *entry)
    bench = start()
    bench.come()
    assert bench.answers() == [answer]
    assert bench.pulses == (answer == OPENS)


def test_denied_beats_allowed_at_the_gate(config: Path, start: Callable[..., Listed]) -> None:
    """However both came to stand there."""
    change(config, "add", "allowed", "AB12CDE")
    change(config, "add", "denied", "AB12CDE")
    bench = start()
    bench.come()
    assert (bench.pulses, bench.answers()) == (0, [("alert", None)])


def test_a_near_match_opens_only_where_the_rule_says_so(
    config: Path, start: Callable[..., Listed]
) -> None:
    """Neither the distance alone nor the rule alone is enough."""
    change(config, "add", "allowed", OTHER)
    trusting = Rule.model_validate({"list": "allowed", "action": "open", "near": True})
    bench = start(1.0)
    bench.come()
    assert bench.heard[0].decision.list == "allowed"
    assert "a near match does not count" in bench.heard[0].decision.reason
    bench.lane.entrance = Entrance(bench.health, (trusting,), bench.find, bench.gate)
    bench.come()
    bench.rest()
    assert bench.answers() == [STAYS_SHUT, OPENS]
    bench.gate.close()
    strict = start(0.0)
    strict.lane.entrance = Entrance(strict.health, (trusting,), strict.find, strict.gate)
    strict.come()
    assert strict.answers() == [STAYS_SHUT]
    assert bench.pulses == 1


@pytest.mark.parametrize(("clock", "trusted"), [("none", False), ("rtc", True), ("ntp", True)])
def test_the_lists_are_asked_for_the_moment_of_the_passage(clock: str, *, trusted: bool) -> None:
    """In the unit's own zone; without one where nobody vouches for the clock: doubt closes."""
    asked: list[tuple[str, datetime | None, str]] = []
    entrance = Entrance(Health(), find=lambda *question: asked.append(question))
    stamped = Stamped("01JD3K7W6Y8ZB2Q4XN5T0V9M3C", 1795224030123, clock)  # type: ignore[arg-type]
    entrance.answer(SETTLED, stamped, fresh=True)
    ((text, when, direction),) = asked
    assert (text, direction) == ("AB12CDE", "approaching")
    assert (when is not None) == trusted
    if when is not None:
        assert when == datetime.fromtimestamp(1795224030.123, timezone.utc)
        assert when.utcoffset() == when.astimezone().utcoffset()


# Of the clip's six vehicles the second is allowed, but leaves; the third and the fourth approach,
# and the fourth, 3 s after the third, is allowed only once the third has gone by.
POLICY = """
[[policy]]
list = "allowed"
action = "open"
least_agreement = 0.3
near = true
[lists]
max_distance = 1
"""


class Unit:
    """A whole unit as `gatepost run` makes it, with a recording for its lane.

    Frames have the recording's times, and nobody seen in them grows old: how far a busy machine
    lags behind changes nothing.  Nor does its next look at the lists: the lane waits for that.
    """

    def __init__(
        self, config: Path, patch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
    ) -> None:
        """Read the configuration."""
        patch.setattr(pipeline, "FRESH_S", 3600.0)
        log.set_level(logging.INFO)
        self.log = log
        self.path = config
        config.write_text(f"{config.read_text()}pause_s = 0.5\n{POLICY}")
        self.config: Config = load_config(config)
        self.outcomes: dict[str, str | None] = {}

    def run(self, *, recording: bool) -> None:
        """Play the clip in real time, as what the lane is, or as a recording."""
        camera = RecordedCamera(CLIP, real_time=True)
        source = Source(camera, LiveStamp(lambda: "ntp"), recording=recording)
        app.run_unit(self.config, Health(), source, self.hear)

    def hear(self, passage: Passage, _message: Message) -> None:
        """After the third vehicle the fourth is put on the list, by the command."""
        plate = passage.settled.read.text
        self.outcomes[plate] = passage.decision.outcome
        if plate == "HKT4926":
            change(self.path, "add", "allowed", "RKM4E73")
            until(lambda: "the lists have changed" in self.log.messages, "the unit looks")


def test_the_unit_takes_over_a_list_while_it_runs(
    config: Path, pins: Pins, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is on it at the start, and who is put on it by the command, opens once each."""
    change(config, "add", "allowed", "HKT4926")
    change(config, "add", "allowed", "LK63XNR")
    unit = Unit(config, monkeypatch, caplog)
    unit.run(recording=False)
    opened = [plate for plate, outcome in unit.outcomes.items() if outcome == "opened"]
    assert opened == ["HKT4926", "RKM4E73"]
    assert len(unit.outcomes) == 6
    assert len(pins.pulses()) == 2


def test_a_recording_uses_the_lists_and_switches_nothing(
    config: Path, pins: Pins, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The same clip, played as what it is: what would have opened is counted, dry.

    The entry is one character away, as far as the configuration allows.
    """
    change(config, "add", "allowed", "HKT4928")
    unit = Unit(config, monkeypatch, caplog)
    unit.run(recording=True)
    assert unit.outcomes["HKT4926"] == "dry_run"
    assert not pins.changes()


def test_a_sequence_of_pictures_is_a_recording() -> None:
    """It is neither a device nor an address: nothing may be switched for it."""
    health = Health()
    sources = {"/lane/f_%03d.jpg": True, "0": False, "/dev/video0": False}
    for name, recording in sources.items():
        config = Config(camera=Camera(source=name))
        assert live_source(config, health).recording is recording
