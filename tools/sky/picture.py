"""The year as a picture: the hours of each day, and the changes in it."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from tools.sky.site import Place
from tools.sky.sky import DAY_S, elevation
from tools.sky.year import SLOT_S, Tally

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

COLOURS = ("#ffffff", "#ffe08a", "#8aa4d6", "#26304f", "#c03030")
STATES = {"day": 1, "dusk": 2, "night": 3, "covered": 4}
SLOTS = int(DAY_S // SLOT_S)


def draw(path: Path, tally: Tally, place: Place) -> None:
    """Write it as a PNG.

    Args:
        path: of the picture.
        tally: of the year.
        place: where it was.
    """
    figure, (hours, counts) = plt.subplots(
        2, 1, figsize=(9, 6), sharex=True, height_ratios=(4, 1), layout="constrained"
    )
    days = max(tally.slots) // SLOTS + 1
    grid = np.zeros((SLOTS, days))
    for slot, time_of_day in tally.slots.items():
        grid[slot % SLOTS, slot // SLOTS] = STATES[time_of_day]
    hours.imshow(
        grid, ListedColormap(COLOURS), aspect="auto", origin="lower", extent=(0, days, 0, 24),
        vmin=0, vmax=4, interpolation="nearest",
    )  # fmt: skip
    _horizon(hours, days, place.latitude)
    hours.set(
        ylabel="local solar hour",
        title="What the unit took it for: yellow day, blue dusk, dark night with the light lit;\n"
        "red: the lens is covered, and the light dark.  Red lines: the sun\n"
        f"on the horizon and 6 degrees below, {place.latitude:g} degrees north",
        xlim=(0, days),
        yticks=range(0, 25, 3),
    )
    every = [tally.changes[day] for day in range(days)]
    capped = [tally.capped[day] for day in range(days)]
    counts.bar(range(days), every, width=1.0, color="#444444")
    counts.bar(range(days), capped, width=1.0, bottom=every, color="#cc3333")
    counts.set(xlabel="day of the year", ylabel="changes a day\n(red: lens covered)")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _horizon(axes: Axes, days: int, latitude: float) -> None:
    minutes = np.arange(0, DAY_S, 300)
    degrees = np.array(
        [[elevation(day * DAY_S + second, latitude) for day in range(days)] for second in minutes]
    )
    axes.contour(
        np.arange(days) + 0.5, minutes / 3600, degrees, levels=[-6, -0.8], colors="#d03030",
        linewidths=0.8, linestyles=("dotted", "solid"),
    )  # fmt: skip
