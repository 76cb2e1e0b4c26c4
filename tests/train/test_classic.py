"""The form of a model file for older readers: nothing that the model says changes."""

from __future__ import annotations

from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from tools.train.classic import RESIZE, RESIZE_VERSION, classic

MODELS = Path(__file__).resolve().parents[2] / "models"
FILES = sorted(path.name for path in MODELS.glob("*.tflite"))


def answers(model: bytes) -> list[NDArray[np.int8]]:
    """What a model says to noise, each output."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    noise = np.random.default_rng(1).integers(-128, 128, given["shape"]).astype(np.int8)
    interpreter.set_tensor(given["index"], noise)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def newer(model: bytes) -> bytes:
    """The model with its doublings counted from the middle of the pixels, as converters do."""
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(classic(model), 0))
    for operator in tree.subgraphs[0].operators:
        code = tree.operatorCodes[operator.opcodeIndex]
        if code.builtinCode == RESIZE:
            operator.builtinOptions.halfPixelCenters, code.version = True, RESIZE_VERSION + 1
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize("name", FILES)
def test_it_says_the_same(name: str) -> None:
    """Bit by bit, from either way of counting."""
    model = (MODELS / name).read_bytes()
    same = zip(answers(classic(newer(model))), answers(newer(model)), strict=True)
    assert all(np.array_equal(a, b) for a, b in same)


@pytest.mark.parametrize("name", FILES)
def test_resizes_are_of_the_old_version_and_weights_inside(name: str) -> None:
    """What Coral's compiler asks for."""
    tree = schema.ModelT.InitFromObj(
        schema.Model.GetRootAsModel(classic((MODELS / name).read_bytes()), 0)
    )
    versions = {c.version for c in tree.operatorCodes if c.builtinCode == RESIZE}
    assert versions <= {RESIZE_VERSION}
    assert all(buffer.offset <= 1 for buffer in tree.buffers)
