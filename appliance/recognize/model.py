"""The TFLite port: the only module that imports the runtime.

`ai-edge-litert` is taken first; `tflite-runtime`, its old name, where that is what is installed.  A
model is used only if its file is the one that the manifest beside it describes.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from appliance.errors import ModelError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    from tflite_runtime.interpreter import Interpreter


STDERR = 2
GREETING = b"INFO: "


class Tensor(BaseModel):
    """An input or output: its shape and its quantization, real = scale * (stored - zero)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    meaning: str
    shape: tuple[int, ...]
    scale: float = Field(gt=0)
    zero: int = Field(ge=-128, le=127)


class Manifest(BaseModel):
    """What stands beside a model file: which file it is, what its tensors mean, its origin."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    licence: str
    characters: str = ""
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    sources: tuple[dict[str, str | int], ...]
    scores: dict[str, float | str]


class Model(Protocol):
    """A network: one picture in, real-valued tensors out."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the picture."""

    def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs in the manifest's order, without batch axis, for one picture."""


@dataclass(frozen=True, slots=True, eq=False)
class FakeModel:
    """Answers every picture with the same tensors; refuses other shapes, as the real one does."""

    input_shape: tuple[int, int, int]
    answer: tuple[NDArray[np.float32], ...]

    def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Copies of `answer`."""
        _require_shape(picture, self.input_shape)
        return [tensor.copy() for tensor in self.answer]


class LiteModel:
    """An int8 TFLite model with its manifest.

    Args:
        manifest_path: the TOML beside the model file.
        threads: of inference.

    Raises:
        ModelError: the manifest or the model is missing or malformed, or they do not belong
            together.
    """

    def __init__(self, manifest_path: Path, threads: int) -> None:
        self.manifest = read_manifest(manifest_path)
        content = _verified(manifest_path.parent / self.manifest.file, self.manifest)
        self._interpreter = _interpreter(content, threads, manifest_path)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = _in_order(self._interpreter.get_output_details())
        _require_tensors([self._input], self.manifest.inputs, manifest_path)
        _require_tensors(self._outputs, self.manifest.outputs, manifest_path)
        self._stored = _quantization_table(self.manifest.inputs[0])

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the picture."""
        _, height, width, channels = self.manifest.inputs[0].shape
        return height, width, channels

    def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The outputs in the manifest's order, without batch axis, for one picture."""
        _require_shape(picture, self.input_shape)
        stored = cv2.LUT(picture, self._stored).view(np.int8).reshape(self._input["shape"])
        self._interpreter.set_tensor(self._input["index"], stored)
        self._interpreter.invoke()
        return [
            (self._interpreter.get_tensor(detail["index"])[0].astype(np.float32) - tensor.zero)
            * np.float32(tensor.scale)
            for detail, tensor in zip(self._outputs, self.manifest.outputs, strict=True)
        ]


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`; ModelError names the file and every fault."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as fault:
        raise ModelError(f"{path}: the manifest cannot be read: {fault.strerror}") from fault
    except ValidationError as fault:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors()]
        raise ModelError(f"{path}: " + "; ".join(lines)) from fault
    except ValueError as fault:  # of TOML, of UTF-8, or of a number of 5000 digits
        raise ModelError(f"{path}: not a TOML file: {fault}") from fault


def _verified(path: Path, manifest: Manifest) -> bytes:
    """The file's bytes, if they are the manifest's: what was hashed is what runs."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ModelError(f"{path}: the model cannot be read: {fault.strerror}") from fault
    found = hashlib.sha256(content).hexdigest()
    if found != manifest.sha256:
        expected = manifest.sha256
        raise ModelError(
            f"{path}: sha256 is {found[:16]}..., the manifest expects {expected[:16]}..."
        )
    return content


def _interpreter(content: bytes, threads: int, path: Path) -> Any:  # noqa: ANN401  # untyped library
    try:
        with _ungreeted():
            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as fault:
        raise ModelError(f"{path}: the runtime refuses the model: {fault}") from fault
    return interpreter


@contextmanager
def _ungreeted() -> Iterator[None]:
    """Leave out what the runtime says of itself on stderr whenever a model is loaded.

    It has no switch for that (ai-edge-litert 2.3.0).  Only while there are no loops yet, and what
    else it says follows.
    """
    usual = os.dup(STDERR)
    with open(os.memfd_create("stderr"), "w+b") as said:  # noqa: PTH123  # no path: memory
        os.dup2(said.fileno(), STDERR)
        try:
            yield
        finally:
            os.dup2(usual, STDERR)
            os.close(usual)
            said.seek(0)
            os.write(STDERR, b"".join(line for line in said if not line.startswith(GREETING)))


def _in_order(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs by name: converters number them `..._output_0`, file order is not promised."""
    return sorted(details, key=lambda detail: str(detail["name"]))


def _require_tensors(found: list[dict[str, Any]], expected: tuple[Tensor, ...], path: Path) -> None:
    """Raise unless the file's tensors are int8 and have the manifest's shapes and scales."""
    if len(found) != len(expected):
        raise ModelError(
            f"{path}: {len(found)} tensors in the file, {len(expected)} in the manifest"
        )
    for detail, tensor in zip(found, expected, strict=True):
        shape = tuple(int(n) for n in detail["shape"])
        scale, zero = detail["quantization"]
        same_scale = abs(scale - tensor.scale) <= 1e-6 * tensor.scale and zero == tensor.zero
        if detail["dtype"] != np.int8 or shape != tensor.shape or not same_scale:
            raise ModelError(
                f"{path}: {tensor.meaning}: file has {np.dtype(detail['dtype'])} {shape} "
                f"scale {scale:g} zero {zero}, manifest says int8 {tensor.shape} "
                f"scale {tensor.scale:g} zero {tensor.zero}"
            )


def _quantization_table(tensor: Tensor) -> NDArray[np.uint8]:
    """The stored byte of each of the 256 grey levels, of which 255 stands for 1.0.

    As the bits of an int8: OpenCV looks up bytes five times as quickly as numpy.
    """
    levels = np.round(np.arange(256) / 255 / tensor.scale) + tensor.zero
    return np.clip(levels, -128, 127).astype(np.int8).view(np.uint8)


def _require_shape(picture: NDArray[np.uint8], shape: tuple[int, int, int]) -> None:
    if picture.shape != shape or picture.dtype != np.uint8:
        raise ValueError(
            f"picture is {picture.dtype} {picture.shape}, the model takes uint8 {shape}"
        )
