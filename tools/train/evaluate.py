"""Score a pair of models on the real pictures: `tools/train/evaluate`.

Prints the table of goals and writes it with `breakdown.md`, `scores.json`, plots, and contact
sheets of everything that is not right; `--record` also writes the scores into the manifests.
`--models models/float` measures the float forms that `tools/train/quantize --float` leaves.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import cv2

from appliance.config import MODELS
from tools.train import measures, plots
from tools.train.breakdown import breakdowns
from tools.train.cases import save_sheets
from tools.train.labels import PLATES
from tools.train.manifests import rewrite_scores
from tools.train.measures import Figure, Share
from tools.train.pairs import models_folder, open_pair
from tools.train.scoring import Judged, Looks, judge, look, plates_folder
from tools.train.table import cost_row, goals_table, shares_table


def main() -> None:
    """Parse the arguments and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models", type=models_folder, default=str(MODELS), help="folder of detect and read"
    )
    parser.add_argument(
        "--plates", type=plates_folder, default=str(PLATES), help="with detect, read, scenes, clips"
    )
    parser.add_argument("--out", type=Path, default=Path("out/evaluate"))
    parser.add_argument("--record", action="store_true", help="write the scores into the manifests")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    looks = look(open_pair(asked.models), asked.plates)
    raw, mended = (judge(looks, asked.plates, corrected) for corrected in (False, True))
    print(write_report(asked.out, looks, raw, mended))
    print(f"breakdowns, plots and contact sheets: {asked.out}")
    if asked.record:
        rewrite_scores(asked.models / "detect.toml", measures.detect_scores(looks, raw, mended))
        rewrite_scores(asked.models / "read.toml", measures.read_scores(raw, mended))


def write_report(out: Path, looks: Looks, raw: Judged, mended: Judged) -> str:
    """Write everything into `out`; the goals' table with what nobody labelled comes back."""
    out.mkdir(parents=True, exist_ok=True)
    came, better = measures.figures(raw), measures.figures(mended)
    unlabelled = measures.nobody_labelled(raw, mended)
    shares = breakdowns(mended, looks.appearances)
    table = (
        goals_table(looks.names, came, better)
        + cost_row(looks.names)
        + _unlabelled_line(unlabelled)
    )
    (out / "table.md").write_text(table, encoding="utf-8")
    tables = [shares_table(title, rows) for title, rows in shares.items()]
    (out / "breakdown.md").write_text("\n".join(tables), encoding="utf-8")
    scores = _scores_object(looks, came, better, unlabelled, shares)
    (out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    _save_plots(out, raw, mended)
    save_sheets(out, looks, raw, mended)
    return table


def _unlabelled_line(counts: dict[str, int]) -> str:
    return (
        f"\nOf the {sum(counts.values())} detections that the labels as they came call false, "
        f"{counts['plate']} are plates, {counts['unsure']} nobody can tell, "
        f"{counts['false']} are false.\n"
    )


def _scores_object(
    looks: Looks,
    came: dict[str, Figure],
    better: dict[str, Figure],
    unlabelled: dict[str, int],
    shares: dict[str, list[Share]],
) -> dict[str, object]:
    return {
        "models": looks.names,
        "labels as they came": {key: asdict(figure) for key, figure in came.items()},
        "labels mended": {key: asdict(figure) for key, figure in better.items()},
        "false by the labels as they came": unlabelled,
        "breakdowns": {title: [asdict(s) for s in rows] for title, rows in shares.items()},
        "passages": looks.passages,
        "clip_cpu_s": round(looks.clip_s, 1),
        "detect_median_ms": round(measures.median_ms(looks), 2),
    }


def _save_plots(out: Path, raw: Judged, mended: Judged) -> None:
    curves = {
        "labels as they came": measures.recall_curve(raw.detected),
        "labels mended": measures.recall_curve(mended.detected),
    }
    plots.recall_plot(out / "detect_recall.png", curves)
    whole = measures.bins(measures.whole_outcomes(raw.read))
    plots.reliability_plot(out / "read_reliability.png", whole, "whole read")
    characters = measures.bins(measures.character_outcomes(raw.read))
    plots.reliability_plot(out / "character_reliability.png", characters, "character")


if __name__ == "__main__":
    main()
