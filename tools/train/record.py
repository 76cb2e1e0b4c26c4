"""The record of a training run beside the models: its recipe, its steps, its curve."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tools.train.plots import training_plot


def write_record(run: Path, folder: Path, name: str) -> Path:
    """Write `folder/NAME.json` and `NAME.png` from a run's folder; returns the first.

    Args:
        run: as `tools/train/train` leaves it, with recipe.json and curve.csv.
        folder: of the records.
        name: the model's, such as "detect-1".
    """
    with (run / "curve.csv").open(newline="") as file:
        rows = [(float(s), int(steps), float(loss)) for s, steps, loss in csv.reader(file)]
    recipe = json.loads((run / "recipe.json").read_text(encoding="utf-8"))
    seconds, steps, loss = rows[-1]
    told = {**recipe, "seconds": seconds, "steps": steps, "last_loss": loss}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    training_plot(folder / f"{name}.png", [(s / 60, loss) for s, _, loss in rows], name)
    return path
