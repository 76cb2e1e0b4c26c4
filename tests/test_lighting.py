"""What people at the broker may ask of the light: darker, never brighter; remembered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import numpy as np
import pytest

from appliance import wiring
from appliance.board import Board
from appliance.capture import lamp
from appliance.capture.camera import FakeCamera
from appliance.capture.heads import FakeHeads
from appliance.capture.illuminator import GuardedLight, Surroundings, Terms
from appliance.capture.ircut import FakeFilter, LatchingFilter, LevelFilter
from appliance.capture.lamp import FakeLed
from appliance.capture.lightrules import Wish
from appliance.config import Config
from appliance.domain import Frame
from appliance.errors import ConfigurationError, OrderError, StoreError
from appliance.health import Health
from appliance.inspection import check_parts
from appliance.lighting import Lighting
from appliance.orders import Orders
from appliance.retention import Retention
from appliance.source import Source
from appliance.stamp import LiveStamp
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.threads import PREFIX
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Topics
from tests.conftest import until
from tests.standin import Pins
from tests.whole_unit import LED, run


class Bench:
    """A unit of a light and a link to nowhere, by night, with frames."""

    def __init__(self, folder: Path, ceiling: int = 80, *, can_dim: bool = True) -> None:
        """Be connected."""
        self.database = Database(folder / "passages.sqlite")
        self.heads = FakeHeads(1, lambda: 1.0)
        around = Surroundings(20.0, 0.0)
        terms = Terms(Wish("auto", ceiling), [can_dim], lambda: self.heads, lambda: around)
        self.light = GuardedLight(terms)
        self.light.want(True)
        self.lighting = Lighting(self.light, ceiling, Marks(self.database))
        self.link = FakeLink(Topics("unit"), Event())
        self.orders = Orders(
            self.link,
            Topics("unit"),
            ListStore(self.database),
            History(self.database, 10**6),
            Retention(0.0),
            lighting=self.lighting,
        )
        self.link.connect()

    def send(self, level: str, payload: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401
        """Send a command, and have its answer."""
        self.link.command(level, payload.encode(), **how)
        self.orders.carry_out()
        self.orders.tell(lists_changed=False)
        results = [each.payload for each in self.link.history if each.topic.endswith("cmd/result")]
        answer: dict[str, Any] = json.loads(results[-1])
        return answer

    def states(self, level: str) -> list[str]:
        """What was published there, retained each."""
        told = [each for each in self.link.history if each.topic == f"gatepost/unit/{level}"]
        assert all(each.retained for each in told)
        return [each.payload for each in told]

    @property
    def gives(self) -> int:
        """Percent of the head."""
        return self.heads.history[-1][1][0]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Starts a unit on the same store."""
    made: list[Bench] = []

    def bench(**how: Any) -> Bench:  # noqa: ANN401
        made.append(Bench(tmp_path, **how))
        return made[-1]

    yield bench
    for each in made:
        each.database.close()


def test_off_is_dark_and_on_is_as_the_unit_wants(make: Callable[..., Bench]) -> None:
    """The switch lights nothing by itself: by day it stays dark."""
    bench = make()
    assert bench.gives == 80
    assert bench.send("illuminator/set", "OFF")["ok"]
    assert bench.gives == 0
    assert bench.send("illuminator/set", "ON")["ok"]
    assert bench.gives == 80
    bench.light.want(False)
    bench.send("illuminator/set", "ON")
    assert bench.gives == 0
    assert bench.states("illuminator") == ["OFF", "ON"]


@pytest.mark.parametrize("payload", ["0", "35", "35.0", " 80\n"])
def test_a_power_is_obeyed_at_once(make: Callable[..., Bench], payload: str) -> None:
    """Home Assistant writes whole numbers with or without a fraction."""
    bench = make()
    assert bench.send("illuminator_power/set", payload)["ok"]
    assert bench.gives == int(float(payload))
    assert bench.states("illuminator_power")[-1] == str(int(float(payload)))


@pytest.mark.parametrize(
    ("level", "payload", "expected"),
    [
        (
            "illuminator_power/set",
            "81",
            "expected 0 to 80, whole percent: no more than light.power",
        ),
        ("illuminator_power/set", "-1", "expected 0 to 80"),
        ("illuminator_power/set", "10.5", "expected 0 to 80"),
        ("illuminator_power/set", "1e1", "expected 0 to 80"),
        ("illuminator_power/set", "", "expected 0 to 80"),
        ("illuminator_power/set", "full", "expected 0 to 80"),
        ("illuminator/set", "auto", "illuminator: expected ON or OFF"),
        ("illuminator/set", "", "illuminator: expected ON or OFF"),
    ],
)
def test_what_is_not_understood_changes_nothing(
    make: Callable[..., Bench], level: str, payload: str, expected: str
) -> None:
    """The answer says what was expected."""
    bench = make()
    answer = bench.send(level, payload)
    assert not answer["ok"]
    assert expected in answer["error"]
    assert bench.gives == 80


@pytest.mark.parametrize("level", ["illuminator/set", "illuminator_power/set"])
def test_a_retained_command_is_refused(make: Callable[..., Bench], level: str) -> None:
    """It would come again with every connection."""
    bench = make()
    answer = bench.send(level, "OFF" if level == "illuminator/set" else "0", retained=True)
    assert not answer["ok"]
    assert bench.gives == 80


def test_what_was_asked_for_outlives_the_process(make: Callable[..., Bench]) -> None:
    """Until the file allows less."""
    before = make()
    before.send("illuminator_power/set", "50")
    before.send("illuminator/set", "OFF")
    again = make()
    assert again.gives == 0
    again.send("illuminator/set", "ON")
    assert again.gives == 50
    assert make(ceiling=30).gives == 30
    assert make(ceiling=90).gives == 50


def test_all_that_the_file_allows_stays_all(make: Callable[..., Bench]) -> None:
    """When the file is changed later too."""
    make().send("illuminator_power/set", "80")
    assert make(ceiling=90).gives == 90


def test_a_connection_is_told_what_stands(make: Callable[..., Bench]) -> None:
    """And every later one; nothing is told twice to one."""
    bench = make()
    for _ in range(2):
        bench.orders.tell(lists_changed=False)
    bench.link.lose()
    bench.link.connect()
    bench.orders.tell(lists_changed=False)
    assert bench.states("illuminator") == ["ON", "ON"]
    assert bench.states("illuminator_power") == ["80", "80"]


def test_heads_that_know_on_and_off_only_have_no_power(make: Callable[..., Bench]) -> None:
    """None is told, and none is taken."""
    bench = make(can_dim=False)
    answer = bench.send("illuminator_power/set", "50")
    assert answer["error"] == "illuminator_power: the heads know on and off only"
    assert bench.states("illuminator_power") == []


def test_a_unit_without_a_light_refuses(make: Callable[..., Bench]) -> None:
    """And tells of none."""
    bench = make()
    bench.orders.lighting = None
    assert bench.send("illuminator/set", "OFF")["error"] == "not known here"
    assert bench.states("illuminator") == []


def test_what_cannot_be_remembered_changes_nothing(make: Callable[..., Bench]) -> None:
    """A restart would bring the other back."""
    bench = make()
    bench.database.close()
    for change, payload in ((bench.lighting.switch, b"OFF"), (bench.lighting.dim, b"10")):
        with pytest.raises(StoreError):
            change(payload)
    assert (bench.gives, bench.lighting.is_on, bench.lighting.percent) == (80, True, 80)
    with pytest.raises(OrderError):
        bench.lighting.switch(b"MAYBE")


def configured(recording: bool = False, **light: object) -> tuple[Config, Source]:
    """A unit with such a [light], and its camera."""
    source = Source(FakeCamera([]), LiveStamp(lambda: "none"), recording=recording)
    return Config.model_validate({"light": light}), source


def test_the_light_is_hung_as_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pins: Pins
) -> None:
    """An LED and a line; lit once a frame has come, dark when all is over."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)
    led = FakeLed(tmp_path / LED, 200)
    heads = [{"led": LED}, {"line": pins.number, "wavelength_nm": 940}]
    config, source = configured(mode="on", power=50, head=heads)
    health = Health()
    with ExitStack() as held:
        lights = wiring.hang_lights(config, source, health, held)
        assert lights.light is not None
        lights.tend()
        assert (led.shown, lights.light.is_lit) == (0, False)
        monkeypatch.setattr(health, "frame_age_s", lambda: 0.0)
        monkeypatch.setattr(health, "celsius", lambda: 40.0)
        lights.light.want(True)
        until(lambda: (lights.tend(), led.shown)[1], "it is lit")
        assert (led.shown, lights.light.is_lit) == (100, True)
        assert pins.changes()[-1].drive == "high"
    assert led.shown == 0
    assert pins.changes()[-1].drive == "low"


@pytest.mark.parametrize(("error_s", "lit"), [(0.01, True), (None, False)])
def test_a_schedule_goes_by_a_trusted_clock_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error_s: float | None, lit: bool
) -> None:
    """At its first start a unit without a battery clock believes that it is another day."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)
    led = FakeLed(tmp_path / LED)
    always = ["00:00-24:00"]
    config, source = configured(mode="schedule", schedule=always, head=[{"led": LED}])
    health = Health(Board(tmp_path, lambda: error_s))
    health.saw(Frame(np.zeros((48, 64, 3), np.uint8), 0.0, 0))
    with ExitStack() as held:
        lights = wiring.hang_lights(config, source, health, held)
        lights.tend()
        assert bool(led.shown) == lit


def test_a_recording_hangs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pins: Pins
) -> None:
    """However it is played; and nobody is told of a light."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)
    light: dict[str, Any] = {"head": [{"led": LED}], "filter": {"lines": [23, 24]}}
    config, source = configured(recording=True, **light)
    with ExitStack() as held:
        lights = wiring.hang_lights(config, source, Health(), held)
        lights.tend()
    assert (lights.light, lights.ircut) == (None, None)
    assert not pins.path.exists()
    assert wiring.as_played(config, source).light.head == ()


@pytest.mark.parametrize(
    ("ircut", "kind"), [({"lines": [23, 24]}, LatchingFilter), ({"line": 25}, LevelFilter)]
)
def test_the_filter_is_put_in_the_way_at_the_start(
    board: object, pins: Pins, ircut: dict[str, object], kind: type
) -> None:
    """Nobody knows where it was left."""
    assert board is not None
    config, source = configured(filter=ircut)
    with ExitStack() as held:
        lights = wiring.hang_lights(config, source, Health(), held)
        assert isinstance(lights.ircut, kind)
    lines = [line.split()[1:] for line in pins.path.read_text().splitlines()]
    if kind is LatchingFilter:
        drives = ["24 low", "23 low", "23 high", "23 low", "23 low", "24 low"]
        assert [" ".join(line) for line in lines] == drives
    else:
        assert {tuple(line) for line in lines} == {("25", "low")}


def test_a_unit_lights_while_it_sees_and_leaves_dark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pins: Pins
) -> None:
    """The whole of it, from the configuration to the LED; two seconds without a gap."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)  # and back again
    led = FakeLed(tmp_path / LED)
    shown: list[int] = []
    since: list[float] = []

    def enough() -> bool:
        shown.append(led.shown)
        if shown[-1]:
            since.append(time.monotonic())
        return bool(since) and time.monotonic() > since[0] + 2.0

    assert run(tmp_path, pins.number, enough) == 0
    assert shown[0] == 0
    assert set(shown[shown.index(60) :]) == {60}
    assert led.shown == 0


def test_both_loops_tend_the_light(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pins: Pins
) -> None:
    """So that it is not missed should one hang."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)
    FakeLed(tmp_path / LED)
    tending: set[str] = set()
    monkeypatch.setattr(GuardedLight, "tend", lambda _: tending.add(current_thread().name))
    wanted = {f"{PREFIX}see", f"{PREFIX}maintain"}
    assert run(tmp_path, pins.number, lambda: tending >= wanted) == 0
    assert tending == wanted


def test_the_lane_waits_for_no_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pins: Pins
) -> None:
    """The start of a pulse's process takes a second on a Pi, in which a vehicle goes by."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)
    FakeLed(tmp_path / LED)
    tending: set[str] = set()
    ircut = FakeFilter()
    monkeypatch.setattr(wiring, "build_filter", lambda *_: ircut)
    monkeypatch.setattr(ircut, "tend", lambda: tending.add(current_thread().name))
    frames, keeper = count(), f"{PREFIX}maintain"
    assert run(tmp_path, pins.number, lambda: next(frames) > 20 and keeper in tending) == 0
    assert f"{PREFIX}see" not in tending


@pytest.mark.parametrize(("text", "is_fault"), [("0\n", True), ("40\n", False), (None, False)])
def test_a_sensor_that_gives_no_strobe_is_a_problem(
    tmp_path: Path, text: str | None, is_fault: bool
) -> None:
    """The heads would stay dark; an older driver tells nothing."""
    path = tmp_path / "tout_width"
    if text is not None:
        path.write_text(text)
    assert ("gives no strobe" in (wiring.strobe_fault(path) or "")) == is_fault


def test_a_light_that_is_not_there_is_told_by_check_and_by_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is lit."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path)
    config, source = configured(head=[{"led": LED}])
    (told,) = [fault for fault in check_parts(config) if fault.startswith("light: ")]
    assert told.startswith(f"light: LED {LED}: {tmp_path}/{LED}/max_brightness cannot be read: No")
    with ExitStack() as held, pytest.raises(ConfigurationError, match=f"LED {LED}"):
        wiring.hang_lights(config, source, Health(), held)
