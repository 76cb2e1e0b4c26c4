"""The picture of `tools/rollout`: how many units a bad release reaches, and what that costs."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

Row = dict[str, object]


def save_rollout(rows: list[Row], units: int, out: Path) -> None:
    """Two rows of bars, by fault and stages; the scales are logarithmic."""
    faults = list(dict.fromkeys(str(row["fault"]) for row in rows))
    stages = list(dict.fromkeys(str(row["stages"]) for row in rows))
    figure, (reached, cost) = plt.subplots(2, 1, figsize=(8, 6), sharex=True)
    for number, stage in enumerate(stages):
        chosen = [row for row in rows if row["stages"] == stage]
        at = [place + (number - 1) * 0.27 for place in range(len(faults))]
        tried = [float(str(row["tried"])) for row in chosen]
        lost = [float(str(row["down_h"])) + float(str(row["wrong_h"])) for row in chosen]
        for axes, values in ((reached, tried), (cost, lost)):
            bars = axes.bar(at, values, 0.25, label=stage)
            axes.bar_label(bars, [f"{value:,.0f}" for value in values], fontsize=7, padding=1)
    for axes, title in (
        (reached, f"units that tried the bad release, of {units:,}"),
        (cost, "unit-hours without right work, until the mended release is everywhere"),
    ):
        axes.set_yscale("log")
        axes.margins(y=0.15)
        axes.set_title(title, fontsize=9, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    reached.legend(title="stages", fontsize=8, title_fontsize=8, ncols=3)
    cost.set_xticks(range(len(faults)), faults, fontsize=8)
    figure.tight_layout()
    figure.savefig(out, dpi=90)
    plt.close(figure)
