"""The status LED: blinks while the settings are at fault, beats when they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.provision.beacon import show

TRIGGERS = ("none", "timer", "heartbeat", "mmc0")


class StatusLed:
    """A folder like that of /sys/class/leds, with a trigger's own files from the beginning."""

    def __init__(self, folder: Path, trigger: str) -> None:
        """Show `trigger`."""
        self.folder = folder
        folder.mkdir()
        for name in ("delay_on", "delay_off"):
            (folder / name).write_text("500\n")
        self._list(trigger)

    def shown(self) -> tuple[str, str, str]:
        """Trigger and times; the kernel then lists all triggers, the chosen one in brackets."""
        trigger, *times = (self._read(name) for name in ("trigger", "delay_on", "delay_off"))
        chosen = trigger if trigger in TRIGGERS else trigger.partition("[")[2].partition("]")[0]
        self._list(chosen)
        return chosen, times[0], times[1]

    def _list(self, chosen: str) -> None:
        names = (f"[{name}]" if name == chosen else name for name in TRIGGERS)
        (self.folder / "trigger").write_text(" ".join(names) + "\n")

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text().strip()


@pytest.mark.parametrize("before", TRIGGERS)
def test_a_fault_blinks_in_even_seconds(tmp_path: Path, before: str) -> None:
    """Whatever it showed."""
    led = StatusLed(tmp_path / "led", before)
    show(led.folder, is_faulty=True)
    assert led.shown() == ("timer", "1000", "1000")


@pytest.mark.parametrize(("before", "after"), [("timer", "heartbeat"), ("mmc0", "mmc0")])
def test_it_beats_again_when_the_fault_is_mended(tmp_path: Path, before: str, after: str) -> None:
    """And shows what somebody chose for it, where that was something else."""
    led = StatusLed(tmp_path / "led", before)
    show(led.folder, is_faulty=False)
    assert led.shown()[0] == after


@pytest.mark.parametrize("is_faulty", [True, False])
def test_a_unit_without_the_led_goes_on(tmp_path: Path, is_faulty: bool) -> None:
    """No file comes into being where there is none."""
    show(tmp_path, is_faulty=is_faulty)
    assert list(tmp_path.iterdir()) == []
