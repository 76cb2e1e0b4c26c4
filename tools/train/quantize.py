"""From trained weights to the int8 TFLite file and its manifest: `tools/train/quantize`.

litert-torch converts, ai-edge-quantizer quantizes weights per channel and activations with min-max
calibration (its default, a moving average, clips).  What was measured stands in the manifest;
`evaluate` fills in the scores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import litert_torch
import numpy as np
import torch
from ai_edge_quantizer import calibrator, quantizer, recipe
from ai_edge_quantizer.utils import qsv_utils
from numpy.typing import NDArray
from torch import nn

from appliance.recognize.detect import FILL
from tools.train import labels
from tools.train.alphabet import CHARACTERS
from tools.train.classic import classic
from tools.train.manifests import write_manifest
from tools.train.networks import Detector, DetectorExport, Reader, ReaderExport, blend
from tools.train.recipe import DetectMix, ReadMix
from tools.train.record import write_record
from tools.train.samples_detect import DetectSamples
from tools.train.samples_read import ReadSamples
from tools.train.warp import Matrix, seen_through, similarity

MODELS = Path(__file__).resolve().parents[2] / "models"
CALIBRATION = 300
SIZES = {"detect": (512, 512), "detect-wide": (288, 512), "detect-near": (256, 288)}
"""Height and width of the detectors' inputs: any picture, one of 16:9, a plate's surroundings."""
FILES = {"detect": ("detect", "detect-wide"), "near": ("detect-near",), "read": ("read",)}
"""What is exported of each training."""
VERSION = 3
BLENDED = 0.3
"""Share of the weights of `--blend`: on valid 0, 0.3 and 0.5 of detect-3 in near-3 gave corners of
5.9, 5.4 and 5.3 % and, at 0.03 false plates a picture, a recall of 0.929, 0.927 and 0.921."""


def main() -> None:
    """Parse the arguments, convert, quantize, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=list(FILES))
    parser.add_argument("run", type=Path, help="the training run's folder, with best.pt")
    parser.add_argument("--out", type=Path, default=MODELS)
    parser.add_argument("--blend", type=Path, help=f"a run of the same start; counts {BLENDED:.0%}")
    parser.add_argument("--float", action="store_true", help="float32 files, for comparing")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    weights = torch.load(asked.run / "best.pt", map_location="cpu")
    if asked.blend:
        weights = blend(weights, torch.load(asked.blend / "best.pt", map_location="cpu"), BLENDED)
    write = _write_float if asked.float else _write_int8
    for name, network, examples in _exports(asked.network, weights):
        print(write(asked.out / f"{name}.tflite", network, examples))
    if not asked.float:
        print(write_record(asked.run, asked.out / "records", f"{asked.network}-{VERSION}"))


def _exports(
    network: str, weights: dict[str, torch.Tensor]
) -> Iterator[tuple[str, nn.Module, NDArray[np.float32]]]:
    """Name, network and typical inputs of every file to be written."""
    if network == "read":
        yield "read", ReaderExport(_loaded(Reader(), weights)), read_examples()
        return
    for name in FILES[network]:
        examples = near_examples() if network == "near" else detect_examples(SIZES[name])
        yield name, DetectorExport(_loaded(Detector(), weights)), examples


def _write_int8(path: Path, network: nn.Module, examples: NDArray[np.float32]) -> Path:
    """The model as full int8 at `path`; returns the manifest that is written beside it."""
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.tflite"
        _write_float(full, network, examples)
        path.write_bytes(to_int8(full, examples))
    kind = path.stem.partition("-")[0]
    return write_manifest(path, _description(path.stem, kind), _meanings(kind))


def _write_float(path: Path, network: nn.Module, examples: NDArray[np.float32]) -> Path:
    """The model in float32, channels last, pixels in 0..1; returns the path."""
    outputs = list(range(2 if isinstance(network, DetectorExport) else 1))
    last = litert_torch.to_channel_last_io(network.eval(), args=[0], outputs=outputs)
    litert_torch.convert(last.eval(), (torch.from_numpy(examples[:1]),)).export(str(path))
    return path


def to_int8(full: Path, examples: NDArray[np.float32]) -> bytes:
    """The float32 file at `full` as a full int8 TFLite file.

    Args:
        full: a .tflite file with one input.
        examples: (N, H, W, C) floats in 0..1, typical inputs.
    """
    tool = quantizer.Quantizer(str(full))
    tool.load_quantization_recipe(recipe.static_wi8_ai8())
    ranges = calibrator.Calibrator(
        str(full), num_threads=2, qsv_update_func=qsv_utils.min_max_update
    )
    rows = [{"args_0": example[None]} for example in examples]
    ranges.calibrate({"serving_default": rows}, tool._recipe_manager)  # noqa: SLF001  # no public way
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "int8.tflite"
        tool.quantize(ranges.get_model_qsvs()).export_model(str(small))
        return classic(small.read_bytes())


def detect_examples(size: tuple[int, int]) -> NDArray[np.float32]:
    """Train photographs as the first look gets them, (N, height, width, 3) in 0..1.

    Every other one is seen from so near that its plate is a third to nine tenths of the picture:
    what calibration never meets, eight bits cut off.
    """
    rng = np.random.default_rng(3)
    pictures = [p for p in labels.photographs("detect", "train") if p.plates]
    examples = []
    for number, i in enumerate(rng.choice(len(pictures), CALIBRATION, replace=False)):
        image = labels.load(pictures[i].path)
        if number % 2:
            matrix = _near(rng, pictures[i], size, rng.uniform(0.3, 0.9) * size[1])
        else:
            matrix = _whole(image, size)
        view = seen_through(image, matrix, size[::-1], FILL)
        examples.append(np.asarray(view, np.float32) / np.float32(255))
    return np.stack(examples)


def near_examples() -> NDArray[np.float32]:
    """Second looks at plates of train photographs, (N, height, width, 3) in 0..1."""
    rng = np.random.default_rng(3)
    height, width = SIZES["detect-near"]
    pictures = [p for p in labels.photographs("detect", "train") if p.plates]
    samples = DetectSamples(pictures, DetectMix(near=1.0, replated=0.2))
    drawn = [samples.draw(rng).image[:height, :width] for _ in range(CALIBRATION)]
    return np.asarray(np.stack(drawn) / 255, np.float32)


def _whole(image: NDArray[np.uint8], size: tuple[int, int]) -> Matrix:
    scale = min(size[1] / image.shape[1], size[0] / image.shape[0])
    return similarity(scale, 0.0, (0, 0), (0, 0))


def _near(
    rng: np.random.Generator, picture: labels.Photograph, size: tuple[int, int], wide: float
) -> Matrix:
    """A view in whose middle the first plate is about `wide` pixels wide."""
    x1, y1, x2, y2 = picture.plates[0].box or (0.0, 0.0, 100.0, 100.0)
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    scale = wide / max(x2 - x1, y2 - y1)
    return similarity(scale, rng.normal(0, 0.1), middle, (size[1] / 2, size[0] / 2))


def read_examples() -> NDArray[np.float32]:
    """Training samples of the reader, (N, height, width, 1) in 0..1."""
    rng = np.random.default_rng(3)
    samples = ReadSamples(labels.crops("train"), ReadMix())
    drawn = [samples.draw(rng).image for _ in range(CALIBRATION)]
    return np.asarray(np.stack(drawn)[..., None] / 255, np.float32)


def _loaded(network: nn.Module, weights: dict[str, torch.Tensor]) -> Any:  # noqa: ANN401  # its own class
    network.load_state_dict(weights)
    return network.eval()


def _meanings(network: str) -> tuple[list[str], list[str]]:
    if network == "detect":
        return ["picture, BGR, top left, rest grey 114"], ["score", "corners, asinh of cells"]
    return ["crop, grey, upright"], ["probabilities: row, column, blank and characters"]


def _description(name: str, network: str) -> dict[str, Any]:
    """Name, licence and data of a model; counts are those of the labels that were trained on."""
    rows = labels.photographs("detect", "train") if network == "detect" else labels.crops("train")
    counts = Counter((row.source, row.licence) for row in rows)
    sources: list[dict[str, str | int]] = [
        {"source": source, "licence": licence, "pictures": count}
        for (source, licence), count in sorted(counts.items())
    ]
    sources.append({"source": "rendered by tools/train/render.py", "licence": "Apache-2.0",
                    "pictures": "unlimited"})  # fmt: skip
    description = {"name": f"{name}-{VERSION}", "licence": "Apache-2.0", "sources": sources}
    if network == "read":
        description["characters"] = CHARACTERS
    return description


if __name__ == "__main__":
    main()
