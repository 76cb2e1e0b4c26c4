"""Looks at pictures with the models that ship, and writes down everything: on either machine.

    python -m tools.arm64.reads OUT [--answers OTHER] SUBJECT...

A subject is a photograph, `crop:` and the picture of one plate, or a clip, `#` and the number of a
frame.  With OTHER, a record of another machine, its models are first given what that one's were.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import sqlite3
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.video import RecordedCamera, load_picture
from appliance.config import Config
from appliance.recognize.detect import Detector, one_look
from appliance.recognize.model import LiteModel
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Plate, Recognizer
from appliance.recognize.regions import load_regions
from tools.arm64.record import CROP, FRAME, Look, Machine, Record, Run, Seen, read, write

LIBRARIES = ("ai-edge-litert", "numpy", "opencv-python-headless", "paho-mqtt", "pydantic")


@dataclass(slots=True, eq=False)
class Recorder:
    """A model that writes down what it was given and what it stored.

    Attributes:
        model: that answers.
        kept: runs since somebody emptied it.
        known: what it was given before, by its bytes: not run again.
    """

    model: LiteModel
    kept: list[Run]
    known: dict[bytes, Run] = field(default_factory=dict)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The model's."""
        return self.model.input_shape

    def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The model's answer."""
        key = hashlib.sha256(picture.tobytes()).digest()
        run = self.known.get(key) or self._asked(picture)
        self.known[key] = run
        self.kept.append(run)
        outputs = zip(run.stored, self.model.manifest.outputs, strict=True)
        return [
            (each.astype(np.float32) - tensor.zero) * np.float32(tensor.scale)
            for each, tensor in outputs
        ]

    def _asked(self, picture: NDArray[np.uint8]) -> Run:
        real = zip(self.model.run(picture), self.model.manifest.outputs, strict=True)
        stored = [
            np.rint(each / np.float32(tensor.scale) + tensor.zero).astype(np.int8)
            for each, tensor in real
        ]
        return Run(self.model.manifest.name, picture.copy(), tuple(stored))


class Onlooker:
    """The unit's recognition, whose models are written down."""

    def __init__(self, config: Config) -> None:
        """With the models and thresholds of a configuration."""
        models, least = config.recognition.models, config.recognition.least_detection
        self.kept: list[Run] = []
        paths = [
            models / "detect.toml",
            *sorted(models.glob("detect-*.toml")),
            models / "read.toml",
        ]
        self.models = [Recorder(LiteModel(path, 1), self.kept) for path in paths]
        detect, *others, self.text = self.models
        characters = self.text.model.manifest.characters
        self.reader = Reader(self.text, characters, load_regions(models / "regions"))
        detector = Detector(detect, one_look(least), others)
        self.recognizer = Recognizer(detector, self.reader, least)

    def look(self, name: str, image: NDArray[np.uint8]) -> Look:
        """At one picture, or at one crop."""
        self.kept.clear()
        plates = (self._crop(image),) if name.startswith(CROP) else self._plates(image)
        pixels = hashlib.sha256(image.tobytes()).hexdigest()
        return Look(name, pixels, plates, tuple(self.kept))

    def answer(self, asked: list[Run]) -> tuple[Run, ...]:
        """To what another machine's models were given."""
        named = {each.model.manifest.name: each for each in self.models}
        self.kept.clear()
        for run in asked:
            named[run.model].run(run.given)
        return tuple(self.kept)

    def _plates(self, image: NDArray[np.uint8]) -> tuple[Seen, ...]:
        return tuple(map(_seen, self.recognizer.examine(image).plates))

    def _crop(self, image: NDArray[np.uint8]) -> Seen:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        size = self.reader.crop_size
        crop = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).reshape(*size[::-1], 1)
        said = self.reader.read(np.asarray(crop, np.uint8))
        return Seen(said.text, said.confidence, 1.0, ())


def pictures(subjects: list[str]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Every subject with its picture, (H, W, 3) BGR; the frames of a clip must stand in order."""
    clips: dict[str, list[int]] = {}
    for subject in subjects:
        if FRAME in subject:
            clip, _, number = subject.rpartition(FRAME)
            clips.setdefault(clip, []).append(int(number))
        else:
            yield subject, load_picture(Path(subject.removeprefix(CROP)))
    for clip, numbers in clips.items():
        for frame in RecordedCamera(Path(clip)).frames():
            if frame.number in numbers:
                yield f"{clip}{FRAME}{frame.number}", frame.image


def machine() -> Machine:
    """What this runs on and with."""
    libraries = {name: version(name) for name in LIBRARIES}
    told = {"machine": platform.machine(), "Python": platform.python_version()}
    system = {"SQLite": sqlite3.sqlite_version, "OpenSSL": ssl.OPENSSL_VERSION.split()[1]}
    return told | {"glibc": platform.libc_ver()[1]} | system | libraries


def _seen(plate: Plate) -> Seen:
    corners = tuple((float(x), float(y)) for x, y in plate.detection.quad.corners)
    return Seen(plate.read.text, plate.read.confidence, plate.detection.confidence, corners)


def main() -> None:
    """Write the record."""
    parser = argparse.ArgumentParser(description="what the models make of pictures, in a file")
    parser.add_argument("out", type=Path)
    parser.add_argument("--answers", type=Path, metavar="OTHER")
    parser.add_argument("subjects", nargs="*")
    options = parser.parse_args()
    onlooker = Onlooker(Config())
    answers = onlooker.answer(read(options.answers).runs) if options.answers else ()
    looks = tuple(onlooker.look(name, image) for name, image in pictures(options.subjects))
    write(Record(machine(), looks, answers), options.out)


if __name__ == "__main__":
    main()
