"""What became of a fleet's passages: what was recorded against what arrived, and how late.

The rule to know: a passage is lost where its recording returned and no listener heard it on `log`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from tools.faults.ear import Heard
from tools.load.gauge import Look
from tools.load.members import Told

SHARES = {"median": 50, "95 %": 95, "99 %": 99, "most": 100}
BEHIND_S = 1.0
"""A passage recorded that much later than it was due: the machine does not carry so many units."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was done and seen.

    Attributes:
        units, rate: how many, and passages a second of each.
        told: what the units recorded.
        heard: what the listener heard.
        looks: at the processes, a second apart, while there was something to do.
        broken_off: by Ctrl-C.
    """

    units: int
    rate: float
    told: list[Told]
    heard: list[Heard]
    looks: list[Look]
    broken_off: bool


def report(run: Run) -> dict[str, Any]:
    """The figures, latencies in milliseconds."""
    recorded = {each.uuid: each for each in run.told}
    logged, live = _first(run.heard, "log"), _first(run.heard, "passage")
    arrivals = sum(each.topic == "log" for each in run.heard)
    behind = [each.recorded - each.due for each in run.told]
    return {
        "units": run.units,
        "passages": len(recorded),
        "lost": len(recorded.keys() - logged.keys()),
        "without PUBACK": sum(not each.taken for each in run.told),
        "repeats on `log`": arrivals - len(logged),
        "out of order": _disordered(run.heard),
        "a second, asked": run.units * run.rate,
        "a second, recorded": _rate([each.recorded for each in run.told]),
        "a second, at the listener": _rate(list(logged.values())),
        "recorded late by (ms)": _spread(behind),
        "saturated": max(behind, default=0.0) > BEHIND_S,
        "latency (ms)": {
            "recorded to PUBACK": _spread([e.taken - e.recorded for e in run.told if e.taken]),
            "recorded to listener, `log`": _delays(recorded, logged),
            "recorded to listener, `passage`": _delays(recorded, live),
        },
        **_load(run.looks),
    }


def table(told: dict[str, Any]) -> str:
    """The same as two tables."""
    spreads = {"recorded later than due": told["recorded late by (ms)"]} | told["latency (ms)"]
    lines = [["milliseconds", *SHARES], ["--", *["--:"] * len(SHARES)]]
    lines += [
        [name, *(f"{spread.get(share, 0):,}" for share in SHARES)]
        for name, spread in spreads.items()
    ]
    figures = {name: value for name, value in told.items() if not isinstance(value, dict)}
    rest = [["figure", ""], ["--", "--:"], *([name, _shown(v)] for name, v in figures.items())]
    return "\n\n".join(
        "\n".join(f"| {' | '.join(line)} |" for line in part) for part in (lines, rest)
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else f"`{value}`"


def _first(heard: Sequence[Heard], topic: str) -> dict[str, float]:
    """When each id was heard first on a topic."""
    there: dict[str, float] = {}
    for each in heard:
        if each.topic == topic:
            there.setdefault(json.loads(each.payload)["uuid"], each.at)
    return there


def _disordered(heard: Sequence[Heard]) -> int:
    """Messages on `log` that came behind a later one of their unit."""
    bodies = [json.loads(each.payload) for each in heard if each.topic == "log"]
    by_unit: Callable[[dict[str, Any]], str] = lambda body: body["device"]  # noqa: E731
    units = groupby(sorted(bodies, key=by_unit), by_unit)
    return sum(b["seq"] < a["seq"] for _, unit in units for a, b in pairwise(unit))


def _delays(recorded: dict[str, Told], there: dict[str, float]) -> dict[str, float]:
    return _spread([at - recorded[uuid].recorded for uuid, at in there.items() if uuid in recorded])


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles in milliseconds."""
    if not seconds:
        return {}
    values = np.percentile(np.asarray(seconds) * 1000, list(SHARES.values()))
    return {name: round(float(value), 1) for name, value in zip(SHARES, values, strict=True)}


def _rate(times: Sequence[float]) -> float:
    """A second, between the first and the last."""
    if len(times) < 2:
        return 0.0
    return round((len(times) - 1) / (max(times) - min(times)), 1)


def _load(looks: Sequence[Look]) -> dict[str, float]:
    """Processor in percent of one core, memory in megabytes."""
    first, last = looks[0], looks[-1]
    took_s = last.at - first.at
    if not took_s:
        return {}
    broker, units = last.broker_s - first.broker_s, last.units_s - first.units_s
    others = last.machine_s - first.machine_s - broker - units
    most = max((b.broker_s - a.broker_s) / (b.at - a.at) for a, b in pairwise(looks))
    return {
        "broker, % of a core, mean": round(100 * broker / took_s, 1),
        "broker, % of a core, most in a second": round(100 * most, 1),
        "broker, RSS in MB, at first": round(first.broker_mb, 1),
        "broker, RSS in MB, most": round(max(each.broker_mb for each in looks), 1),
        "units, % of a core, mean": round(100 * units / took_s, 1),
        "others (listener too), % of a core, mean": round(100 * others / took_s, 1),
    }
