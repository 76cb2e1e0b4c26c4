"""The tables of the configuration for what is measured and counted: [parking], [speed].  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator

from appliance.decision import ListName
from appliance.road import Road
from appliance.section import Section

MOST_HOURS = 24 * 365
Share = Annotated[float, Field(ge=0, le=1)]
Metres = Annotated[float, Field(ge=0.5, le=100)]
Corners = tuple[Annotated[tuple[Share, Share], Field(strict=False)], ...]


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
    def _way_in_is_named(self, known: ValidationInfo) -> Parking:
        """Only a file, which has a folder, names an empty table."""
        if self.entering is None and (self.model_fields_set or known.context):
            raise ValueError(
                "parking.entering is missing: expected 'approaching', 'receding' or 'line';"
                " without it no visit is kept"
            )
        return self


class Speed(Section):
    """The road as it was measured, for an indicative speed.  Without `points` there is none."""

    # four on the road, in order round them, shares of the picture from the top left
    points: Annotated[Corners, Field(strict=False)] = ()
    # from the first point to the second, and so on round to the first
    sides_m: Annotated[tuple[Metres, ...], Field(strict=False)] = ()
    # from the first to the third, from the second to the fourth: they need no right angle
    diagonals_m: Annotated[tuple[Metres, ...], Field(strict=False)] = ()
    # of the camera over the road
    camera_m: float | None = Field(None, ge=1, le=20)
    # of the lower edge of a usual plate over it; a guess of ours, to be measured on the spot
    plate_m: float = Field(0.5, ge=0.1, le=0.9)

    @property
    def road(self) -> Road | None:
        """What was measured; None where nothing was."""
        if not self.points or self.camera_m is None:
            return None
        a, b, c, d = self.points
        first, second, third, fourth = self.sides_m
        across, other = self.diagonals_m
        sides = (first, second, third, fourth)
        return Road((a, b, c, d), sides, (across, other), self.camera_m, self.plate_m)

    @model_validator(mode="after")
    def _road_is_measured(self, known: ValidationInfo) -> Speed:
        """All of it, and none of it against the rest."""
        if not (self.model_fields_set or known.context):
            return self
        wanted = (("points", 4), ("sides_m", 4), ("diagonals_m", 2))
        found = [(key, len(getattr(self, key)), count) for key, count in wanted]
        faults = [f"speed.{key}: {has} of them, expected {n}" for key, has, n in found if has != n]
        if self.camera_m is None:
            faults.append("speed.camera_m is missing: expected its height over the road, metres")
        if not faults and self.road and self.road.fault():
            faults.append(f"speed.{self.road.fault()}")
        if faults:
            raise ValueError("; ".join(faults))
        return self
