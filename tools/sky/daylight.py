"""tools/daylight: the year at each place, its figures as JSON, and one of them as a picture."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tools.sky.site import Place
from tools.sky.year import SLOT_S, Tally, Year

PLACES: Mapping[str, Place] = {
    "town, 50 N": Place(),
    "lane without a lamp, 40 N": Place(latitude=40, street_lux=0, tells_lux=False, lamp_lux=200),
    "fast road, 60 N": Place(latitude=60, speed_kmh=130, reading=2.5, vehicles=800),
    "gain of 8, 68 N": Place(latitude=68, most_gain=8, reading=0.4, lamp_lux=5),
}
DRAWN = "town, 50 N"
"""Of which every day is lived through; of the others one a week."""
YEAR_DAYS = 365


def main() -> None:
    """Live through the years, two at a time."""
    parser = argparse.ArgumentParser(prog="tools/daylight", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/daylight"))
    parser.add_argument("--days", type=int, default=YEAR_DAYS, help="of each year, from 1 January")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(max_workers=2) as pool:
        runs = {name: pool.submit(_year, name, options.days) for name in PLACES}
        tallies = {name: run.result() for name, run in runs.items()}
    figures = {name: _figures(tally) for name, tally in tallies.items()}
    written = json.dumps(figures, indent=1)
    (options.out / "daylight.json").write_text(written + "\n", encoding="utf-8")
    print(written)
    from tools.sky.picture import draw  # noqa: PLC0415  # matplotlib, which the figures need not

    draw(options.out / "daylight.png", tallies[DRAWN], PLACES[DRAWN])


def _year(name: str, days: int) -> Tally:
    return Year(PLACES[name]).run(range(0, days, 1 if name == DRAWN else 7))


def _figures(tally: Tally) -> dict[str, object]:
    """What a reader wants to know of a year; seconds and hours."""
    spread = Counter(tally.changes.values())
    return {
        "looks": tally.looks,
        "changes_in_a_day": {str(count): spread[count] for count in sorted(spread)},
        "changes_in_a_day_with_a_cap": max(tally.capped.values(), default=0),
        "lit_h": round(tally.lit_s / 3600),
        "lit_by_day_s": [round(each) for each in tally.lit_by_day_s],
        "lit_by_bright_day_s": [round(each) for each in tally.lit_by_bright_day_s],
        "night_settings_in_full_sun_s": round(tally.blind_s),
        "dark_without_light_s": round(tally.dark_s),
        "probes": tally.probes,
        "lit_behind_cap_s": [round(each) for each in tally.capped_lit_s],
        "slots_of_s": SLOT_S,
    }


if __name__ == "__main__":
    main()
