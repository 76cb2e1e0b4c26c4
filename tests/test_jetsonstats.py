"""jetson-stats through a stand-in, which is compared with the real wheel's source."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from appliance import jetsonstats
from appliance.board import Board
from appliance.health import TOLD_S, Health
from appliance.hwmon import Fan, Power, Rail
from appliance.jetsonstats import RETRY_S, JetsonStats, Told
from appliance.transmit.messages import Topics
from appliance.transmit.state import Stock, state
from tests.wire import objections

WHEEL = Path(__file__).parents[1] / ".wheels" / "jetson_stats-7.2.2-py3-none-any.whl"
RAIL = {"type": "INA3221", "volt": 5032, "curr": 240, "power": 1207, "avg": 1200, "warn": 32760}
POWER = {"rail": {"VDD_SOC": RAIL}, "tot": RAIL | {"power": 7206, "name": "VDD_IN"}}
TEMPERATURE = {"CPU": {"temp": 48.25, "online": True}, "cv0": {"temp": -256, "online": False}}


class JtopException(Exception):  # noqa: N818  # jetson-stats' own name
    """What jetson-stats raises."""


class Service:
    """A board on which the service runs, or does not.

    Attributes:
        fails: what starting or asking raises.
        started: how many clients were made.
        gone: the service has ended.
        power, fan: as jtop shows them.
    """

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.started = 0
        self.gone = False
        self.power: dict[str, Any] = POWER
        self.fan: dict[str, Any] = {"pwmfan": {"speed": [40.2], "rpm": [2310], "profile": "quiet"}}

    def module(self) -> Any:  # noqa: ANN401
        """The module jtop, with a class that knows this board."""
        return SimpleNamespace(
            jtop=type("jtop", (FakeJtop,), {"service": self}), JtopException=JtopException
        )


class FakeJtop:
    """The class jtop, as far as it is used."""

    service: Service

    def __init__(self, interval: float = 1.0) -> None:
        del interval
        self.service.started += 1

    def start(self) -> None:
        """Connect, or raise."""
        if self.service.fails:
            raise self.service.fails

    def ok(self, spin: bool = False) -> bool:
        """Whether it still runs; without `spin` it would wait."""
        assert spin
        if self.service.fails:
            raise self.service.fails
        return not self.service.gone

    def close(self) -> None:
        """Leave."""

    @property
    def temperature(self) -> dict[str, Any]:
        """By sensor."""
        return TEMPERATURE

    @property
    def power(self) -> dict[str, Any]:
        """Rails and total."""
        return self.service.power

    @property
    def fan(self) -> dict[str, Any]:
        """By fan."""
        return self.service.fan

    @property
    def nvpmodel(self) -> Any:  # noqa: ANN401
        """The power mode."""
        return SimpleNamespace(name="15W")


@pytest.fixture
def service() -> Service:
    """It runs."""
    return Service()


@pytest.fixture
def stats(service: Service, tmp_path: Path) -> JetsonStats:
    """Asks it, at a time that does not pass."""
    (tmp_path / "jtop.sock").touch()
    return JetsonStats(service.module(), tmp_path / "jtop.sock", lambda: 1000.0)


def test_what_the_service_says_comes_in_our_units(stats: JetsonStats) -> None:
    """Volts, amperes, watts; a sensor that is off is none."""
    assert stats() == Told(
        {"CPU": 48.2},
        Power(7.206, {"VDD_SOC": Rail(5.032, 0.24, 1.207)}),
        Fan(40, 2310),
        "15W",
    )


def test_a_connection_is_made_once(service: Service, stats: JetsonStats) -> None:
    """Each is a thread."""
    for _ in range(5):
        assert stats() is not None
    assert service.started == 1


def test_a_board_without_fan_and_monitors_has_none(service: Service, stats: JetsonStats) -> None:
    """As in a machine that is passed to a container."""
    service.power, service.fan = {"rail": {}, "tot": {"power": 0, "avg": 0}}, {}
    told = stats()
    assert told is not None
    assert (told.power, told.fan) == (None, None)


def test_without_its_socket_nothing_is_imported(tmp_path: Path) -> None:
    """On a Pi, and wherever it is installed but does not run."""

    class Untouched:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            pytest.fail(f"{name} was asked for")

    assert JetsonStats(Untouched(), tmp_path / "jtop.sock")() is None


def test_a_socket_without_the_library_is_no_service(tmp_path: Path) -> None:
    """It is never a dependency."""
    (tmp_path / "jtop.sock").touch()
    assert JetsonStats(None, tmp_path / "jtop.sock")() is None


FAULTS = (JtopException("The jtop.service is not active"), ConnectionResetError(), KeyError("tot"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_service_that_fails_is_as_if_it_were_not(
    fault: Exception, service: Service, stats: JetsonStats, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start or later; it is told once."""
    service.fails = fault
    assert [stats() for _ in range(5)] == [None] * 5
    assert (service.started, len(caplog.messages)) == (1, 1)


def test_a_service_that_went_away_is_asked_again(service: Service, tmp_path: Path) -> None:
    """Later."""
    (tmp_path / "jtop.sock").touch()
    now = [0.0]
    stats = JetsonStats(service.module(), tmp_path / "jtop.sock", lambda: now[0])
    assert stats() is not None
    service.gone = True
    assert stats() is None
    service.gone, now[0] = False, RETRY_S - 1
    assert stats() is None
    now[0] = RETRY_S
    assert stats() is not None


@pytest.mark.parametrize("runs", [True, False])
def test_the_state_has_what_the_board_has(stats: JetsonStats, runs: bool, tmp_path: Path) -> None:
    """And leaves out what it has not; both obey the schema."""
    health = Health(Board(tmp_path / "board", told=stats if runs else lambda: None))
    published = state(Topics("unit"), health.snapshot(), Stock())
    assert objections(published.topic, str(published.payload)) == []
    for field in ("power", "fan", "power_mode"):
        assert (f'"{field}":' in str(published.payload)) is runs


needs_the_wheel = pytest.mark.skipif(
    not WHEEL.exists(), reason=f"{WHEEL} is not there: tools/test fetches it"
)


def test_the_guard_of_the_light_hears_the_same(stats: JetsonStats, tmp_path: Path) -> None:
    """Where the kernel names no zone, as in a container; but not for ever after the service."""
    health = Health(Board(tmp_path / "board", told=stats))
    assert health.celsius() is None
    assert health.snapshot().soc_temp == health.celsius() == 48.2
    told_at, told = health._told
    health._told = told_at - TOLD_S, told
    assert health.celsius() is None


def source(name: str) -> str:
    """A module of the wheel."""
    with zipfile.ZipFile(WHEEL) as wheel:
        return wheel.read(f"jtop/{name}").decode()


def of_the_real(name: str) -> dict[str, list[str]]:
    """The methods and properties of the real class, each with its arguments."""
    body = next(
        node.body
        for node in ast.parse(source(name)).body
        if isinstance(node, ast.ClassDef) and node.name == "jtop"
    )
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    return {f.name: [argument.arg for argument in f.args.args] for f in functions[::-1]}


@needs_the_wheel
def test_each_member_of_the_stand_in_is_the_real_ones() -> None:
    """By name, and by its arguments; and all that we ask for is there."""
    real, shown = of_the_real("jtop.py"), vars(FakeJtop)
    for name, member in shown.items():
        if isinstance(member, Callable):  # type: ignore[arg-type]
            code = member.__code__
            assert list(code.co_varnames[: code.co_argcount]) == real[name], name
        elif isinstance(member, property):
            assert name in real
    asked = set(re.findall(r"client\.(\w+)", Path(jetsonstats.__file__).read_text()))
    assert {"start", "ok", "power"} <= asked
    assert asked <= set(real)


@needs_the_wheel
def test_fields_socket_and_units_are_the_real_ones() -> None:
    """What the service fills in, where it listens, and that a mode has a name."""
    power, fan, service = source("core/power.py"), source("core/fan.py"), source("service.py")
    for field in ("volt", "curr", "power"):
        assert f"sensor['{field}']" in power or f"values['{field}']" in power
    assert "rail voltage in millivolts" in source("jtop.py")
    assert "rail power in milliwatt" in source("jtop.py")
    assert "'tot'" in power
    assert "values['online']" in source("core/temperature.py")
    assert "'speed'" in fan
    assert f"JTOP_PIPE = '{jetsonstats.SOCKET}'" in service
    assert "def name(self)" in source("core/nvpmodel.py")
    assert "class JtopException(Exception)" in source("core/exceptions.py")
    assert re.search(r"import .*jtop.*JtopException|JtopException", source("__init__.py"))
