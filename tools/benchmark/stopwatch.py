"""Steps measured in turn: their processor times, the table of them, and who is how much cheaper."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

WHOLE = "whole picture"
WARM_UP = 5

Steps = dict[str, Callable[[], object]]
Times = dict[str, dict[str, list[float]]]
"""Milliseconds of each step's rounds, by contestant and step."""


def measure(contestants: Mapping[str, Steps], rounds: int) -> Times:
    """Every step of every contestant once a round; the first WARM_UP rounds do not count."""
    times: Times = {who: {step: [] for step in steps} for who, steps in contestants.items()}
    for number in range(-WARM_UP, rounds):
        for who, steps in contestants.items():
            for name, step in steps.items():
                spent = _milliseconds(step)
                if number >= 0:
                    times[who][name].append(spent)
    return times


def _milliseconds(step: Callable[[], object]) -> float:
    """Of the processor, all threads together: waiting for other programs does not count."""
    begun = time.process_time_ns()
    step()
    return (time.process_time_ns() - begun) / 1e6


def ratio(times: Times) -> float:
    """The median of ours over the median of theirs, for a whole picture."""
    ours, theirs = (float(np.median(times[who][WHOLE])) for who in ("ours", "theirs"))
    return ours / theirs


def table(times: Times) -> str:
    """Median and 90th percentile of each step."""
    lines = [f"{'processor ms':34}{'median':>8}{'p90':>8}"]
    for who, steps in times.items():
        for name, spent in steps.items():
            label = who if name == WHOLE else f"  {name}"
            low, high = np.median(spent), np.percentile(spent, 90)
            lines.append(f"{label:34}{low:8.2f}{high:8.2f}")
    return "\n".join(lines)
