"""Score a pair of models on the real pictures: `tools/train/evaluate`.

Writes `table.md`, `scores.json`, plots and contact sheets of the worst cases; `--record` also
writes the scores into the models' manifests.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cv2

from appliance.app import build_reader, build_recognizer, build_tracker
from appliance.config import MODELS, Config
from appliance.recognize.model import read_manifest
from tools.train import scoring, sheets
from tools.train.labels import PLATES
from tools.train.manifests import rewrite_scores


def main() -> None:
    """Parse the arguments and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models", type=Path, default=MODELS, help="folder with detect.toml and read.toml"
    )
    parser.add_argument(
        "--plates", type=Path, default=PLATES, help="folder with detect, read, scenes, clips"
    )
    parser.add_argument("--out", type=Path, default=Path("out/evaluate"))
    parser.add_argument("--record", action="store_true", help="write the scores into the manifests")
    asked = parser.parse_args()
    if not (asked.plates / "read" / "labels.jsonl").exists():
        parser.error(
            f"{asked.plates}: no labelled plates there (see the README: Measure the models)"
        )
    cv2.setNumThreads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    settings = Config().recognition.model_copy(update={"models": asked.models, "threads": 1})
    config = Config(recognition=settings)
    scores = evaluate(config, asked.plates, asked.out)
    (asked.out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    table = _table(scores)
    (asked.out / "table.md").write_text(table, encoding="utf-8")
    print(table)
    print(f"plots and contact sheets: {asked.out}")
    if asked.record:
        rewrite_scores(asked.models / "detect.toml", scores["detect"])
        rewrite_scores(asked.models / "read.toml", scores["read"])


def evaluate(config: Config, plates: Path, out: Path) -> dict[str, Any]:
    """All figures; the pictures go to `out`."""
    recognizer, reader = build_recognizer(config), build_reader(config)
    detected = scoring.detect_all(recognizer, plates)
    read = scoring.read_all(reader, plates)
    scenes = scoring.read_scenes(recognizer, plates)
    curve = scoring.recall_curve(detected)
    sheets.recall_plot(out / "detect_recall.png", curve)
    sheets.reliability_plot(out / "read_reliability.png", scoring.reliability(read))
    sheets.detect_sheet(out / "detect_worst.png", detected)
    sheets.read_sheet(out / "read_worst.png", read)
    sheets.read_sheet(out / "scenes_worst.png", scenes)
    clip = plates / "clips" / "toll_gate.mp4"
    begun = time.process_time()
    passages = scoring.replay_clip(recognizer, build_tracker(config), clip)
    clip_s = time.process_time() - begun
    return {
        "models": [
            read_manifest(config.recognition.models / f"{n}.toml").name for n in ("detect", "read")
        ],
        "detect": _detect_scores(detected),
        "read": _read_scores(read, scenes),
        "groups": {k: list(v) for k, v in sorted(scoring.share_right(read).items())},
        "scenes": {k: list(v) for k, v in sorted(scoring.share_right(scenes).items())},
        "clip": {
            "passages": [p.read.text for p in passages],
            "right": sum(t in {p.read.text for p in passages} for t in scoring.CLIP_TRUTH),
            "cpu_s": round(clip_s, 1),
        },
    }


def _detect_scores(results: list[scoring.DetectedPicture]) -> dict[str, float]:
    plates = sum(len(r.photograph.plates) for r in results)
    hits = plates - sum(r.missed for r in results)
    times = [r.examined.detect_ms for r in results]
    return {
        "valid_pictures": len(results),
        "valid_plates": plates,
        "recall_iou50": round(hits / plates, 4),
        "false_per_picture": round(sum(r.false for r in results) / len(results), 4),
        "median_ms_1_thread": round(scoring.percentile(times, 0.5), 2),
    }


def _read_scores(
    read: list[scoring.ReadPicture], scenes: list[scoring.ReadPicture]
) -> dict[str, float]:
    return {
        "valid_crops": len(read),
        "valid_exact": round(sum(r.right for r in read) / len(read), 4),
        "scenes": len(scenes),
        "scenes_exact": round(sum(r.right for r in scenes) / len(scenes), 4),
    }


def _table(scores: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    detect, read, clip = scores["detect"], scores["read"], scores["clip"]
    rows = [
        ("detect valid, recall at IoU 0.5", f"{detect['recall_iou50']:.3f}"),
        ("detect valid, false plates a picture", f"{detect['false_per_picture']:.3f}"),
        ("read valid, exactly right", f"{read['valid_exact']:.3f}"),
        ("scenes, exactly right end to end", f"{read['scenes_exact']:.3f}"),
        ("toll_gate.mp4, of its 3 passages", f"{clip['right']} ({', '.join(clip['passages'])})"),
        ("detect, median ms a picture, 1 thread", f"{detect['median_ms_1_thread']:.1f}"),
    ]
    rows += [(f"read {k}", f"{r}/{n} = {r / n:.3f}") for k, (r, n) in scores["groups"].items()]
    rows += [(f"scenes {k}", f"{r}/{n} = {r / n:.3f}") for k, (r, n) in scores["scenes"].items()]
    body = "\n".join(f"| {what} | {figure} |" for what, figure in rows)
    return f"| {' + '.join(scores['models'])} | figure |\n|---|---|\n{body}\n"


if __name__ == "__main__":
    main()
