"""The favourite's networks, with random weights, as it runs them: float32 on onnxruntime.

Its packages are fast-alpr's: open-image-models (YOLOv9-t at 384 px) and fast-plate-ocr (CCT-XS).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from tools.benchmark.cct import Cct
from tools.benchmark.favourite import HEIGHT, SIDE, WIDTH
from tools.benchmark.yolo import Yolo


def export(folder: Path) -> tuple[Path, Path]:
    """Write both networks to `folder` as ONNX, with the same random weights every time."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    detector, reader = folder / "yolov9t-384.onnx", folder / "cct-xs.onnx"
    _export(Yolo(SIDE), torch.zeros(1, 3, SIDE, SIDE), detector)
    _export(Cct(), torch.zeros(1, HEIGHT, WIDTH, 3, dtype=torch.uint8), reader)
    return detector, reader


def _export(network: nn.Module, example: torch.Tensor, path: Path) -> None:
    """As ONNX with all constants folded, by the exporter that needs no further package."""
    torch.onnx.export(
        network.eval(), (example,), str(path), input_names=["x"], opset_version=18, dynamo=False
    )


def open_network(path: Path) -> Any:  # noqa: ANN401  # untyped library
    """An onnxruntime session on one thread, all its optimisations on."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(network: Any, tensor: NDArray[Any]) -> NDArray[np.float32]:  # noqa: ANN401  # untyped
    """The one output of a session for its one input."""
    return np.asarray(network.run(None, {"x": tensor})[0], np.float32)
