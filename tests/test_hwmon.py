"""Power and fans as the kernel's hardware monitors give them; a folder stands in for a board."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.hwmon import Fan, Power, Rail, fan, power
from tests.test_board import put

ORIN = {
    "hwmon1/name": "ina3221",
    "hwmon1/in1_label": "VDD_IN",
    "hwmon1/in1_input": "5032",
    "hwmon1/curr1_input": "1432",
    "hwmon1/in2_label": "VDD_CPU_GPU_CV",
    "hwmon1/in2_input": "5024",
    "hwmon1/curr2_input": "240",
    "hwmon1/in3_label": "NC",
    "hwmon1/in3_input": "0",
    "hwmon1/curr3_input": "0",
    "hwmon1/in7_label": "sum of shunt voltages",
    "hwmon1/in7_input": "3",
    "hwmon2/name": "pwmfan",
    "hwmon2/pwm1": "102",
    "hwmon3/name": "pwm_tach",
    "hwmon3/rpm": "2310",
}
"""A Jetson Orin Nano's, after the labels and units that jetson-stats 7.2.2 reads there."""
IN, CPU = Rail(5.032, 1.432, 7.21), Rail(5.024, 0.24, 1.21)


def board(root: Path, files: dict[str, str]) -> Path:
    """A board with these monitors."""
    for path, text in files.items():
        put(root, f"sys/class/hwmon/{path}", f"{text}\n")
    return root


def test_a_board_takes_what_goes_into_it(tmp_path: Path) -> None:
    """The other rails are fed from that one; what is connected to nothing is left out."""
    told = power(board(tmp_path, ORIN))
    assert told == Power(7.21, {"VDD_IN": IN, "VDD_CPU_GPU_CV": CPU})


def test_without_an_input_the_rails_are_the_sum(tmp_path: Path) -> None:
    """As on an AGX, whose monitors see the rails alone."""
    labels = {"hwmon1/in1_label": "VDD_GPU_SOC"}
    told = power(board(tmp_path, ORIN | labels))
    assert told is not None
    assert told.watts == pytest.approx(8.42)


def test_a_monitor_that_fails_is_left_out(tmp_path: Path) -> None:
    """Its files give errors or nothing while it is switched off."""
    assert (
        power(board(tmp_path, ORIN | {"hwmon1/in1_input": "", "hwmon1/curr2_input": "?"})) is None
    )
    assert power(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"hwmon0/name": "cpu_thermal", "hwmon0/temp1_input": "48000"}, None),
        ({"hwmon2/pwm1": "102", "hwmon3/rpm": "2310"}, Fan(40, 2310)),
        ({"hwmon2/pwm1": "0", "hwmon2/fan1_input": "0"}, Fan(0, 0)),
        ({"hwmon2/fan1_input": "5000"}, Fan(None, 5000)),
        ({"hwmon2/pwm1": "255", "hwmon2/pwm1_enable": "2"}, Fan(100, None)),
        ({"hwmon2/pwm1": "10", "hwmon4/pwm1": "51"}, Fan(20, None)),
    ],
)
def test_how_the_fan_turns(files: dict[str, str], expected: Fan | None, tmp_path: Path) -> None:
    """The fastest of several; what nobody tells is None."""
    assert fan(board(tmp_path, files)) == expected
