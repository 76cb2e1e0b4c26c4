"""Train one of the two networks: `tools/train/train detect`, as `recipes/detect.toml` says.

A run is a folder: `last.pt` (resumed from when it is there), `curve.csv`, and at the end `best.pt`,
the averaged weights.  The learning rate follows the share of the time that is spent, so a run fits
the time that there is.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from tools.train.batches import Batch, Batches, DetectBatches, ReadBatches
from tools.train.networks import Detector, Reader
from tools.train.recipe import (
    RECIPES,
    ROOT,
    DetectRecipe,
    ReadRecipe,
    Schedule,
    load_recipe,
)

SAVE_EVERY_S = 120.0
AVERAGE = 0.998


def main() -> None:
    """Parse the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=["detect", "near", "read"])
    parser.add_argument("--recipe", type=Path, help="default: recipes/NETWORK.toml")
    parser.add_argument("--out", type=Path, help="the run's folder; default: runs/NETWORK")
    parser.add_argument("--minutes", type=float, help="instead of the recipe's")
    asked = parser.parse_args()
    recipe = load_recipe(asked.recipe or RECIPES / f"{asked.network}.toml")
    if recipe.network != asked.network:
        parser.error(f"{asked.recipe} is a recipe for {recipe.network}, not for {asked.network}")
    if asked.minutes is not None:
        if asked.minutes <= 0:
            parser.error(f"--minutes {asked.minutes}: expected more than 0")
        schedule = recipe.schedule.model_copy(update={"minutes": asked.minutes})
        recipe = recipe.model_copy(update={"schedule": schedule})
    out = asked.out or Path("runs") / asked.network
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.json").write_text(recipe.model_dump_json(indent=2) + "\n", encoding="utf-8")
    torch.set_num_threads(recipe.schedule.threads)
    torch.manual_seed(recipe.schedule.seed)
    cv2.setNumThreads(1)
    build_training(recipe, out).run()


def build_training(recipe: DetectRecipe | ReadRecipe, out: Path) -> Training:
    """The network, its samples and its loss, as the recipe says."""
    if isinstance(recipe, ReadRecipe):
        return Training(Reader(), ReadBatches(recipe), read_loss, recipe.schedule, out)
    loss = partial(detect_loss, place_weight=recipe.mix.corners)
    return Training(Detector(), DetectBatches(recipe), loss, recipe.schedule, out)


class Training:
    """One network, its batches and its loss, until the time is spent.

    Args:
        network: to be trained.
        batches: gives the next batch.
        loss: of the network on a batch.
        schedule: of the recipe.
        out: the run's folder.
    """

    def __init__(
        self,
        network: nn.Module,
        batches: Batches,
        loss: Callable[[nn.Module, Batch, torch.device], Tensor],
        schedule: Schedule,
        out: Path,
    ) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.batches, self.loss, self.schedule, self.out = batches, loss, schedule, out
        if schedule.start and not (out / "last.pt").exists():
            self._start(network)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.frozen = [network.get_submodule(name) for name in schedule.frozen]
        for part in self.frozen:
            part.requires_grad_(False)
        self.average = torch.optim.swa_utils.AveragedModel(
            network,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE),
            use_buffers=True,
        )
        trained = [p for p in network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(trained, schedule.rate, weight_decay=0.02)
        self.spent, self.steps, self.recent = 0.0, 0, 0.0

    def _start(self, network: nn.Module) -> None:
        from tools.train.start import start_from  # noqa: PLC0415  # needs the TFLite runtime, training does not

        examples = torch.cat([self.batches(1.0)[0] for _ in range(4)]).float().div(255)
        fresh = start_from(network, ROOT / self.schedule.start, examples)
        print(f"begun from {self.schedule.start}, {fresh} convolutions anew")

    def run(self) -> None:
        """Train to the end of the time; Ctrl-C saves and stops."""
        self._resume()
        budget = self.schedule.minutes * 60
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
            fade = 0.5 + 0.5 * math.cos(math.pi * share)
            group["lr"] = self.schedule.rate * warm * fade + 1e-5
        self.network.train()
        for part in self.frozen:
            part.eval()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.schedule.mixed):
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
        path = self.out / "last.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.spent, self.steps, self.recent = state["spent"], state["steps"], state["recent"]
        self.batches.go_on(self.steps)

    def _save(self) -> None:
        """Checkpoint, averaged weights, a point of the curve; a torn write replaces no file."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "spent": self.spent,
            "steps": self.steps,
            "recent": self.recent,
        }
        for name, value in (("last.pt", state), ("best.pt", self.average.module.state_dict())):
            torch.save(value, self.out / f"{name}.new")
            (self.out / f"{name}.new").replace(self.out / name)
        with (self.out / "curve.csv").open("a", newline="") as file:
            csv.writer(file).writerow([round(self.spent), self.steps, round(self.recent, 5)])


def detect_loss(
    network: nn.Module, batch: Batch, device: torch.device, place_weight: float = 2.0
) -> Tensor:
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
    return focal + place_weight * place


def _extents(codes: Tensor) -> Tensor:
    """Left, right, top and bottom of the corners; asinh is monotonic, so codes may be compared."""
    x, y = codes[..., 0::2], codes[..., 1::2]
    return torch.stack([x.amin(-1), x.amax(-1), y.amin(-1), y.amax(-1)], -1)


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
