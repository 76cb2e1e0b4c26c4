"""Batches of samples for the training loop; numpy draws them, PyTorch takes them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from appliance.recognize.model import LiteModel
from tools.train import labels, samples_read
from tools.train.alphabet import encode_text
from tools.train.decoys import find_decoys
from tools.train.recipe import ROOT, DetectRecipe, ReadRecipe
from tools.train.samples_detect import DetectSamples
from tools.train.samples_read import ReadSamples
from tools.train.splice import Splicer

Batch = tuple[Tensor, ...]


class Batches(Protocol):
    """Where the samples come from."""

    def __call__(self, share: float) -> Batch:
        """The next batch; `share` of the training is over."""

    def go_on(self, steps: int) -> None:
        """Draw other samples than the `steps` steps before did."""


class DetectBatches:
    """Batches of pictures, heat, weight, corners, strength, exact."""

    def __init__(self, recipe: DetectRecipe) -> None:
        self._seed, self._size = recipe.schedule.seed, recipe.schedule.batch
        self._rng = np.random.default_rng(self._seed)
        photographs = labels.photographs("detect", "train")
        decoys = find_decoys(photographs) if recipe.mix.near else []
        self._samples = DetectSamples(photographs, recipe.mix, decoys)

    def __call__(self, share: float) -> Batch:
        """The next batch; `share` of the training is over."""
        drawn = [self._samples.draw(self._rng) for _ in range(self._size)]
        image = torch.from_numpy(np.stack([s.image for s in drawn])).permute(0, 3, 1, 2)
        rest = ("heat", "weight", "corners", "strength", "exact")
        return (image, *(torch.from_numpy(np.stack([getattr(s, n) for s in drawn])) for n in rest))

    def go_on(self, steps: int) -> None:
        """Draw other samples than the `steps` steps before did."""
        self._rng = np.random.default_rng([self._seed, steps])


class ReadBatches:
    """Batches of pictures, targets one after the other, their lengths.

    A reader without a start begins with easy samples, which reach their full hardness after a part
    of the time: on hard ones alone CTC stays on its plateau of blanks for ten minutes.
    """

    def __init__(self, recipe: ReadRecipe) -> None:
        self._seed, self._size = recipe.schedule.seed, recipe.schedule.batch
        self._rng = np.random.default_rng(self._seed)
        self._easy_until = recipe.mix.easy_until
        crops = labels.crops("train")
        splicer = build_splicer(crops) if recipe.mix.spliced else None
        self._samples = ReadSamples(crops, recipe.mix, splicer)

    def __call__(self, share: float) -> Batch:
        """The next batch; `share` of the training is over."""
        hardness = min(1.0, share / max(self._easy_until, 1e-6))
        drawn = [self._samples.draw(self._rng, hardness) for _ in range(self._size)]
        image = torch.from_numpy(np.stack([s.image for s in drawn]))[:, None]
        codes = [encode_text(s.text) for s in drawn]
        lengths = torch.tensor([len(c) for c in codes])
        return image, torch.tensor(np.concatenate(codes)), lengths

    def go_on(self, steps: int) -> None:
        """Draw other samples than the `steps` steps before did."""
        self._rng = np.random.default_rng([self._seed, steps])


def build_splicer(crops: list[labels.PlateCrop]) -> Splicer:
    """Puts crops together where the shipped reader sees their characters."""
    model = LiteModel(ROOT / "models" / "read.toml", threads=1)
    size = (samples_read.WIDTH, samples_read.HEIGHT)
    measured = {crop.text for crop in labels.crops("valid")}
    return Splicer(crops, lambda crop: model.run(crop)[0], size,
                   lambda crop: samples_read.cached_load(crop.path), measured)  # fmt: skip
