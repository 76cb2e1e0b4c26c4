"""What `check` looks at beside the file itself."""

from __future__ import annotations

import pytest

from appliance.config import Config
from appliance.inspection import doubts_of

LED = "gatepost:ir:illuminator"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"light": {"filter": {"line": 25}}}, "light.filter.line = 25: is the status LED"),
        ({"light": {"head": [{"line": 18}]}}, "light.head.line = 18: is the head 1"),
        ({"light": {"filter": {"lines": [23, 27]}}}, "light.filter.lines = 27: is the fan"),
        ({"gate": {"line": 25}}, "gate.line = 25: is the status LED"),
        ({"gate": {"line": 17, "confirm_line": 27}}, "gate.confirm_line = 27: is the fan"),
    ],
)
def test_a_line_that_the_overlay_takes_is_doubted(table: dict[str, object], told: str) -> None:
    """With what is there and the parameter that moves it; on a Jetson there is no such overlay."""
    (doubt,) = [each for each in doubts_of(Config.model_validate(table)) if "overlay" in each]
    assert doubt.startswith(told)
    assert "config.txt" in doubt
    table["camera"] = {"kind": "jetson"}
    assert not any("overlay" in each for each in doubts_of(Config.model_validate(table)))


def test_the_lines_of_the_overlay_readme_are_not_doubted() -> None:
    """Those it only pulls, and the LED that it makes."""
    gate, light = {"line": 17, "confirm_line": 22}, {"head": [{"led": LED}]}
    config = Config.model_validate({"gate": gate, "light": light | {"filter": {"line": 23}}})
    assert not any("overlay" in each for each in doubts_of(config))
