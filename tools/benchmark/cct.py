"""The shape of the favourite's plate reader: CCT-XS (compact convolutional transformer).

Written from the published configuration of fast-plate-ocr's `cct_xs_v1`: 64 x 128 colour pictures,
a convolutional stem, 2 x 2 patches, four transformer layers of width 64 with one head, and nine
slots that each ask, with four heads, for one of 37 characters.  Only the shape matters: the weights
are random.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.benchmark.favourite import HEIGHT, LETTERS, WIDTH

SLOTS = 9
DIMENSION, LAYERS, HEADS, SLOT_HEADS = 64, 4, 1, 4
STEM = (32, "halve", 48, 64, "halve", 80, 96)


class BlurPool(nn.Module):
    """Maxima, blurred by a binomial filter, of which every other one is kept."""

    kernel: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        line = torch.tensor([0.25, 0.5, 0.25])
        self.width = width
        self.register_buffer("kernel", torch.outer(line, line).expand(width, 1, 3, 3).clone())

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> (N, width, H/2, W/2), rounded up."""
        highest = functional.max_pool2d(functional.pad(x, (0, 1, 0, 1)), 2, 1)
        top, left = (side % 2 for side in x.shape[2:])
        padded = functional.pad(highest, (left, 1, top, 1))
        return functional.conv2d(padded, self.kernel, stride=2, groups=self.width)


class Squash(nn.Module):
    """What stands in for layer normalisation: a scaled hyperbolic tangent (DyT)."""

    def __init__(self) -> None:
        super().__init__()
        self.steepness = nn.Parameter(torch.tensor(0.5))
        self.scale = nn.Parameter(torch.ones(DIMENSION))
        self.shift = nn.Parameter(torch.zeros(DIMENSION))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return torch.tanh(self.steepness * x) * self.scale + self.shift


class Attention(nn.Module):
    """Attention whose every head is as wide as the whole (Keras: key_dim = projection_dim)."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads, wide = heads, heads * DIMENSION
        self.query, self.key, self.value = (nn.Linear(DIMENSION, wide) for _ in range(3))
        self.leave = nn.Linear(wide, DIMENSION)

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        """(1, M, DIMENSION) asks (1, N, DIMENSION) -> (1, M, DIMENSION)."""
        query, key, value = (
            layer(x).view(1, -1, self.heads, DIMENSION).transpose(1, 2)
            for layer, x in ((self.query, asking), (self.key, asked), (self.value, asked))
        )
        weights = (query @ key.transpose(2, 3) * DIMENSION**-0.5).softmax(-1)
        return self.leave((weights @ value).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Attention among the patches, then two dense layers, each beside a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.attention, self.between = Squash(), Attention(HEADS), Squash()
        dense = [nn.Linear(DIMENSION, DIMENSION), nn.GELU()]
        self.dense = nn.Sequential(*dense, nn.Linear(DIMENSION, DIMENSION), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        calm = self.before(x)
        attended = x + self.attention(calm, calm)
        return attended + self.dense(self.between(attended))


class Cct(nn.Module):
    """CCT-XS: a picture in, a distribution over the letters for every slot out."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, width = _stem()
        height, length = self.stem(torch.zeros(1, 3, HEIGHT, WIDTH)).shape[2:]
        self.rows, self.columns = height // 2, length // 2
        self.patch = nn.Linear(4 * width, DIMENSION)
        self.place = nn.Parameter(torch.randn(1, self.rows * self.columns, DIMENSION) * 0.02)
        self.layers = nn.Sequential(*[Layer() for _ in range(LAYERS)])
        self.slots = nn.Parameter(torch.randn(1, SLOTS, DIMENSION) * 0.05)
        self.ask = Attention(SLOT_HEADS)
        self.letters = nn.Linear(DIMENSION, len(LETTERS))

    def forward(self, picture: Tensor) -> Tensor:
        """(1, HEIGHT, WIDTH, 3) uint8 -> (1, SLOTS, 37) probabilities."""
        x = self.stem(picture.permute(0, 3, 1, 2).float() / 255)
        even = x[:, :, : 2 * self.rows, : 2 * self.columns]
        parted = even.reshape(1, -1, self.rows, 2, self.columns, 2).permute(0, 2, 4, 3, 5, 1)
        patches = functional.gelu(self.patch(parted.reshape(1, self.rows * self.columns, -1)))
        seen = self.layers(patches + self.place)
        return self.letters(self.ask(self.slots, seen)).softmax(-1)


def _stem() -> tuple[nn.Sequential, int]:
    """The convolutions before the patches, and how many channels they give."""
    layers: list[nn.Module] = []
    width = 3
    for step in STEM:
        if isinstance(step, int):
            layers += [nn.Conv2d(width, step, 3), nn.ReLU()]
            width = step
        else:
            layers.append(BlurPool(width))
    return nn.Sequential(*layers), width
