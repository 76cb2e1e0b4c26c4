"""How results look to a person: JSON objects, lines, and drawings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from appliance.capture.video import RecordedCamera
from appliance.domain import Frame, Passage
from appliance.errors import GatepostError, PictureError
from appliance.recognize.recognizer import Examination, Plate
from appliance.resolve.story import Story

PASSAGE_HEAD = "   no  time (UTC)            plate       conf  reads agree  region  direction"
SHOWN = 5  # texts of a story
GREEN, BLACK, WHITE = (60, 200, 60), (0, 0, 0), (255, 255, 255)


class Shown:
    """A recording with a progress bar, where a person is watching."""

    def __init__(self, recorded: RecordedCamera) -> None:
        self._recorded = recorded

    @property
    def fault(self) -> PictureError | None:
        """The recording's fault."""
        return self._recorded.fault

    def frames(self) -> Iterator[Frame]:
        """The recording's frames."""
        name, total = self._recorded.source.name, self._recorded.recording.frames or None
        frames = self._recorded.frames()
        yield from tqdm(frames, desc=name, total=total, unit="frame", disable=None, leave=False)

    def close(self) -> None:
        """End `frames` before its next picture."""
        self._recorded.close()


def examination_object(
    path: Path, image: NDArray[np.uint8], examined: Examination
) -> dict[str, Any]:
    """The object of `gatepost read --json`; boxes in pixels of the picture, best plate first."""
    return {
        "image": str(path),
        "width": image.shape[1],
        "height": image.shape[0],
        "plates": [_plate_object(plate) for plate in examined.plates],
        "ms": {"detect": round(examined.detect_ms, 1), "read": round(examined.read_ms, 1)},
    }


def examination_line(path: Path, examined: Examination) -> str:
    """One line a photograph: its plates with their confidence and region."""
    told = [_plate_line(plate) for plate in examined.plates]
    return f"{path}: {', '.join(told) or 'no plate'}"


def passage_line(passage: Passage, seq: int) -> str:
    """One line a passage: number, time, plate, agreement, region, direction."""
    settled = passage.settled
    seconds = datetime.fromtimestamp(passage.epoch_ms / 1000, tz=timezone.utc)
    return (
        f"{seq:>5}  {seconds:%Y-%m-%d %H:%M:%S}Z  {settled.read.text:<10}"
        f"  {settled.read.confidence:.2f}  {settled.reads:>3} of {settled.frames:<4}"
        f"  {settled.read.region or '-':<6}  {settled.direction}"
    )


def story_text(story: Story) -> str:
    """A paragraph a track: what became of it, when, what was read, what did not count."""
    settled = story.settled
    frames = f"frames {settled.first_frame} to {settled.last_frame}"
    times = f"{settled.first_at:.1f} s to {settled.last_at:.1f} s"
    widths = f"{story.widths[0]:.0f} to {story.widths[1]:.0f} px wide"
    lines = [
        f"track {settled.track}: {_outcome(story)}",
        f"  {frames}, {times}; seen {_times(story.seen)}, {widths}, {settled.direction}",
        f"  read: {_tally([(text or 'nothing', count) for text, count in story.texts])}",
    ]
    often = next((text for text, _ in story.texts if text), "")
    if often != settled.read.text:
        lines.append(f"  voted {settled.read.text}, {_outvoted(often)}")
    if story.faults:
        lines.append(f"  did not vote: {_tally(story.faults)}")
    if story.told:
        changed = ", unlike its record" if settled.early_text_differs else ""
        told, frame = story.told.read.text, story.told.last_frame
        lines.append(f"  settled early in frame {frame} as {told}{changed}")
    if settled.crossed != "none":
        lines.append(f"  crossed the line going {settled.crossed}")
    return "\n".join(lines)


def _outvoted(often: str) -> str:
    """Why the text that most reads say need not win."""
    weighs = "each read speaks for all texts that it holds possible, wide, sharp and sure ones most"
    return f"though {often} was read at least as often: {weighs}"


def _outcome(story: Story) -> str:
    """The end of a track with the figures that decided it."""
    settled = story.settled
    agreed = f"{settled.reads} of {settled.frames} reads agree"
    said = f"{settled.read.text or 'nothing'} {settled.read.confidence:.2f}, {agreed}"
    if story.outcome == "passage":
        return f"passage {said}"
    return f"rejected, {story.outcome} ({said})"


def _tally(counts: Sequence[tuple[str, int]]) -> str:
    """The most frequent, each with its number, and how many others there are."""
    told = [f"{name} {_times(count)}" for name, count in counts[:SHOWN]]
    left = len(counts) - SHOWN
    return ", ".join(told) + (f" and {left} more" if left > 0 else "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def draw(image: NDArray[np.uint8], examined: Examination) -> NDArray[np.uint8]:
    """A copy of a (H, W, 3) BGR picture with each plate outlined and its text above it."""
    drawn = np.array(image)
    scale = max(0.5, image.shape[1] / 1400)
    for plate in examined.plates:
        corners = np.round(plate.detection.quad.corners).astype(np.int32)
        cv2.polylines(drawn, [corners], True, GREEN, max(1, round(2 * scale)), cv2.LINE_AA)
        _label(drawn, _plate_line(plate), plate, scale)
    return drawn


def require_drawable(path: Path) -> None:
    """Raise GatepostError where `save_picture` could not write there, before anything is drawn."""
    if not cv2.haveImageWriter(path.name):
        raise GatepostError(f"{path}: no picture can be written so; expected .png or .jpg")
    if not path.parent.is_dir():
        raise GatepostError(f"{path}: there is no folder {path.parent}")


def save_picture(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture in the format of its suffix; GatepostError names what cannot be written."""
    try:
        written, content = cv2.imencode(path.suffix, image)
        if not written:
            raise GatepostError(f"{path}: the picture cannot be encoded")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())
    except (OSError, cv2.error) as fault:
        raise GatepostError(f"{path}: cannot be written: {fault}") from fault


def _plate_object(plate: Plate) -> dict[str, Any]:
    box, read = plate.detection.box, plate.read
    return {
        "plate": read.text,
        "confidence": round(read.confidence, 4),
        "box": [round(v, 1) for v in (box.x1, box.y1, box.x2, box.y2)],
        "quad": [[round(x, 1), round(y, 1)] for x, y in plate.detection.quad.corners],
        "region": read.region,
        "format_ok": read.format_ok,
        "characters": [round(c, 4) for c in read.characters],
        "candidates": [
            {"plate": c.text, "confidence": round(c.confidence, 4)}
            for c in read.candidates
            if round(c.confidence, 4) > 0
        ],
    }


def _plate_line(plate: Plate) -> str:
    read = plate.read
    if not read.text:
        return "not legible"
    where = f" {read.region}" if read.region else ""
    return f"{read.text} {read.confidence:.2f}{where}"


def _label(drawn: NDArray[np.uint8], text: str, plate: Plate, scale: float) -> None:
    """Text on a dark ground above the plate, or below it where there is no room above."""
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(2 * scale))
    (width, height), base = cv2.getTextSize(text, font, 0.8 * scale, thick)
    box = plate.detection.box
    x = int(np.clip(box.x1, 0, max(0, drawn.shape[1] - width)))
    above = box.y1 - base - 4
    y = int(above if above > height else min(box.y2 + height + 6, drawn.shape[0] - base))
    cv2.rectangle(drawn, (x, y - height - 4), (x + width, y + base), BLACK, cv2.FILLED)
    cv2.putText(drawn, text, (x, y), font, 0.8 * scale, WHITE, thick, cv2.LINE_AA)
