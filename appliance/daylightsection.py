"""The table [daylight] of the configuration: day and night.  Pure."""

from __future__ import annotations

from typing import Literal, get_args

from appliance.section import Section

Mode = Literal["auto", "day", "night"]
MODES: tuple[Mode, ...] = get_args(Mode)


class Daylight(Section):
    """What the camera, its filter and the light are set for."""

    # "auto": as the pictures tell; somebody may ask for another over MQTT
    mode: Mode = "auto"
