"""From trained weights to the int8 TFLite file and its manifest: `tools/train/quantize`.

litert-torch converts, ai-edge-quantizer quantizes weights per channel and activations with min-max
calibration (its default, a moving average, clips).  What was measured stands in the manifest;
`evaluate` fills in the scores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import litert_torch
import numpy as np
import torch
from ai_edge_quantizer import calibrator, quantizer, recipe
from ai_edge_quantizer.utils import qsv_utils
from numpy.typing import NDArray
from torch import nn

from appliance.recognize.detect import FILL
from appliance.recognize.model import read_manifest
from tools.train import labels, samples_read
from tools.train.alphabet import CHARACTERS
from tools.train.manifests import write_manifest
from tools.train.networks import Detector, DetectorExport, Reader, ReaderExport
from tools.train.record import write_record
from tools.train.warp import Matrix, similarity

MODELS = Path(__file__).resolve().parents[2] / "models"
CALIBRATION = 300


def main() -> None:
    """Parse the arguments, convert, quantize, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=["detect", "read"])
    parser.add_argument("run", type=Path, help="the training run's folder, with best.pt")
    parser.add_argument("--out", type=Path, default=MODELS)
    parser.add_argument("--size", type=int, nargs=2, default=(512, 512), help="height and width")
    asked = parser.parse_args()
    weights = torch.load(asked.run / "best.pt", map_location="cpu")
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / f"{asked.network}.tflite"
    if asked.network == "detect":
        network = _loaded(Detector(), weights)
        examples = detect_examples(tuple(asked.size))
        path.write_bytes(to_int8(DetectorExport(network), examples, 2))
    else:
        network = _loaded(Reader(), weights)
        path.write_bytes(to_int8(ReaderExport(network), read_examples(), 1))
    manifest = write_manifest(path, _description(asked.network), _meanings(asked.network))
    record = write_record(asked.run, asked.out / "records", read_manifest(manifest).name)
    print(f"{path}: {path.stat().st_size} bytes, manifest {manifest}, record {record}")


def to_int8(network: nn.Module, examples: NDArray[np.float32], outputs: int) -> bytes:
    """A network with channel-last inputs and outputs as a full int8 TFLite file.

    Args:
        network: takes (N, C, H, W) floats in 0..1.
        examples: (N, H, W, C) floats in 0..1, typical inputs.
        outputs: how many tensors the network returns.
    """
    last = litert_torch.to_channel_last_io(network.eval(), args=[0], outputs=list(range(outputs)))
    with tempfile.TemporaryDirectory() as folder:
        full, small = Path(folder) / "full.tflite", Path(folder) / "int8.tflite"
        litert_torch.convert(last.eval(), (torch.from_numpy(examples[:1]),)).export(str(full))
        tool = quantizer.Quantizer(str(full))
        tool.load_quantization_recipe(recipe.static_wi8_ai8())
        ranges = calibrator.Calibrator(
            str(full), num_threads=2, qsv_update_func=qsv_utils.min_max_update
        )
        rows = [{"args_0": example[None]} for example in examples]
        ranges.calibrate({"serving_default": rows}, tool._recipe_manager)  # noqa: SLF001  # no public way
        tool.quantize(ranges.get_model_qsvs()).export_model(str(small))
        return small.read_bytes()


def detect_examples(size: tuple[int, int]) -> NDArray[np.float32]:
    """Train photographs as the detector gets them, (N, height, width, 3) in 0..1.

    Every other one is seen from so near that its plate is a third to nine tenths of the picture:
    what calibration never meets, eight bits cut off.
    """
    rng = np.random.default_rng(3)
    pictures = [p for p in labels.photographs("detect", "train") if p.plates]
    examples = []
    for number, i in enumerate(rng.choice(len(pictures), CALIBRATION, replace=False)):
        image = labels.load(pictures[i].path)
        matrix = _near(rng, pictures[i], size) if number % 2 else _whole(image, size)
        view = cv2.warpPerspective(image, matrix, size[::-1], borderValue=(FILL, FILL, FILL))
        examples.append(np.asarray(view, np.float32) / np.float32(255))
    return np.stack(examples)


def _whole(image: NDArray[np.uint8], size: tuple[int, int]) -> Matrix:
    scale = min(size[1] / image.shape[1], size[0] / image.shape[0])
    return similarity(scale, 0.0, (0, 0), (0, 0))


def _near(rng: np.random.Generator, picture: labels.Photograph, size: tuple[int, int]) -> Matrix:
    x1, y1, x2, y2 = picture.plates[0].box or (0.0, 0.0, 100.0, 100.0)
    scale = rng.uniform(0.3, 0.9) * size[1] / max(x2 - x1, y2 - y1)
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    return similarity(scale, rng.normal(0, 0.1), middle, (size[1] / 2, size[0] / 2))


def read_examples() -> NDArray[np.float32]:
    """Training samples of the reader, (N, height, width, 1) in 0..1."""
    rng = np.random.default_rng(3)
    pictures = labels.crops("train")
    drawn = [samples_read.draw_sample(rng, pictures).image for _ in range(CALIBRATION)]
    return np.asarray(np.stack(drawn)[..., None] / 255, np.float32)


def _loaded(network: nn.Module, weights: dict[str, torch.Tensor]) -> Any:  # noqa: ANN401  # its own class
    network.load_state_dict(weights)
    return network.eval()


def _meanings(network: str) -> tuple[list[str], list[str]]:
    if network == "detect":
        return ["picture, BGR, top left, rest grey 114"], ["score", "corners, asinh of cells"]
    return ["crop, grey, upright"], ["probabilities: row, column, blank and characters"]


def _description(network: str) -> dict[str, Any]:
    """Name, licence and data of a model; counts are those of the labels that were trained on."""
    rows = labels.photographs("detect", "train") if network == "detect" else labels.crops("train")
    counts = Counter((row.source, row.licence) for row in rows)
    sources: list[dict[str, str | int]] = [
        {"source": source, "licence": licence, "pictures": count}
        for (source, licence), count in sorted(counts.items())
    ]
    sources.append({"source": "rendered by tools/train/render.py", "licence": "Apache-2.0",
                    "pictures": "unlimited"})  # fmt: skip
    description = {"name": f"{network}-1", "licence": "Apache-2.0", "sources": sources}
    if network == "read":
        description["characters"] = CHARACTERS
    return description


if __name__ == "__main__":
    main()
