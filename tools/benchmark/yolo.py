"""The shape of the favourite's plate detector: YOLOv9-t with one class, ready to be exported.

Written from the published configuration (gelan-t of WongKinYiu/yolov9, and its weights' converted
form: re-parametrised branches and batch normalisation are folded away, the auxiliary branch is
gone).  Only the shape matters here: the weights are random, the answers are meaningless.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
DISTANCES = 16
"""Bins in which the head says how far a box's edge is from its cell (distribution focal loss)."""


class Convolution(nn.Sequential):
    """A convolution and, unless told otherwise, SiLU; the normalisation is folded into the bias."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1
    ) -> None:
        margin = kernel // 2
        layer = nn.Conv2d(inputs, outputs, kernel, stride, margin, groups=groups)
        super().__init__(layer, nn.SiLU())


class Halving(nn.Module):
    """Mean of neighbours, then a convolution with stride 2 (AConv)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolution = Convolution(inputs, outputs, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H/2, W/2)."""
        return self.convolution(functional.avg_pool2d(x, 2, stride=1))


class Residual(nn.Module):
    """Two convolutions and a shortcut (RepNBottleneck, its branches merged)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.both = nn.Sequential(Convolution(width, width, 3), Convolution(width, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x + self.both(x)


class CrossStage(nn.Module):
    """Residual blocks beside a short way round them (RepNCSP)."""

    def __init__(self, inputs: int, outputs: int, repeats: int) -> None:
        super().__init__()
        half = outputs // 2
        blocks = [Residual(half) for _ in range(repeats)]
        self.long = nn.Sequential(Convolution(inputs, half), *blocks)
        self.short = Convolution(inputs, half)
        self.merge = Convolution(2 * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        return self.merge(torch.cat([self.long(x), self.short(x)], 1))


class Aggregation(nn.Module):
    """Efficient layer aggregation: a chain whose every link is kept (ELAN1, RepNCSPELAN4).

    Args:
        inputs: channels coming in.
        outputs: channels going out.
        hidden: channels before the split into two halves.
        link: channels of each link of the chain.
        repeats: residual blocks in a link; 0 for a plain convolution.
    """

    def __init__(self, inputs: int, outputs: int, hidden: int, link: int, repeats: int) -> None:
        super().__init__()
        self.enter = Convolution(inputs, hidden)
        self.first = _link(hidden // 2, link, repeats)
        self.second = _link(link, link, repeats)
        self.leave = Convolution(hidden + 2 * link, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        left, right = self.enter(x).chunk(2, 1)
        first = self.first(right)
        return self.leave(torch.cat([left, right, first, self.second(first)], 1))


def _link(inputs: int, outputs: int, repeats: int) -> nn.Module:
    if not repeats:
        return Convolution(inputs, outputs, 3)
    return nn.Sequential(CrossStage(inputs, outputs, repeats), Convolution(outputs, outputs, 3))


def _stage(inputs: int, outputs: int, link: int) -> Aggregation:
    """An aggregation as deep as all but the first of YOLOv9-t are."""
    return Aggregation(inputs, outputs, outputs, link, repeats=3)


class Surroundings(nn.Module):
    """Maxima over ever larger surroundings (SPPELAN)."""

    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.enter = Convolution(inputs, hidden)
        self.leave = Convolution(4 * hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        views = [self.enter(x)]
        for _ in range(3):
            views.append(functional.max_pool2d(views[-1], 5, 1, 2))
        return self.leave(torch.cat(views, 1))


class Head(nn.Module):
    """For every cell of one level the distances to the four edges, in bins, and the score."""

    def __init__(self, inputs: int, box: int, score: int) -> None:
        super().__init__()
        self.box = nn.Sequential(
            Convolution(inputs, box, 3),
            Convolution(box, box, 3, groups=4),
            nn.Conv2d(box, 4 * DISTANCES, 1, groups=4),
        )
        self.score = nn.Sequential(
            Convolution(inputs, score, 3), Convolution(score, score, 3), nn.Conv2d(score, 1, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, 4 * DISTANCES + 1, H * W)."""
        return torch.cat([self.box(x), self.score(x)], 1).flatten(2)


class Yolo(nn.Module):
    """YOLOv9-t for square pictures of `side` pixels, its boxes decoded."""

    cells: Tensor
    strides: Tensor
    bins: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        first = Aggregation(32, 32, 32, 16, repeats=0)
        self.stem = nn.Sequential(Convolution(3, 16, 3, 2), Convolution(16, 32, 3, 2), first)
        self.down8 = nn.Sequential(Halving(32, 64), _stage(64, 64, 32))
        self.down16 = nn.Sequential(Halving(64, 96), _stage(96, 96, 48))
        self.down32 = nn.Sequential(Halving(96, 128), _stage(128, 128, 64))
        self.surroundings = Surroundings(128, 128, 64)
        self.up16 = _stage(128 + 96, 96, 48)
        self.up8 = _stage(96 + 64, 64, 32)
        self.halve8, self.out16 = Halving(64, 48), _stage(48 + 96, 96, 48)
        self.halve16, self.out32 = Halving(96, 64), _stage(64 + 128, 128, 64)
        self.heads = nn.ModuleList(Head(width, box=64, score=64) for width in (64, 96, 128))
        cells, strides = _grid(side)
        self.register_buffer("cells", cells)
        self.register_buffer("strides", strides)
        self.register_buffer("bins", torch.arange(float(DISTANCES)).view(1, 1, DISTANCES, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(1, 3, side, side) in 0..1 -> (1, 5, cells): centre, width, height, score."""
        x8 = self.down8(self.stem(x))
        x16 = self.down16(x8)
        x32 = self.surroundings(self.down32(x16))
        y16 = self.up16(torch.cat([_double(x32), x16], 1))
        z8 = self.up8(torch.cat([_double(y16), x8], 1))
        z16 = self.out16(torch.cat([self.halve8(z8), y16], 1))
        z32 = self.out32(torch.cat([self.halve16(z16), x32], 1))
        said = [head(z) for head, z in zip(self.heads, (z8, z16, z32), strict=True)]
        return self._boxes(torch.cat(said, 2))

    def _boxes(self, said: Tensor) -> Tensor:
        """The mean distance to each edge as a box in pixels, and the score as a probability."""
        bins = said[:, :-1].view(1, 4, DISTANCES, -1).softmax(2)
        before, after = (bins * self.bins).sum(2).chunk(2, 1)
        low, high = self.cells - before, self.cells + after
        boxes = torch.cat([(low + high) / 2, high - low], 1) * self.strides
        return torch.cat([boxes, said[:, -1:].sigmoid()], 1)


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _grid(side: int) -> tuple[Tensor, Tensor]:
    """The centre of every cell of all levels, in cells, and its stride in pixels."""
    centres, strides = [], []
    for stride in STRIDES:
        count = side // stride
        ticks = torch.arange(float(count)) + 0.5
        rows, columns = torch.meshgrid(ticks, ticks, indexing="ij")
        centres.append(torch.stack([columns, rows]).flatten(1))
        strides.append(torch.full((1, count * count), float(stride)))
    return torch.cat(centres, 1)[None], torch.cat(strides, 1)[None]
