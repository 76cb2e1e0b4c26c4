"""What `tools/demo` runs: a recording's passages as a table, and a drawing of each vehicle."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance import app, report, sight
from appliance.capture.video import RecordedCamera
from appliance.config import Config, Store
from appliance.domain import Box, Message, Passage
from appliance.errors import GatepostError
from appliance.health import Health
from appliance.source import replay_source

ROOT = Path(__file__).resolve().parent.parent
CLIP = ROOT / "tests" / "data" / "lane.mp4"
OUT = ROOT / "out" / "demo"


def main() -> int:
    """Play the clip given as argument, or the bundled one."""
    clip = Path(sys.argv[1]) if len(sys.argv) > 1 else CLIP
    try:
        passages = play(clip)
        pictures = draw(clip, passages)
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    print(f"{len(passages)} passages in {clip.name}:")
    print(report.PASSAGE_HEAD)
    for number, passage in enumerate(passages, 1):
        print(report.passage_line(passage, number))
    print(f"{len(pictures)} pictures of them, annotated: {OUT.relative_to(ROOT)}/")
    return 0


def play(clip: Path) -> list[Passage]:
    """The passages of a recording, through the whole unit but for a broker."""
    passages: list[Passage] = []

    def collect(passage: Passage, _: Message) -> None:
        passages.append(passage)

    with TemporaryDirectory(prefix="gatepost-demo-") as folder:
        config = Config(store=Store(folder=Path(folder)))
        health, recorded = Health(), RecordedCamera(clip)
        source = replay_source(config, recorded, report.Shown(recorded), health)
        app.run_unit(config, health, source, collect)
    return passages


def draw(clip: Path, passages: list[Passage]) -> list[Path]:
    """One annotated picture for each passage: the frame in which its plate was read best."""
    recognizer = sight.build_recognizer(Config())
    written = []
    for frame in RecordedCamera(clip).frames():
        for number, passage in enumerate(passages, 1):
            if frame.number == passage.settled.best_frame:
                path = OUT / f"passage-{number}.jpg"
                examined = recognizer.examine(frame.image)
                its_own = tuple(p for p in examined.plates if _is_of(p.detection.box, passage))
                shown = replace(examined, plates=its_own)
                report.save_picture(path, report.draw(frame.image, shown))
                written.append(path)
    return written


def _is_of(box: Box, passage: Passage) -> bool:
    """Whether a plate of the frame is the passage's: other lettering is no vehicle."""
    return box.overlap(passage.settled.box) > 0.3


if __name__ == "__main__":
    sys.exit(main())
