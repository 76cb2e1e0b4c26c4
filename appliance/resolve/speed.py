"""An indicative speed from a track, where the lane has been measured.  Pure.

The rule to know: it is indicative, and called so wherever it appears.  Nobody has tested the unit
as an instrument, and nobody may be fined by it.

What is measured lies on the road, and a plate hangs above it: seen from the camera it covers a
point of the road farther away, which is faster than the vehicle by H / (H - h), for a camera at the
height H and a plate at h, whatever the direction.  That is taken out; what stays is by how much h
differs from the height that was configured.  At H = 3 m and h = 0.5 m a plate 0.1 m higher seems
4 % faster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Point, Sighting
from appliance.road import Road

Floats = NDArray[np.float64]

LEAST_SIGHTINGS, LEAST_S, LEAST_M = 5, 0.2, 1.5
"""What a track must have on the measured part of the road, for noise to stay small against it."""
BEYOND = 0.25
"""How far out of the four points a plate may still be, as a share of their way from their middle:
farther, nobody knows that the road is flat, and small errors of the points grow."""
KMH = 3.6


def speed_kmh(
    road: Road, sightings: Sequence[Sighting], image_size: tuple[int, int]
) -> float | None:
    """The indicative speed of a track in km/h; None where too little was seen of it.

    Of a vehicle that changes its speed it is the usual one: the median of the slopes between all
    pairs of sightings (Theil 1950, Sen 1968), which a quarter of bad boxes does not move.

    Args:
        road: what was measured.
        sightings: of the track, oldest first.
        image_size: width and height of the frame in pixels.
    """
    feet = np.array([_foot(sighting) for sighting in sightings]) / image_size
    places, times = _places(road, feet), np.array([sighting.at for sighting in sightings])
    is_measured = _is_measured(road, places)
    places, times = places[is_measured], times[is_measured]
    if len(times) < LEAST_SIGHTINGS or times[-1] - times[0] < LEAST_S:
        return None
    speed = math.hypot(_slope(times, places[:, 0]), _slope(times, places[:, 1]))
    if speed * (times[-1] - times[0]) < LEAST_M:
        return None
    return speed * KMH * (road.camera_m - road.plate_m) / road.camera_m


def homography(shares: Floats, metres: Floats) -> Floats:
    """(3, 3) the projective map that takes four (4, 2) places of the picture to four on the road.

    Raises:
        numpy.linalg.LinAlgError: three of the places lie on one line.
    """
    rows, values = list[tuple[float, ...]](), list[float]()
    for (u, v), (x, y) in zip(shares, metres, strict=True):
        rows += [(u, v, 1, 0, 0, 0, -u * x, -v * x), (0, 0, 0, u, v, 1, -u * y, -v * y)]
        values += [x, y]
    solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
    return np.append(solved, 1.0).reshape(3, 3)


def _places(road: Road, shares: Floats) -> Floats:
    """(n, 2) metres on the road of (n, 2) shares of the picture; nan from the horizon on."""
    points = np.array(road.points)
    matrix = homography(points, road.corners_m())
    side = np.sign(matrix[2] @ (*points.mean(axis=0), 1.0))  # of the horizon, where the road is
    x, y, w = matrix @ np.column_stack([shares, np.ones(len(shares))]).T
    w = np.where(w * side > 0, w, np.nan)
    return np.column_stack([x / w, y / w])


def _is_measured(road: Road, places: Floats) -> NDArray[np.bool_]:
    """Which places lie within the four points, or a little beyond."""
    corners = road.corners_m()
    middle = corners.mean(axis=0)
    grown = middle + (corners - middle) * (1 + BEYOND)
    edges, away = np.roll(grown, -1, axis=0) - grown, places[:, None] - grown
    turns = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0]
    return np.asarray((turns >= 0).all(axis=1))


def _foot(sighting: Sighting) -> Point:
    """The middle of a plate's lower edge, in pixels."""
    _, _, (x1, y1), (x2, y2) = sighting.detection.quad.corners
    return (x1 + x2) / 2, (y1 + y2) / 2


def _slope(times: Floats, values: Floats) -> float:
    """Of a line through the values: the median of the slopes between all pairs."""
    early, late = np.triu_indices(len(times), 1)
    elapsed, moved = times[late] - times[early], values[late] - values[early]
    return float(np.median(moved[elapsed > 0] / elapsed[elapsed > 0]))
