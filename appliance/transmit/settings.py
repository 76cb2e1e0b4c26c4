"""What people have set, as retained messages for those who show it.  Pure."""

from __future__ import annotations

import json

from appliance.transmit.messages import KEPT, NIGHT_MODE, POWER, RELEASED, Publication, Topics


def kept(topics: Topics, days: float) -> Publication:
    """For how many days passages are kept, as Home Assistant's number takes it."""
    return Publication(topics.at(KEPT), json.dumps(days), retained=True)


def night_mode(topics: Topics, mode: str) -> Publication:
    """Whether it is day, night, or what the pictures tell, as Home Assistant's select takes it."""
    return Publication(topics.at(NIGHT_MODE), mode, retained=True)


def released(topics: Topics, *, is_on: bool) -> Publication:
    """The light's switch, as Home Assistant's takes it."""
    return Publication(topics.at(RELEASED), "ON" if is_on else "OFF", retained=True)


def power(topics: Topics, percent: int) -> Publication:
    """How bright the light is where it is lit, as Home Assistant's number takes it."""
    return Publication(topics.at(POWER), str(percent), retained=True)
