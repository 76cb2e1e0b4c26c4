"""Beginning where a shipped model ended: the network says what the file says.

`tools/test --torch tests/train` runs these; without PyTorch they are skipped.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="PyTorch is missing: tools/test --torch")

from appliance.recognize.model import LiteModel  # noqa: E402  # after what they are skipped by
from tests.recognize.conftest import MODELS, drawn_plate, drawn_scene  # noqa: E402
from tools.train.networks import Block, Detector, DetectorExport, Reader, ReaderExport  # noqa: E402
from tools.train.start import start_from  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Warning. Enabling:UserWarning")
"""The runtime warns of the memory that reading a file's constants takes."""

TEXTS = ("7439BBG", "AB12CDE", "KX60YZT", "WOB ZK 295", "1ABC234", "M456QR", "99J8F", "TUV 317")

Picture = NDArray[np.uint8]


def crops() -> list[Picture]:
    """Drawn plates as the reader gets them, (48, 160, 1), bright and dark."""
    made = []
    for number, text in enumerate(TEXTS * 3):
        small = cv2.resize(drawn_plate(text), (160, 48), interpolation=cv2.INTER_AREA)
        grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (0, 0), 0.4 + number / 24)
        made.append(np.asarray(grey * (1 - number / 48), np.uint8)[..., None])
    return made


def scenes(size: tuple[int, int] = (512, 512)) -> list[Picture]:
    """Drawn scenes as the detector gets them, (H, W, 3)."""
    made = []
    for number, text in enumerate(TEXTS):
        scene = drawn_scene(text, (60 + 40 * number, 200 + 20 * (number % 4)))
        picture = np.full((*size, 3), 114, np.uint8)
        picture[:384, :512] = cv2.resize(scene, (512, 384), interpolation=cv2.INTER_AREA)
        made.append(picture)
    return made


def tensor(pictures: list[Picture]) -> torch.Tensor:
    """(N, C, H, W) in 0..1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(255)


def begun_reader(reader: Reader) -> int:
    """Start a reader from the shipped one."""
    return start_from(reader, MODELS / "read.tflite", tensor(crops()))


def columns(reader: Reader) -> NDArray[np.float32]:
    """What the reader says of the drawn plates, (N, 2, 40, classes)."""
    with torch.no_grad():
        said = ReaderExport(reader.eval())(tensor(crops()))
    return np.asarray(said.permute(0, 2, 3, 1).numpy())


def test_a_reader_says_what_its_file_says() -> None:
    """The likeliest class of 99 of 100 columns is the file's, perhaps with new blocks."""
    reader = Reader()
    begun_reader(reader)
    shipped = LiteModel(MODELS / "read.toml", threads=1)
    of_file = np.stack([shipped.run(crop)[0] for crop in crops()])
    said = columns(reader)
    assert (of_file.argmax(-1) > 0).mean() > 0.05, "the plates are read, not passed over"
    assert (said.argmax(-1) == of_file.argmax(-1)).mean() >= 0.99
    assert np.abs(said - of_file).mean() < 0.01


def test_a_detector_says_what_its_file_says() -> None:
    """It sees the same plates in the same cells, and their corners within a pixel or so."""
    detector = Detector()
    start_from(detector, MODELS / "detect.tflite", tensor(scenes()))
    with torch.no_grad():
        score, corners = DetectorExport(detector.eval())(tensor(scenes()))
    shipped = LiteModel(MODELS / "detect.toml", threads=1)
    for number, scene in enumerate(scenes()):
        seen, places = shipped.run(scene)
        best = np.unravel_index(seen[..., 0].argmax(), seen.shape[:2])
        assert seen[best][0] > 0.5, "the plate is found"
        assert np.abs(score[number, 0].numpy() - seen[..., 0]).mean() < 0.002
        assert abs(float(score[number, 0][best]) - seen[best][0]) < 0.1
        assert np.abs(corners[number][:, best[0], best[1]].numpy() - places[best]).max() < 0.15


def test_a_block_that_the_file_does_not_know_changes_nothing() -> None:
    """A deeper reader begins as the shallower one: what is new is the identity."""
    torch.manual_seed(1)
    plain, deeper = Reader(), Reader()
    fresh = begun_reader(plain)
    deeper.body.append(Block(160, 160, kernel=(5, 5)))
    deeper.squeeze.append(Block(192, 192, kernel=(3, 7)))
    assert begun_reader(deeper) == fresh + 4, "two convolutions a block"
    assert np.allclose(columns(deeper), columns(plain), atol=1e-4)


def test_what_is_new_can_be_trained() -> None:
    """The identity is a start, not an end: the new block's last factor has a gradient."""
    deeper = Reader()
    deeper.body.append(Block(160, 160, kernel=(5, 5)))
    begun_reader(deeper)
    (deeper.train()(tensor(crops()[:4])) ** 2).sum().backward()
    assert deeper.body[-1].point.normal.weight.grad.any()


def test_a_file_of_another_network_is_refused() -> None:
    """A convolution without a place is told with the file and its shape."""
    with pytest.raises(ValueError, match=r"detect\.tflite: no place for a convolution of \("):
        start_from(Reader(), MODELS / "detect.tflite", tensor(crops()))


def test_the_statistics_are_those_of_the_examples() -> None:
    """After the start a BatchNorm in training says nearly what it says in use: nothing jumps."""
    reader = Reader()
    begun_reader(reader)
    reader.dropout.p = 0.0
    with torch.no_grad():
        still = reader.eval()(tensor(crops()))
        moving = reader.train()(tensor(crops()))
    assert (still.argmax(1) == moving.argmax(1)).float().mean() >= 0.99


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The runtime's refusal reaches the caller with the path."""
    with pytest.raises(ValueError, match=r"nothing\.tflite"):
        start_from(Reader(), tmp_path / "nothing.tflite", tensor(crops()))
