"""What the kernel's files say of a machine; a folder stands in for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.board import Board, hottest


def put(root: Path, path: str, text: str) -> None:
    """A file as the kernel would have it."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_temperatures_are_by_the_name_of_their_zone(tmp_path: Path) -> None:
    """The hotter of two that share one; a zone that is off, or says nonsense, is none."""
    zones = [("cpu", "48312\n"), ("cpu", "61249\n"), ("gpu", "-5000\n"), ("off", ""), ("odd", "?")]
    for number, (name, temp) in enumerate(zones):
        put(tmp_path, f"sys/class/thermal/thermal_zone{number}/type", f"{name}\n")
        put(tmp_path, f"sys/class/thermal/thermal_zone{number}/temp", temp)
    assert Board(tmp_path).temperatures() == {"cpu": 61.2, "gpu": -5.0}


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        ({}, None),
        ({"cpu": 48.3, "gpu": 51.0}, 51.0),
        ({"CPU-therm": 48.3, "PMIC-Die": 100.0}, 48.3),  # as long as all is well
        ({"CPU": 48.3, "PMIC": 50.0}, 48.3),
        ({"CPU-therm": 48.3, "PMIC-Die": 120.0}, 120.0),
        ({"PMIC-Die": 100.0}, None),
    ],
)
def test_the_hottest_zone_is_one_that_tells(
    zones: dict[str, float], expected: float | None
) -> None:
    """A Jetson's power chip knows only that it is too hot; its usual 100 °C would end the light."""
    assert hottest(zones) == expected


FIRMWARE = "sys/devices/platform/soc/soc:firmware/get_throttled"
MONITOR = "sys/class/hwmon/hwmon3"
COOLING = "sys/class/thermal/cooling_device0"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({FIRMWARE: "0\n"}, ()),
        ({FIRMWARE: "50000\n"}, ()),  # it was so, and is not any more
        ({FIRMWARE: "50005\n"}, ("under-voltage", "throttled")),
        ({FIRMWARE: "nonsense\n"}, None),
        ({f"{COOLING}/type": "gpio-fan\n", f"{COOLING}/cur_state": "1\n"}, None),
        ({f"{COOLING}/type": "thermal-cpufreq-0\n", f"{COOLING}/cur_state": "0\n"}, ()),
        (
            {f"{COOLING}/type": "cpufreq-cpu0\n", f"{COOLING}/cur_state": "3\n"},
            ("slowed down by heat",),
        ),
        ({f"{COOLING}/type": "cpufreq-cpu0\n"}, None),
        ({f"{MONITOR}/name": "rpi_volt\n", f"{MONITOR}/in0_lcrit_alarm": "0\n"}, ()),
        (
            {f"{MONITOR}/name": "rpi_volt\n", f"{MONITOR}/in0_lcrit_alarm": "1\n"},
            ("under-voltage",),
        ),
        (
            {f"{MONITOR}/name": "ina3221\n", f"{MONITOR}/curr2_max_alarm": "1\n"},
            ("over-current",),
        ),
        ({f"{MONITOR}/name": "nvme\n", f"{MONITOR}/curr2_max_alarm": "1\n"}, None),
    ],
)
def test_why_the_processor_is_slow(
    files: dict[str, str], expected: tuple[str, ...] | None, tmp_path: Path
) -> None:
    """What nobody tells is not known, and not well."""
    for path, text in files.items():
        put(tmp_path, path, text)
    assert Board(tmp_path).throttled() == expected


def test_the_model_is_the_device_trees(tmp_path: Path) -> None:
    """It ends in a zero byte; a PC has none."""
    assert Board(tmp_path).model() == ""
    put(tmp_path, "sys/firmware/devicetree/base/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    assert Board(tmp_path).model() == "Raspberry Pi 5 Model B Rev 1.0"
