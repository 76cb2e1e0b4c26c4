"""A pair of models to be measured: the int8 files as the unit runs them, or their float forms.

`tools/train/quantize` leaves the float forms in the folder `float` below the int8 ones; they have
no manifests, so the int8 ones of the folder above tell what their tensors are.  Everything round
the networks is the unit's own code in both cases: what differs is the eight bits.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from appliance.config import MODELS, Config
from appliance.errors import ModelError
from appliance.recognize.detect import Detector, one_look
from appliance.recognize.model import LiteModel, Manifest, Model, read_manifest
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Recognizer
from appliance.recognize.regions import load_regions
from appliance.resolve.tracker import Tracker
from appliance.sight import build_tracker


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Detector and reader, ready to be measured, with their names."""

    names: tuple[str, str]
    recognizer: Recognizer
    reader: Reader
    tracker: Tracker


class FloatModel:
    """A float32 TFLite file behind the unit's `Model` port: 0..255 goes in as 0..1.

    Args:
        interpreter: of the file, its tensors allocated.
        manifest: of the int8 file made from the same weights.

    Raises:
        ModelError: the file is not float, or its tensors have other shapes than the manifest's.
    """

    def __init__(self, interpreter: Any, manifest: Manifest) -> None:  # noqa: ANN401  # untyped
        self._interpreter = interpreter
        (self._input,) = interpreter.get_input_details()
        self._outputs = sorted(interpreter.get_output_details(), key=lambda d: str(d["name"]))
        for kind, details in (("inputs", [self._input]), ("outputs", self._outputs)):
            found = [(np.dtype(d["dtype"]).name, tuple(map(int, d["shape"]))) for d in details]
            expected = [("float32", tensor.shape) for tensor in getattr(manifest, kind)]
            if found != expected:
                raise ModelError(f"float form of {manifest.name}: {kind} {found}, not {expected}")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the picture."""
        _, height, width, channels = map(int, self._input["shape"])
        return height, width, channels

    def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs in the manifest's order, without batch axis, for one uint8 picture."""
        if picture.shape != self.input_shape or picture.dtype != np.uint8:
            raise ValueError(f"picture is {picture.dtype} {picture.shape}, not {self.input_shape}")
        scaled = np.asarray(picture, np.float32)[None] / np.float32(255)
        self._interpreter.set_tensor(self._input["index"], scaled)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(detail["index"])[0] for detail in self._outputs]


def models_folder(text: str) -> Path:
    """An argument that names a folder of models; ArgumentTypeError where none are there."""
    folder = Path(text)
    if not any((folder / f"detect.{kind}").exists() for kind in ("toml", "tflite")):
        raise argparse.ArgumentTypeError(f"{text}: no models there (detect.toml or detect.tflite)")
    return folder


def open_pair(folder: Path) -> Pair:
    """The models of `folder`, int8 or float, with the configuration's defaults and one thread.

    Where the folder has no `regions`, as a training run's has not, the shipped ones serve.
    """
    is_float = not (folder / "detect.toml").exists() and (folder / "detect.tflite").exists()
    home = folder.parent if is_float else folder
    settings = Config().recognition
    copies = [path.stem for path in sorted(home.glob("detect-*.toml"))]
    detect, *smaller = (_model(folder, home, name) for name in ("detect", *copies))
    detector = Detector(detect, one_look(settings.least_detection), smaller)
    what, whose = (read_manifest(home / f"{name}.toml") for name in ("detect", "read"))
    regions = load_regions(_first_folder(home / "regions", MODELS / "regions"))
    read = _model(folder, home, "read")
    reader = Reader(read, whose.characters, regions, settings.regions)
    recognizer = Recognizer(detector, reader, settings.least_detection)
    suffix = " float" if is_float else ""
    names = (what.name + suffix, whose.name + suffix)
    return Pair(names, recognizer, reader, build_tracker(Config()))


def _model(folder: Path, home: Path, name: str) -> Model:
    """The model file of `folder`, as the manifest in `home` describes it or its int8 form."""
    if folder == home:
        return LiteModel(home / f"{name}.toml", threads=1)
    path = folder / f"{name}.tflite"
    if not path.exists():
        raise ModelError(f"{path}: no such file, but {home} has an int8 {name}")
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    return FloatModel(interpreter, read_manifest(home / f"{name}.toml"))


def _first_folder(*folders: Path) -> Path:
    return next((folder for folder in folders if folder.is_dir()), folders[-1])
