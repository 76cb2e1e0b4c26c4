"""The two networks, in PyTorch.

Every layer maps onto an int8 TFLite operator without a float island: convolutions, ReLU6, addition,
concatenation, nearest-neighbour doubling, sigmoid, softmax.  Stride-2 convolutions pad right and
bottom only, which fuses into the operator; a symmetric pad would leave a PAD operator of its own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Convolution(nn.Module):
    """A convolution with batch normalisation and ReLU6.

    Args:
        inputs: channels coming in.
        outputs: channels going out.
        kernel: odd kernel size, (rows, columns).
        stride: (rows, columns), each 1 or 2.
        groups: `inputs` for a depth-wise convolution.
        active: False leaves the ReLU6 out, for the second half of a residual block.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        groups: int = 1,
        active: bool = True,
    ) -> None:
        super().__init__()
        rows, columns = (_padding(k, s) for k, s in zip(kernel, stride, strict=True))
        even = rows[0] == rows[1] and columns[0] == columns[1]
        self.margin = None if even else (*columns, *rows)
        self.convolution = nn.Conv2d(
            inputs,
            outputs,
            kernel,
            stride,
            (rows[0], columns[0]) if even else 0,
            groups=groups,
            bias=False,
        )
        self.normal = nn.BatchNorm2d(outputs)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        padded = x if self.margin is None else functional.pad(x, self.margin)
        y = self.normal(self._convolved(padded))
        return functional.relu6(y) if self.active else y

    def _convolved(self, x: Tensor) -> Tensor:
        """On a processor in mixed precision only what gains by it: depth-wise loses by bfloat16."""
        if self.convolution.groups == 1 or not torch.is_autocast_enabled("cpu"):
            return self.convolution(x)
        with torch.autocast("cpu", enabled=False):
            return self.convolution(x.float())


def _padding(kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding (before, after) for even input sizes."""
    total = max(kernel - stride, 0)
    return total // 2, total - total // 2


class Block(nn.Module):
    """A depth-wise separable convolution, with a shortcut where the shape allows it."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: tuple[int, int] = (1, 1),
        kernel: tuple[int, int] = (3, 3),
    ) -> None:
        super().__init__()
        self.depth = Convolution(inputs, inputs, kernel, stride, groups=inputs)
        self.point = Convolution(inputs, outputs, (1, 1), active=False)
        self.shortcut = stride == (1, 1) and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        y = self.point(self.depth(x))
        return functional.relu6(y + x if self.shortcut else y)


def _stage(inputs: int, outputs: int, repeats: int, kernel: tuple[int, int] = (3, 3)) -> nn.Module:
    """Halve the picture, then `repeats` blocks.

    The halving kernel is 4x4: its padding is symmetric and fuses even where the input has a second
    consumer.
    """
    blocks = [Block(outputs, outputs, kernel=kernel) for _ in range(repeats)]
    return nn.Sequential(Block(inputs, outputs, (2, 2), (4, 4)), *blocks)


class Detector(nn.Module):
    """One-class plate detector: at each cell of 8x8 px a score and the plate's four corners.

    A single output grid with context from strides 16 and 32: plates differ in size, not in kind,
    and one grid needs no matching between levels.  Fully convolutional, so it is trained on small
    cut-outs and exported at any multiple of 32 px.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.stem = Convolution(3, 16, stride=(2, 2))
        self.stage4 = _stage(16, 32, 1)
        self.stage8 = _stage(32, 64, 2)
        self.stage16 = _stage(64, 128, 4, (5, 5))
        self.stage32 = _stage(128, 192, 3, (5, 5))
        self.side32 = Convolution(192, width, (1, 1))
        self.side16 = Convolution(128, width, (1, 1))
        self.side8 = Convolution(64, width, (1, 1))
        self.merge16 = Block(2 * width, width, kernel=(5, 5))
        self.merge8 = Block(2 * width, width, kernel=(5, 5))
        self.trunk = nn.Sequential(Block(width, width), Block(width, width))
        self.score = nn.Conv2d(width, 1, 1)
        self.corners = nn.Sequential(
            Block(width, width), Block(width, width), nn.Conv2d(width, 8, 1)
        )
        nn.init.constant_(self.score.bias, -4.6)  # type: ignore[arg-type]  # sigmoid 0.01: focal loss starts calm

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Score logits and corners of every cell.

        Args:
            x: (N, 3, H, W) BGR in 0..1, H and W multiples of 32.

        Returns:
            (N, 1, H/8, W/8) logits and (N, 8, H/8, W/8) encoded corner offsets
            (`appliance.recognize.detect`).
        """
        x8 = self.stage8(self.stage4(self.stem(x)))
        x16 = self.stage16(x8)
        up32 = _double(self.side32(self.stage32(x16)))
        up16 = _double(self.merge16(torch.cat([up32, self.side16(x16)], 1)))
        trunk = self.trunk(self.merge8(torch.cat([up16, self.side8(x8)], 1)))
        return self.score(trunk), self.corners(trunk)


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Reader(nn.Module):
    """One- and two-line plate reader: two rows of columns, read one after the other by CTC.

    The picture is squeezed to two rows, upper and lower half.  A one-line plate is spoken by one of
    them, a two-line plate by both in order; nobody has to say beforehand how many lines there are.
    """

    def __init__(self, classes: int = 37) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Convolution(1, 24, stride=(2, 2)),
            Convolution(24, 32),
            Block(32, 64, (2, 2)),
            *(Block(64, 64) for _ in range(2)),
            Convolution(64, 96, stride=(2, 1)),
            *(Block(96, 96, kernel=(3, 5)) for _ in range(3)),
            Block(96, 160),
            *(Block(160, 160, kernel=(5, 5)) for _ in range(4)),
        )
        self.squeeze = nn.Sequential(
            nn.Conv2d(160, 160, (3, 1), (3, 1), groups=160, bias=False),
            nn.BatchNorm2d(160),
            nn.ReLU6(),
            Convolution(160, 192, (1, 1)),
            *(Block(192, 192, kernel=(3, 5)) for _ in range(3)),
            *(Block(192, 192, kernel=(3, 7)) for _ in range(2)),
        )
        self.dropout = nn.Dropout(0.1)
        self.classes = nn.Conv2d(192, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 48, 160) grey in 0..1 -> (N, classes, 2, 40) logits; class 0 is CTC's blank."""
        y: Tensor = self.classes(self.dropout(self.squeeze(self.body(x))))
        return y


class DetectorExport(nn.Module):
    """The detector as it is shipped: sigmoid inside."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """As `Detector.forward`, scores in 0..1."""
        score, corners = self.detector(x)
        return torch.sigmoid(score), corners


class ReaderExport(nn.Module):
    """The reader as it is shipped: softmax over the classes inside."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, x: Tensor) -> Tensor:
        """As `Reader.forward`, probabilities instead of logits."""
        return torch.softmax(self.reader(x), 1)


def blend(own: dict[str, Tensor], other: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights between two runs that began with the same: what either learned, the mean may know.

    After Wortsman and others, "Robust fine-tuning of zero-shot models", 2022.

    Args:
        own: of the run.
        other: of another run of the same network, from the same weights.
        share: of the other's, in 0..1.
    """
    return {
        name: torch.lerp(value, other[name], share) if value.is_floating_point() else value
        for name, value in own.items()
    }
