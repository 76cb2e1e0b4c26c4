"""What the model files are made of: nothing that an accelerator would hand back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from tests.recognize.conftest import MODELS

FILES = sorted(MODELS.glob("*.tflite"))
MOST_BYTES = 4_000_000
XNNPACK = {"ADD", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "LOGISTIC", "QUANTIZE"}
"""Taken by XNNPACK in int8 (tensorflow/lite/delegates/xnnpack/README.md, Quantized Operators); the
second test sees the pinned runtime do it."""
SMALL = {"RESIZE_NEAREST_NEIGHBOR", "SOFTMAX"}
"""Left to TFLite's own int8 kernels by ai-edge-litert 2.3.0: one copies bytes on the two coarsest
grids, the other makes the reader's last tensor a distribution."""
EDGE_TPU = XNNPACK | SMALL
"""All of them stand in the table of supported operations at
https://coral.ai/docs/edgetpu/models-intro/#supported-operations (compiler 14 and later)."""


def opened(path: Path, delegated: bool) -> Any:  # noqa: ANN401  # untyped library
    """An interpreter with or without XNNPACK."""
    resolver = (
        OpResolverType.AUTO if delegated else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter = Interpreter(
        model_content=path.read_bytes(), experimental_op_resolver_type=resolver, num_threads=1
    )
    interpreter.allocate_tensors()
    return interpreter


def operators(interpreter: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # untyped library
    """Each with its name, inputs and outputs."""
    found: list[dict[str, Any]] = interpreter._get_ops_details()
    return found


def left_over(interpreter: Any) -> set[str]:  # noqa: ANN401  # untyped library
    """Operators that run between the delegate's parts: fed by one and feeding another."""
    steps = operators(interpreter)
    parts = [step for step in steps if step["op_name"] == "DELEGATE"]
    assert parts, "XNNPACK takes part"
    given = {int(t) for part in parts for t in part["inputs"]}
    made = {int(t) for part in parts for t in part["outputs"]}
    ends = {int(t["index"]) for t in interpreter.get_output_details()}
    begins = {int(t["index"]) for t in interpreter.get_input_details()}
    return {
        step["op_name"]
        for step in steps
        if step["op_name"] != "DELEGATE"
        and {int(t) for t in step["outputs"]} & (given | ends) - made
        and {int(t) for t in step["inputs"]} & (made | begins)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_operator_is_one_that_the_accelerators_know(path: Path) -> None:
    """Of XNNPACK and of the Edge TPU compiler; a new one is looked up before it is added here."""
    found = {step["op_name"] for step in operators(opened(path, delegated=False))}
    assert found <= EDGE_TPU
    assert "CONV_2D" in found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_xnnpack_takes_every_layer(path: Path) -> None:
    """What is left to the plain kernels is small, and named above."""
    assert left_over(opened(path, delegated=True)) <= SMALL


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_tensor_between_is_of_eight_bits(path: Path) -> None:
    """No float island; 32 bits only in biases and in the size of a resized picture."""
    interpreter = opened(path, delegated=False)
    steps = operators(interpreter)
    flowing = {int(t) for step in steps for t in step["outputs"]}
    flowing |= {int(t["index"]) for t in interpreter.get_input_details()}
    kinds = {int(t["index"]): np.dtype(t["dtype"]) for t in interpreter.get_tensor_details()}
    assert {kinds[index] for index in flowing} == {np.dtype(np.int8)}
    assert set(kinds.values()) <= {np.dtype(np.int8), np.dtype(np.int32)}


def test_the_models_fit_the_unit() -> None:
    """All files together, the detector's copies included, stay under 4 MB."""
    assert len(FILES) >= 2
    assert sum(path.stat().st_size for path in FILES) < MOST_BYTES
