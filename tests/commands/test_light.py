"""`gatepost light` on LEDs in a folder: through the guard, and never beside a unit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.capture import lamp
from appliance.capture.illuminator import GuardedLight, Surroundings
from appliance.capture.lamp import FakeLed
from appliance.capture.lightrules import Wish
from appliance.commands import light as module
from appliance.health import Health
from appliance.lightsection import Head
from appliance.store.lock import sole_user
from appliance.wiring import guarded
from tests.conftest import until
from tests.standin import Pins

LED, SECOND = "gatepost:ir:illuminator", "gatepost:ir:illuminator-2"
Run = Callable[..., int]
Look = Callable[[], Surroundings]
Tell = Callable[[str | None], None]


@pytest.fixture
def leds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[FakeLed]:
    """Two, on a cool board."""
    monkeypatch.setattr(lamp, "LEDS", tmp_path / "leds")
    monkeypatch.setattr(Health, "celsius", lambda _self: 40.0)
    return [FakeLed(tmp_path / "leds" / name) for name in (LED, SECOND)]


@pytest.fixture
def light(tmp_path: Path, leds: list[FakeLed]) -> Run:
    """Runs the command with both heads and a filter."""
    assert leds
    file = tmp_path / "gatepost.toml"
    file.write_text(
        "[store]\nfolder = 'store'\n[light]\npower = 80\n"
        f"[[light.head]]\nled = '{LED}'\n[[light.head]]\nled = '{SECOND}'\n"
        "[light.filter]\nlines = [23, 24]\n"
    )
    return lambda *words: main(["light", *words, "--config", str(file)])


@pytest.mark.parametrize(("how", "lit"), [((), [1, 1]), (("--head", "2"), [0, 1])])
def test_on_lights_for_its_seconds_and_leaves_dark(
    light: Run,
    leds: list[FakeLed],
    capsys: pytest.CaptureFixture[str],
    how: tuple[str, ...],
    lit: list[int],
) -> None:
    """All of them, or one; what was written last is a 0."""
    before = [led.written_at for led in leds]
    assert light("on", "--seconds", "1", "--percent", "30", *how) == 0
    assert [led.shown for led in leds] == [0, 0]
    assert [led.written_at > at for led, at in zip(leds, before, strict=True)] == [
        bool(each) for each in lit
    ]
    assert "lit until now, dark" in capsys.readouterr().out


def test_the_seconds_are_of_light_however_long_the_start_took(
    light: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Pi needs some for the guardian, which is a second Python."""

    def slow(heads: Sequence[Head], wish: Wish, look: Look, tell: Tell) -> GuardedLight:
        made, begun = guarded(heads, wish, look, tell), time.monotonic()
        until(lambda: time.monotonic() > begun + 1.2, "it has started")
        return made

    monkeypatch.setattr(module, "guarded", slow)
    assert light("on", "--seconds", "1") == 0
    assert "lit until now, dark" in capsys.readouterr().out


def test_on_is_limited_like_the_unit(
    light: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says why, once, and that nothing was lit is no success; nothing asked for is."""
    monkeypatch.setattr(Health, "celsius", lambda _self: 85.0)
    assert light("on", "--seconds", "2") == module.NOT_LIT == 75
    told = capsys.readouterr()
    assert told.err.count("the light is limited: it is hot") == 1
    assert "not lit, dark" in told.out
    assert light("on", "--seconds", "1", "--percent", "0") == 0


def test_a_head_that_cannot_be_dimmed_says_so(
    light: Run, leds: list[FakeLed], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who asks for less gets all of it; who asks for all hears nothing of that."""
    FakeLed(leds[1].folder, steps=1)
    assert light("on", "--seconds", "1", "--percent", "50", "--head", "2") == 0
    assert f"{SECOND}: knows on and off only: 50 % is all" in capsys.readouterr().out
    assert light("on", "--seconds", "1", "--percent", "50", "--head", "1") == 0
    assert "on and off only" not in capsys.readouterr().out


def test_off_makes_all_dark(light: Run, leds: list[FakeLed]) -> None:
    """Whoever left them lit."""
    for led in leds:
        (led.folder / "brightness").write_text("70\n")
    assert light("off") == 0
    assert [led.shown for led in leds] == [0, 0]


@pytest.mark.parametrize(("way", "line"), [("in", 23), ("away", 24)])
def test_the_filter_is_moved_by_one_pulse(light: Run, pins: Pins, way: str, line: int) -> None:
    """On the line of its way."""
    assert light("filter", way) == 0
    high = [note.split()[1] for note in pins.path.read_text().splitlines() if "high" in note]
    assert high == [str(line)]


@pytest.mark.parametrize("words", [("on",), ("off",), ("filter", "in")])
def test_nothing_is_touched_beside_a_unit(
    light: Run,
    leds: list[FakeLed],
    pins: Pins,
    tmp_path: Path,
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They would fight over the heads."""
    (leds[0].folder / "brightness").write_text("70\n")
    with sole_user(tmp_path / "store"):
        assert light(*words) == 74
    assert leds[0].shown == 70
    assert not pins.path.exists()
    assert "in use by another gatepost" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("on", "--seconds", "11"), "--seconds: '11': expected a whole number, 1 to 9"),
        (("filter", "in", "--seconds", "0"), "--seconds: '0': expected a whole number, 1 to 9"),
        (("on", "--percent", "101"), "--percent: '101': expected a whole number, 0 to 100"),
        (("on", "--percent", "half"), "--percent: 'half': expected a whole number, 0 to 100"),
    ],
)
def test_no_more_than_the_guard_allows_can_be_asked_for(
    light: Run, words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error, with the range."""
    with pytest.raises(SystemExit, match="2"):
        light(*words)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("on",), "light.head is missing"),
        (("off",), "light.head is missing"),
        (("filter", "in"), "light.filter is missing"),
    ],
)
def test_what_is_not_configured_is_told(
    tmp_path: Path, words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 78."""
    file = tmp_path / "gatepost.toml"
    file.write_text("[store]\nfolder = 'store'\n")
    assert main(["light", *words, "--config", str(file)]) == 78
    assert told in capsys.readouterr().err
    assert not (tmp_path / "store").exists()
