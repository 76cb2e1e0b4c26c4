"""The table [health] of the configuration: from when on something counts as a problem.  Pure."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from appliance.quiet import Daytime
from appliance.section import Section

WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)", re.ASCII)


class HealthLimits(Section):
    """When a unit at which nothing seems wrong has a problem all the same."""

    # daytime hours without a passage, of those in which the unit was looking; 0: never a problem
    quiet_hours: float = Field(48.0, ge=0, le=10_000)
    # local time of the unit
    daytime: str = "07:00-21:00"
    # days since somebody said what stands on a list that has entries; 0: never a problem
    list_days: float = Field(0.0, ge=0, le=3650)

    @field_validator("daytime")
    @classmethod
    def _is_a_span(cls, text: str) -> str:
        if daytime(text) is None:
            raise ValueError(
                f"health.daytime = {text!r}: expected hours of one day such as '07:00-21:00'"
            )
        return text

    @property
    def day(self) -> Daytime:
        """`daytime`, parsed."""
        return daytime(self.daytime) or Daytime(0, 24 * 60)


def daytime(text: str) -> Daytime | None:
    """Hours of a day as they are written; None where they are none."""
    written = WRITTEN.fullmatch(text)
    if written is None:
        return None
    begin = int(written[1]) * 60 + int(written[2])
    hour, minute = written[3].split(":")
    end = int(hour) * 60 + int(minute)
    return Daytime(begin, end) if begin < end else None
