"""The pair that is measured is the unit's own, in eight bits or in float."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.errors import ModelError
from appliance.recognize.model import Manifest, Tensor
from tests.recognize.conftest import MODELS, drawn_plate
from tools.train.pairs import FloatModel, open_pair
from tools.train.scoring import read_whole

SHAPE = (1, 4, 6, 1)


class StubInterpreter:
    """As the runtime's, answering with what it was given, times ten and halved."""

    def __init__(self, shape: tuple[int, ...] = SHAPE, dtype: type = np.float32) -> None:
        self.given = np.zeros(shape, np.float32)
        self.inputs = [{"name": "args_0", "index": 0, "shape": np.array(shape), "dtype": dtype}]
        self.outputs = [
            {"name": "output_1", "index": 2, "shape": np.array(shape), "dtype": dtype},
            {"name": "output_0", "index": 1, "shape": np.array(shape), "dtype": dtype},
        ]

    def get_input_details(self) -> list[dict[str, Any]]:
        """One input."""
        return self.inputs

    def get_output_details(self) -> list[dict[str, Any]]:
        """Two outputs, in the file's order."""
        return self.outputs

    def set_tensor(self, index: int, value: np.ndarray) -> None:
        """Keep it."""
        assert (index, value.dtype) == (0, np.float32)
        self.given = value

    def invoke(self) -> None:
        """Nothing to do."""

    def get_tensor(self, index: int) -> np.ndarray:
        """Ten times the input, or half of it."""
        return self.given * {1: 10, 2: 0.5}[index]


def manifest(*shapes: tuple[int, ...]) -> Manifest:
    """Of an int8 model with that input and those outputs."""
    first, *rest = (Tensor(meaning="m", shape=shape, scale=0.1, zero=0) for shape in shapes)
    return Manifest(name="detect-9", file="f", sha256="0" * 64, licence="l", inputs=(first,),
                    outputs=tuple(rest), sources=(), scores={})  # fmt: skip


def test_a_float_model_gets_0_to_1_and_answers_in_order_of_names() -> None:
    """Without the batch axis, as the int8 one does."""
    model = FloatModel(StubInterpreter(), manifest(SHAPE, SHAPE, SHAPE))
    assert model.input_shape == SHAPE[1:]
    first, second = model.run(np.full(SHAPE[1:], 255, np.uint8))
    assert (first.shape, first.max(), second.max()) == (SHAPE[1:], 10.0, 0.5)


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 5, 1), np.uint8), np.zeros((4, 6, 1), np.float32)], ids=["shape", "type"]
)
def test_a_float_model_refuses_what_the_int8_one_refuses(wrong: np.ndarray) -> None:
    """Another shape or type."""
    with pytest.raises(ValueError, match="picture is"):
        FloatModel(StubInterpreter(), manifest(SHAPE, SHAPE, SHAPE)).run(wrong)


@pytest.mark.parametrize(
    ("interpreter", "shapes"),
    [
        (StubInterpreter(dtype=np.int8), (SHAPE, SHAPE, SHAPE)),
        (StubInterpreter(), (SHAPE, SHAPE)),
        (StubInterpreter(), (SHAPE, SHAPE, (1, 4, 6, 8))),
        (StubInterpreter(), ((1, 8, 12, 1), SHAPE, SHAPE)),
    ],
    ids=["int8 file", "an output too many", "other output", "other input"],
)
def test_a_float_model_must_be_the_manifests_twin(
    interpreter: StubInterpreter, shapes: tuple[tuple[int, ...], ...]
) -> None:
    """Else two different networks would be compared."""
    with pytest.raises(ModelError, match="float form of detect-9"):
        FloatModel(interpreter, manifest(*shapes))


def test_a_run_folder_borrows_the_shipped_regions(tmp_path: Path) -> None:
    """`tools/train/quantize --out` leaves none there."""
    for path in MODELS.glob("*.t*"):
        shutil.copy(path, tmp_path)
    pair, shipped = open_pair(tmp_path), open_pair(MODELS)
    assert pair.names == shipped.names
    plate = drawn_plate("KX53PXF")
    assert read_whole(pair.reader, plate) == read_whole(shipped.reader, plate)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    """With the name of the manifest that is missing."""
    with pytest.raises(ModelError, match=r"detect\.toml"):
        open_pair(tmp_path)


def test_a_float_folder_must_have_every_network(tmp_path: Path) -> None:
    """The message names the file; an int8 one in its place is not float."""
    for path in MODELS.glob("*.t*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "float").mkdir()
    shutil.copy(MODELS / "detect.tflite", tmp_path / "float")
    with pytest.raises(ModelError, match="float form of detect"):
        open_pair(tmp_path / "float")
