"""Train one of the two networks: `tools/train/train detect --minutes 60 --out runs/detect`.

A run is a folder: `last.pt` (resumed from when it is there), `curve.csv`, and at the end `best.pt`,
the averaged weights.  The learning rate follows the share of the time that is spent, so a run fits
the time that there is.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from tools.train import labels, samples_detect, samples_read
from tools.train.alphabet import encode_text
from tools.train.networks import Detector, Reader

Batch = tuple[Tensor, ...]
SAVE_EVERY_S = 120.0
AVERAGE = 0.998


def main() -> None:
    """Parse the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=["detect", "read"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    arguments = {name: value for name, value in vars(asked).items() if name != "out"}
    (asked.out / "arguments.json").write_text(json.dumps(arguments))
    if asked.network == "detect":
        Training(Detector(), DetectBatches(asked.seed), detect_loss, asked).run()
    else:
        Training(Reader(), ReadBatches(asked.seed), read_loss, asked).run()


class Training:
    """One network, its batches and its loss, until the time is spent."""

    def __init__(
        self,
        network: nn.Module,
        batches: Callable[[float], Batch],
        loss: Callable[[nn.Module, Batch, torch.device], Tensor],
        asked: argparse.Namespace,
    ) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.batches, self.loss, self.asked = batches, loss, asked
        self.average = torch.optim.swa_utils.AveragedModel(
            network,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE),
            use_buffers=True,
        )
        self.optimizer = torch.optim.AdamW(network.parameters(), asked.rate, weight_decay=0.02)
        self.spent, self.steps, self.recent = 0.0, 0, 0.0

    def run(self) -> None:
        """Train to the end of the time; Ctrl-C saves and stops."""
        self._resume()
        budget = self.asked.minutes * 60
        saved = self.spent
        with tqdm(total=round(budget), initial=round(self.spent), unit="s") as bar:
            try:
                while self.spent < budget:
                    self._step(budget)
                    bar.n = round(self.spent)
                    bar.set_postfix(steps=self.steps, loss=f"{self.recent:.4f}")
                    if self.spent - saved > SAVE_EVERY_S:
                        self._save()
                        saved = self.spent
            except KeyboardInterrupt:
                print("stopped; run the same command to go on")
        self._save()

    def _step(self, budget: float) -> None:
        begun = time.monotonic()
        share = self.spent / budget
        warm = min(1.0, (self.steps + 1) / 200)
        for group in self.optimizer.param_groups:
            group["lr"] = self.asked.rate * warm * (0.5 + 0.5 * math.cos(math.pi * share)) + 1e-5
        self.network.train()
        loss = self.loss(self.network, self.batches(share), self.device)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.steps += 1
        keep = min(0.99, self.steps / (self.steps + 10))
        self.recent = keep * self.recent + (1 - keep) * loss.item()
        self.spent += time.monotonic() - begun

    def _resume(self) -> None:
        path = self.asked.out / "last.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.spent, self.steps = state["spent"], state["steps"]

    def _save(self) -> None:
        """Checkpoint, averaged weights, a point of the curve; a torn write replaces no file."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "spent": self.spent,
            "steps": self.steps,
        }
        for name, value in (("last.pt", state), ("best.pt", self.average.module.state_dict())):
            torch.save(value, self.asked.out / f"{name}.new")
            (self.asked.out / f"{name}.new").replace(self.asked.out / name)
        with (self.asked.out / "curve.csv").open("a", newline="") as file:
            csv.writer(file).writerow([round(self.spent), self.steps, round(self.recent, 5)])


class DetectBatches:
    """Batches of pictures, heat, weight, corners, strength, exact."""

    def __init__(self, seed: int, size: int = 16) -> None:
        self._rng = np.random.default_rng(seed)
        self._size = size
        self._pictures = labels.photographs("detect", "train")

    def __call__(self, share: float) -> Batch:
        """The next batch; `share` of the training is over."""
        draw = samples_detect.draw_sample
        drawn = [draw(self._rng, self._pictures) for _ in range(self._size)]
        image = torch.from_numpy(np.stack([s.image for s in drawn])).permute(0, 3, 1, 2)
        rest = ("heat", "weight", "corners", "strength", "exact")
        return (image, *(torch.from_numpy(np.stack([getattr(s, n) for s in drawn])) for n in rest))


def detect_loss(network: nn.Module, batch: Batch, device: torch.device) -> Tensor:
    """Focal loss on the scores (CornerNet's form) plus L1 on the corners or their extents."""
    image, heat, weight, corners, strength, exact = (
        part.to(device, non_blocking=True) for part in batch
    )
    image = image.float().div(255).contiguous(memory_format=torch.channels_last)
    logits, said = network(image)
    logits = logits[:, 0].float()
    p = torch.sigmoid(logits)
    hit = (heat > 0.999).float() * weight
    found = -functional.logsigmoid(logits) * (1 - p) ** 2 * hit
    false = -functional.logsigmoid(-logits) * p**2 * (1 - heat) ** 4 * weight * (1 - hit)
    focal = (found + false).sum() / hit.sum().clamp(min=1)
    true, said = corners.movedim(1, -1), said.float().movedim(1, -1)
    off = torch.where(
        exact, (said - true).abs().mean(-1), (_extents(said) - _extents(true)).abs().mean(-1)
    )
    place = (off * strength).sum() / strength.sum().clamp(min=1)
    return focal + 2.0 * place


def _extents(codes: Tensor) -> Tensor:
    """Left, right, top and bottom of the corners; asinh is monotonic, so codes may be compared."""
    x, y = codes[..., 0::2], codes[..., 1::2]
    return torch.stack([x.amin(-1), x.amax(-1), y.amin(-1), y.amax(-1)], -1)


class ReadBatches:
    """Batches of pictures, targets one after the other, their lengths.

    The samples begin easy and reach their full hardness after a quarter of the time: on hard ones
    alone CTC stays on its plateau of blanks for ten minutes.
    """

    def __init__(self, seed: int, size: int = 64) -> None:
        self._rng = np.random.default_rng(seed)
        self._size = size
        self._pictures = labels.crops("train")

    def __call__(self, share: float) -> Batch:
        """The next batch; `share` of the training is over."""
        hardness = min(1.0, 4 * share)
        draw = samples_read.draw_sample
        drawn = [draw(self._rng, self._pictures, hardness) for _ in range(self._size)]
        image = torch.from_numpy(np.stack([s.image for s in drawn]))[:, None]
        codes = [encode_text(s.text) for s in drawn]
        lengths = torch.tensor([len(c) for c in codes])
        return image, torch.tensor(np.concatenate(codes)), lengths


def read_loss(network: nn.Module, batch: Batch, device: torch.device) -> Tensor:
    """CTC over the columns of the upper row, then of the lower."""
    image, targets, lengths = batch
    logits = network(
        image.to(device).float().div(255).contiguous(memory_format=torch.channels_last)
    )
    steps = logits.float().flatten(2).permute(2, 0, 1).log_softmax(-1)
    taken = torch.full((len(image),), steps.shape[0])
    return functional.ctc_loss(steps, targets.to(device), taken, lengths, zero_infinity=True)


if __name__ == "__main__":
    main()
