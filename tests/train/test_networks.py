"""The two networks: their shapes, and that all of them is trained.

`tools/test --torch tests/train` runs these; without PyTorch they are skipped.
"""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is missing: tools/test --torch")

from tools.train.networks import (  # noqa: E402  # they need PyTorch
    Block,
    Convolution,
    Detector,
    DetectorExport,
    Reader,
    ReaderExport,
    blend,
)

SIZES = [(512, 512), (288, 512), (256, 288)]
"""Height and width of the inputs that ship (`quantize.SIZES`)."""


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """The same weights in every run."""
    torch.manual_seed(1)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_detector_answers_for_every_cell(size: tuple[int, int]) -> None:
    """A score and eight numbers for each cell of eight pixels, at any input that ships."""
    with torch.no_grad():
        score, corners = Detector().eval()(torch.rand(1, 3, *size))
    cells = (size[0] // 8, size[1] // 8)
    assert score.shape == (1, 1, *cells)
    assert corners.shape == (1, 8, *cells)


def test_the_reader_speaks_two_rows_of_forty_columns() -> None:
    """A crop of 48 x 160 becomes two rows of columns of 37 classes."""
    with torch.no_grad():
        assert Reader().eval()(torch.rand(2, 1, 48, 160)).shape == (2, 37, 2, 40)


@pytest.mark.parametrize(
    ("network", "shape"),
    [(Detector, (2, 3, 64, 96)), (Reader, (2, 1, 48, 160))],
    ids=["detect", "read"],
)
def test_every_weight_is_trained(network: type, shape: tuple[int, ...]) -> None:
    """No part of the network stands beside the way from the input to the output."""
    trained = network()
    said = trained(torch.rand(shape))
    sum((out**2).sum() for out in (said if isinstance(said, tuple) else (said,))).backward()
    idle = [name for name, p in trained.named_parameters() if p.grad is None or not p.grad.any()]
    assert not idle


@pytest.mark.parametrize(
    ("kernel", "stride"),
    [
        ((1, 1), (1, 1)),
        ((3, 3), (1, 1)),
        ((3, 7), (1, 1)),
        ((3, 3), (2, 2)),
        ((3, 3), (2, 1)),
        ((4, 4), (2, 2)),
        ((5, 5), (2, 2)),
    ],
    ids=str,
)
def test_a_convolution_keeps_or_halves_the_picture(
    kernel: tuple[int, int], stride: tuple[int, int]
) -> None:
    """Whatever the kernel, the padding makes the output as large as the stride says."""
    made = Convolution(3, 5, kernel, stride)(torch.rand(1, 3, 16, 24))
    assert made.shape == (1, 5, 16 // stride[0], 24 // stride[1])


def test_a_block_whose_branch_says_nothing_is_the_identity() -> None:
    """Without its branch a block with a shortcut leaves what a ReLU6 let through."""
    block = Block(8, 8).eval()
    torch.nn.init.zeros_(block.point.normal.weight)
    x = torch.rand(1, 8, 6, 6) * 6
    assert torch.equal(block(x), x)


def test_the_detector_begins_calm() -> None:
    """Before training it expects a plate in about every hundredth cell, as focal loss wants."""
    with torch.no_grad():
        score, _ = DetectorExport(Detector()).eval()(torch.rand(1, 3, 128, 128))
    assert 0.003 < score.mean() < 0.03


def test_what_ships_says_probabilities() -> None:
    """Scores lie in 0..1, and the classes of each column of the reader sum to 1."""
    with torch.no_grad():
        score, _ = DetectorExport(Detector()).eval()(torch.rand(1, 3, 64, 64))
        columns = ReaderExport(Reader()).eval()(torch.rand(1, 1, 48, 160))
    assert 0 <= score.min() <= score.max() <= 1
    assert torch.allclose(columns.sum(1), torch.ones(1, 2, 40), atol=1e-5)


def test_mixed_precision_leaves_the_depth_wise_in_float() -> None:
    """On a processor bfloat16 is for the dense convolutions only: depth-wise ones lose by it."""
    x = torch.rand(1, 8, 8, 8)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert Convolution(8, 8)._convolved(x).dtype == torch.bfloat16
        assert Convolution(8, 8, groups=8)._convolved(x).dtype == torch.float32


def test_a_blend_lies_between_two_runs() -> None:
    """Weights and running means by their share; counts of batches are the run's own."""
    own, other = Detector().state_dict(), Detector().state_dict()
    mixed = blend(own, other, 0.25)
    for name, value in own.items():
        expected = 0.75 * value + 0.25 * other[name] if value.is_floating_point() else value
        torch.testing.assert_close(mixed[name], expected)
    Detector().load_state_dict(mixed)
