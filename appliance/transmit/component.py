"""What an entity or trigger of Home Assistant is, and what a unit may lack for it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Features:
    """What this unit publishes beside what every unit does.

    Attributes:
        last: the newest passage stays with the broker, for dashboards.
        image: so does the picture of its plate.
        parking: who is inside is counted.
        free_places: it is known for how many there is room, too.
        keep_days: the most days for which passages can be kept; 0: nobody may choose.
        eyes: it has something to set for day and night.
        light: it has an infra-red light.
        light_power: the most percent that it may give; 0: it knows on and off only.
        updates: it looks for newer releases.
    """

    last: bool
    image: bool = False
    parking: bool = False
    free_places: bool = False
    keep_days: float = 0
    eyes: bool = False
    light: bool = False
    light_power: int = 0
    updates: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """One entity or trigger, with the condition under which it exists.

    Attributes:
        key: its name in the document; its unique id is made from it, so it never changes.
        platform: Home Assistant's word for its kind.
        topics: the option that takes a topic, and the topic below the unit's own.
        options: the others, as Home Assistant abbreviates them.
        needs: the field of Features without which it does not exist; empty: every unit has it.
        limits: options that take the value of a field of Features.
    """

    key: str
    platform: str
    topics: Mapping[str, str]
    options: Mapping[str, object] = field(default_factory=dict)
    needs: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)

    def exists(self, features: Features) -> bool:
        """Whether a unit with these features has it."""
        return not self.needs or bool(getattr(features, self.needs))
