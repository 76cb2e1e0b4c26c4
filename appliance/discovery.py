"""The table [homeassistant] of the configuration.  Pure."""

from __future__ import annotations

import re

from pydantic import Field

from appliance.section import Section

PREFIX = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
"""Levels of a topic; a wildcard or an empty level would be somebody else's topic."""


class HomeAssistant(Section):
    """Whether and where Home Assistant is told of this unit; without a broker it is not."""

    # false: no device appears by itself
    discovery: bool = True
    # where Home Assistant looks, unless its own setting was changed
    prefix: str = Field(
        "homeassistant",
        pattern=f"^{PREFIX.pattern}$",
        max_length=64,
        description="levels of A-Z, a-z, 0-9, _ and -, with / between them",
    )
