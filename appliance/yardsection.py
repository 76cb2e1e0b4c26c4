"""The tables of the configuration for who is inside: [parking].  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from appliance.decision import ListName
from appliance.section import Section

MOST_HOURS = 24 * 365


class Limits(Section):
    """Hours that a visit may last, by the list on which the plate counted when it came; 0: any."""

    allowed: float = Field(0.0, ge=0, le=MOST_HOURS)
    denied: float = Field(0.0, ge=0, le=MOST_HOURS)
    watched: float = Field(0.0, ge=0, le=MOST_HOURS)
    unknown: float = Field(0.0, ge=0, le=MOST_HOURS)

    @property
    def by_list(self) -> Mapping[ListName, float]:
        """The same by the name of the list."""
        return {
            "allowed": self.allowed,
            "denied": self.denied,
            "watched": self.watched,
            "unknown": self.unknown,
        }


class Parking(Section):
    """Who is inside.  Without `entering` no visit is kept."""

    # which direction leads in, or "line": the counting line says it
    entering: Literal["approaching", "receding", "line"] | None = None
    # vehicles that there is room for
    capacity: int | None = Field(None, ge=1, le=100_000)
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _way_in_is_named(self) -> Parking:
        if self.entering is None and self.model_fields_set:
            raise ValueError(
                "parking.entering is missing: expected 'approaching', 'receding' or 'line';"
                " without it no visit is kept"
            )
        return self
