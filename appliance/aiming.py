"""Watches how the newest vehicles were seen, and says whether the camera is aimed well.  Pure.

The rule to know: it keeps figures of a few vehicles in memory, no picture and no plate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from appliance.aim import Aim, aim_of
from appliance.domain import Frame, Sighting
from appliance.exposure import Shot
from appliance.recognize.shake import Shake
from appliance.resolve.track import Track, moved
from appliance.vehicle import Vehicle, vehicle

NEWEST = 20
"""Vehicles that count: enough for a median, few enough that a camera that was turned soon shows."""
LEAST_SIGHTINGS = 3
"""Of a vehicle: what is seen once or twice may be a vent."""


@dataclass(slots=True)
class Aiming:
    """The figures of the newest vehicles.

    Attributes:
        longest_s: seconds that an exposure may take at the configured speed; None: not configured.
        aim: what they say.
        seen: vehicles in all.
    """

    longest_s: float | None = None
    aim: Aim = field(default_factory=Aim, init=False)
    seen: int = field(default=0, init=False)
    vehicles: deque[Vehicle] = field(default_factory=lambda: deque(maxlen=NEWEST), init=False)
    shake: Shake = field(default_factory=Shake, init=False)
    tracks: dict[int, Track] = field(default_factory=dict, init=False)  # in sight
    shot: Shot | None = field(default=None, init=False)
    size: tuple[int, int] = field(default=(0, 0), init=False)

    def watch(
        self,
        frame: Frame,
        sighted: Sequence[tuple[int, Sighting]],
        last_at: Callable[[int], float | None],
    ) -> None:
        """Take in a frame, and whoever is in sight no more.

        Args:
            frame: the newest.
            sighted: its sightings, each with the number of its track.
            last_at: when a track was sighted last; None where it is over.
        """
        self.shot, self.size = frame.shot or self.shot, frame.size
        over = [number for number in self.tracks if last_at(number) is None]
        came = [self.end(number) for number in over]
        for number, sighting in sighted:
            self.tracks.setdefault(number, Track(number=number)).add(sighting)
        if self.shake.watch(frame) or any(came):
            self.judge()

    def part(self) -> None:
        """Take in who is in sight at the end of a recording."""
        for number in list(self.tracks):
            self.end(number)
        self.judge()

    def end(self, number: int) -> bool:
        """Take in a track that is over; whether a vehicle it was, for a sign does not move."""
        track = self.tracks.pop(number)
        is_vehicle = track.seen >= LEAST_SIGHTINGS and moved(track.sightings)
        if is_vehicle:
            self.seen += 1
            self.vehicles.append(vehicle(track.sightings, self.size, self.shot))
        return is_vehicle

    def judge(self) -> None:
        """Say anew what the figures mean."""
        self.aim = aim_of(self.vehicles, self.shake.px, self.longest_s)
