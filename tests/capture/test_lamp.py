"""The heads of the light: the kernel's LED and a line, by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.capture.lamp import FakeLed, Lamp, LedLamp, LineLamp, lamp_of, led_steps, spelled
from appliance.errors import ConfigurationError, LineError
from appliance.gpio import FakeLine

Bench = tuple[Lamp, Callable[[], float]]
"""A head, and what share of its light it gives."""


def led(folder: Path, steps: int) -> Bench:
    """One of the kernel's."""
    fake = FakeLed(folder / "gatepost:ir:illuminator", steps)
    lamp = LedLamp(fake.folder)
    return lamp, lambda: fake.shown / fake.steps


def line(_folder: Path) -> Bench:
    """One on a line."""
    fake = FakeLine(13)
    return LineLamp(fake), lambda: float(fake.history[-1][1])


BENCHES: dict[str, Callable[[Path], Bench]] = {
    "led of 100 steps": lambda folder: led(folder, 100),
    "led of 255 steps": lambda folder: led(folder, 255),
    "led of one step": lambda folder: led(folder, 1),
    "line": line,
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every head that there is."""
    lamp, gives = BENCHES[request.param](tmp_path)
    yield lamp, gives
    lamp.close()


def test_a_head_is_dark_at_first_and_when_closed(bench: Bench) -> None:
    """However often it is closed."""
    lamp, gives = bench
    assert gives() == 0
    lamp.set(100)
    assert gives() == 1
    lamp.close()
    lamp.close()
    assert gives() == 0


@pytest.mark.parametrize("percent", [0, 1, 49, 50, 99, 100])
def test_a_head_never_gives_more_than_it_was_told(bench: Bench, percent: int) -> None:
    """Rounded down, to dark where it knows on and off only."""
    lamp, gives = bench
    lamp.set(percent)
    assert gives() <= percent / 100
    assert gives() in {0, 1} or gives() > (percent - 1) / 100


@pytest.mark.parametrize("percent", [0, 50, 100])
def test_a_closed_head_refuses(bench: Bench, percent: int) -> None:
    """It may be somebody else's by now."""
    lamp, gives = bench
    lamp.close()
    with pytest.raises(LineError, match="is closed"):
        lamp.set(percent)
    assert gives() == 0


def test_an_led_that_was_left_lit_is_dark_once_taken(tmp_path: Path) -> None:
    """A process before this one was killed; a 0 takes a trigger away too, says the kernel."""
    fake = FakeLed(tmp_path / "led")
    (fake.folder / "brightness").write_text("80\n")
    assert fake.shown == 80
    LedLamp(fake.folder)
    assert fake.shown == 0


@pytest.mark.parametrize(
    ("text", "shown"), [("7", 7), ("+7\n", 7), ("007\n", 7), ("100\n", 100), ("999999\n", 100)]
)
def test_the_fake_makes_of_a_number_what_the_kernel_does(
    tmp_path: Path, text: str, shown: int
) -> None:
    """Too much is as much as there is."""
    fake = FakeLed(tmp_path / "led")
    (fake.folder / "brightness").write_text(text)
    assert fake.shown == shown


@pytest.mark.parametrize("text", ["-1\n", "1.5\n", "0x10\n", "5 0\n", " 5\n", "5\n\n", "on\n"])
def test_the_fake_refuses_what_the_kernel_does(tmp_path: Path, text: str) -> None:
    """EINVAL for anything but a decimal number with at most one line's end."""
    fake = FakeLed(tmp_path / "led")
    (fake.folder / "brightness").write_text(text)
    with pytest.raises(ValueError, match="EINVAL"):
        _ = fake.shown


def test_an_led_that_is_not_there_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    """The overlay is missing: no restart helps, and no file is made in its stead."""
    folder = tmp_path / "gatepost:ir:illuminator"
    for take in (LedLamp, led_steps):
        with pytest.raises(ConfigurationError, match=r"LED gatepost:ir:illuminator: .*overlay"):
            take(folder)  # type: ignore[operator]
    folder.mkdir()
    (folder / "max_brightness").write_text("100\n")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        LedLamp(folder)
    assert not (folder / "brightness").exists()


def test_an_led_that_goes_away_is_told(tmp_path: Path) -> None:
    """Its driver was unbound while it was lit."""
    fake = FakeLed(tmp_path / "led")
    lamp = LedLamp(fake.folder)
    fake.folder.rename(tmp_path / "gone")
    with pytest.raises(LineError, match=r"LED led: .* cannot be written: No such file"):
        lamp.set(10)


@pytest.mark.parametrize(
    ("spelt", "kind"), [("led", LedLamp), ("high:13", LineLamp), ("low:5", LineLamp)]
)
def test_a_head_is_taken_as_it_was_spelled(
    tmp_path: Path, board: object, spelt: str, kind: type
) -> None:
    """What one process writes, the other reads."""
    assert board is not None
    fake = FakeLed(tmp_path / "gatepost:ir:illuminator")
    level, _, number = spelt.partition(":")
    lamp = fake.folder if level == "led" else int(number)
    told = spelled(lamp, active_low=level == "low")
    assert told.startswith(level)
    assert isinstance(lamp_of(told), kind)
