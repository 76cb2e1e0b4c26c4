"""The model port: the same rules for the fake and the real one, and no file but the manifest's."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.errors import ModelError
from appliance.recognize.model import (
    FakeModel,
    Interpreter,
    LiteModel,
    Model,
    _ungreeted,
    read_manifest,
)
from tests.recognize.conftest import CHARACTERS, MODELS, drawn_plate, drawn_scene, reading

NETWORKS = ("detect", "read")
WRONG: dict[str, Callable[[tuple[int, int, int]], np.ndarray]] = {
    "channels first": lambda shape: np.zeros((shape[2], *shape[:2]), np.uint8),
    "one pixel less": lambda shape: np.zeros((shape[0] - 1, shape[1], shape[2]), np.uint8),
    "with a batch axis": lambda shape: np.zeros((1, *shape), np.uint8),
    "without channels": lambda shape: np.zeros(shape[:2], np.uint8),
    "signed": lambda shape: np.zeros(shape, np.int8),
    "real": lambda shape: np.zeros(shape, np.float32),
}


@pytest.fixture(params=["fake", "detect", "read"])
def model(request: pytest.FixtureRequest) -> Model:
    """The fake and both that ship."""
    if request.param == "fake":
        return reading("KX53PXF")
    shipped: LiteModel = request.getfixturevalue(f"{request.param}_model")
    return shipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the reader with its manifest, to be damaged."""
    for name in ("read.tflite", "read.toml"):
        shutil.copy(MODELS / name, tmp_path / name)
    return tmp_path


def picture_for(model: Model) -> np.ndarray:
    """A picture of the right shape that is not of one colour."""
    return np.random.default_rng(3).integers(0, 255, model.input_shape, np.uint8)


@pytest.mark.parametrize("name", WRONG)
def test_a_picture_of_another_shape_or_type_is_refused(name: str, model: Model) -> None:
    """With both shapes; the runtime would take some of them and answer nonsense."""
    wrong = WRONG[name](model.input_shape)
    told = f"picture is {wrong.dtype} {wrong.shape}, the model takes uint8 {model.input_shape}"
    with pytest.raises(ValueError, match=re.escape(told)):
        model.run(wrong)


def test_an_answer_is_finite_real_and_without_batch_axis(model: Model) -> None:
    """Rows, columns and channels of each output."""
    for tensor in model.run(picture_for(model)):
        assert (tensor.dtype, tensor.ndim) == (np.float32, 3)
        assert np.isfinite(tensor).all()


def test_an_answer_belongs_to_who_asked(model: Model) -> None:
    """Writing into it changes no later one; the same picture has the same answer."""
    picture = picture_for(model)
    first = model.run(picture)
    kept = [tensor.copy() for tensor in first]
    for tensor in first:
        tensor[:] = 7
    for tensor, expected in zip(model.run(picture), kept, strict=True):
        assert np.array_equal(tensor, expected)


def test_a_picture_stays_as_it_is(model: Model) -> None:
    """It may be read-only."""
    picture = picture_for(model)
    picture.flags.writeable = False
    assert model.run(picture)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_models_that_ship_are_int8_throughout(network: str) -> None:
    """No float tensor anywhere: a float island costs a conversion each way and the speed."""
    interpreter = Interpreter(model_content=(MODELS / f"{network}.tflite").read_bytes())
    interpreter.allocate_tensors()
    found = {np.dtype(detail["dtype"]) for detail in interpreter.get_tensor_details()}
    assert found <= {np.dtype(np.int8), np.dtype(np.int32)}
    for detail in interpreter.get_input_details() + interpreter.get_output_details():
        assert detail["dtype"] == np.int8


def test_the_detector_that_ships_answers_within_its_ranges(detect_model: LiteModel) -> None:
    """A score of 0 to 1 and eight codes for each cell of 8 x 8 input pixels."""
    height, width, channels = detect_model.input_shape
    scene = cv2.resize(drawn_scene(), (width, height))
    scores, corners = detect_model.run(np.asarray(scene, np.uint8))
    assert channels == 3
    assert scores.shape == (height // 8, width // 8, 1)
    assert corners.shape == (height // 8, width // 8, 8)
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert np.abs(corners).max() < 10


def test_the_reader_that_ships_answers_with_probabilities(read_model: LiteModel) -> None:
    """A distribution over blank and characters in every column of two rows."""
    height, width, _ = read_model.input_shape
    plate = cv2.resize(drawn_plate(), (width, height))
    (answer,) = read_model.run(np.asarray(plate[..., :1], np.uint8))
    assert (answer.shape[0], answer.shape[2]) == (2, 1 + len(CHARACTERS))
    assert answer.min() >= 0
    assert answer.max() <= 1
    assert answer.sum(2) == pytest.approx(1, abs=0.1)


def test_the_reader_knows_every_character(read_model: LiteModel) -> None:
    """Each once; the letter O is read as one of its own."""
    assert sorted(read_model.manifest.characters) == sorted(CHARACTERS)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_manifests_that_ship_name_their_origin(network: str) -> None:
    """A licence, and every source of training data with its own and its count."""
    manifest = read_manifest(MODELS / f"{network}.toml")
    assert manifest.licence == "Apache-2.0"
    assert manifest.sources
    assert all({"source", "licence", "pictures"} <= set(source) for source in manifest.sources)


def test_threads_do_not_change_the_answer(read_model: LiteModel) -> None:
    """One or two: int8 arithmetic is exact."""
    picture = picture_for(read_model)
    two = LiteModel(MODELS / "read.toml", threads=2)
    assert np.array_equal(two.run(picture)[0], read_model.run(picture)[0])


def changed(content: bytes) -> bytes:
    """One bit of one byte in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "one bit changed": changed,
    "cut off": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "empty": lambda _: b"",
    "something else": lambda _: b"no model",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_file_that_is_not_the_manifests_is_refused(name: str, folder: Path) -> None:
    """With the file, its hash and the hash that was expected."""
    path = folder / "read.tflite"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(ModelError) as caught:
        LiteModel(folder / "read.toml", 1)
    assert str(caught.value).startswith(f"{path}: sha256 is {found[:16]}")
    assert f"expects {expected[:16]}" in str(caught.value)
    assert caught.value.exit_code == 78


def test_a_missing_model_is_refused(folder: Path) -> None:
    """With its name."""
    (folder / "read.tflite").unlink()
    with pytest.raises(ModelError, match=r"read\.tflite: the model cannot be read: No such file"):
        LiteModel(folder / "read.toml", 1)


def test_a_model_that_the_runtime_does_not_know_is_refused(folder: Path) -> None:
    """Even where its hash is right."""
    content = b"no model, but hashed"
    (folder / "read.tflite").write_bytes(content)
    edit(folder, 'sha256 = "[0-9a-f]*"', f'sha256 = "{hashlib.sha256(content).hexdigest()}"')
    with pytest.raises(ModelError, match=r"read\.toml: the runtime refuses the model"):
        LiteModel(folder / "read.toml", 1)


def edit(folder: Path, pattern: str, replacement: str) -> None:
    """Change the first place in the manifest that fits."""
    path = folder / "read.toml"
    text, count = re.subn(pattern, replacement, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


INPUT = '[[inputs]]\nmeaning = "more"\nshape = [1]\nscale = 1.0\nzero = 0\n\n[[outputs]]'
MANIFESTS = {
    "another shape": (r"shape = \[1, 48, 160, 1\]", "shape = [1, 48, 128, 1]", "file has int8"),
    "another scale": (r"scale = 0\.0039\d*", "scale = 0.004", "manifest says int8"),
    "another zero": ("zero = -128", "zero = 0", "zero -128, manifest says"),
    "an input more": (r"\[\[outputs\]\]", INPUT, "1 tensors in the file, 2 in the manifest"),
    "no hash": ('sha256 = ".*"', 'sha256 = "abc"', "sha256: String should match"),
    "no name": ('name = ".*"', "", "name: Field required"),
    "an unknown key": ('name = ".*"', 'name = "x"\nnmae = "y"', "nmae: Extra inputs"),
    "no TOML": ('name = ".*"', "name =", "not a TOML file"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_does_not_fit_is_refused(name: str, folder: Path) -> None:
    """With the manifest's name and what does not fit."""
    pattern, replacement, reason = MANIFESTS[name]
    edit(folder, pattern, replacement)
    with pytest.raises(ModelError, match=reason) as caught:
        LiteModel(folder / "read.toml", 1)
    assert str(caught.value).startswith(f"{folder / 'read.toml'}: ")


def test_a_missing_manifest_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ModelError, match=r"read\.toml: the manifest cannot be read"):
        read_manifest(tmp_path / "read.toml")


def test_a_fake_answers_with_what_it_was_given() -> None:
    """In the order given."""
    answer = (np.ones((2, 2, 1), np.float32), np.zeros((2, 2, 8), np.float32))
    found = FakeModel((16, 16, 3), answer).run(np.zeros((16, 16, 3), np.uint8))
    assert [tensor.shape for tensor in found] == [(2, 2, 1), (2, 2, 8)]


def test_the_runtime_does_not_greet(capfd: pytest.CaptureFixture[str]) -> None:
    """What else is said on stderr meanwhile follows."""
    with _ungreeted():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nERROR: a fault\n")
    assert capfd.readouterr().err == "ERROR: a fault\n"
    os.write(2, b"INFO: of somebody else\n")
    assert capfd.readouterr().err == "INFO: of somebody else\n"
