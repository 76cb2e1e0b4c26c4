"""A training: stopped and gone on with, its losses, and what is left beside the models.

`tools/test --torch tests/train` runs all of these; without PyTorch those of the record only.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from appliance.recognize.detect import encode_corners
from tests.recognize.conftest import drawn_plate
from tools.train.alphabet import encode_text
from tools.train.recipe import RECIPES, Schedule, load_recipe
from tools.train.record import write_record

torch: Any
try:
    import torch
except ImportError:
    torch = None
else:
    from tools.train import labels, train
    from tools.train.networks import Detector, Reader

needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is missing: tools/test --torch")
CPU = "cpu"


class Ending:
    """Batches of four numbers that stop the training, as Ctrl-C does, after so many."""

    def __init__(self, count: int) -> None:
        """So many batches are given."""
        self._left = count
        self.shares: list[float] = []
        self.gone_on_from: list[int] = []

    def __call__(self, share: float) -> tuple[Any, ...]:
        """The next batch."""
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        self.shares.append(share)
        return (torch.rand(4, 3),)

    def go_on(self, steps: int) -> None:
        """Keeps the step from which it was told to go on."""
        self.gone_on_from.append(steps)


def network() -> Any:  # noqa: ANN401  # torch may be missing
    """Two layers, the first with statistics of its own."""
    torch.manual_seed(3)
    first = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5))
    return torch.nn.Sequential(first, torch.nn.Linear(5, 1))


def training(out: Path, steps: int, **schedule: Any) -> Any:  # noqa: ANN401  # torch may be missing
    """A training of `steps` steps to come."""
    told = Schedule.model_validate({"minutes": 60, "rate": 0.01, "batch": 4, **schedule})

    def loss(some: Callable[[Any], Any], batch: tuple[Any, ...], _device: object) -> Any:  # noqa: ANN401
        return (some(batch[0]) ** 2).mean()

    return train.Training(network(), Ending(steps), loss, told, out)


def rows(out: Path) -> list[list[str]]:
    """The curve."""
    with (out / "curve.csv").open(newline="") as file:
        return list(csv.reader(file))


@needs_torch
def test_a_stopped_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Steps, time, loss, weights, average and the optimizer's memory are the checkpoint's."""
    first = training(tmp_path, 2)
    first.run()
    assert first.steps == 2
    second = training(tmp_path, 0)
    second._resume()
    assert (second.steps, second.spent, second.recent) == (2, first.spent, first.recent)
    for name in ("network", "average"):
        kept, found = getattr(first, name).state_dict(), getattr(second, name).state_dict()
        assert all(torch.equal(kept[key], found[key]) for key in kept), name
    moments = [list(t.optimizer.state_dict()["state"].values()) for t in (first, second)]
    assert moments[0]
    for kept, found in zip(*moments, strict=True):
        assert torch.equal(kept["exp_avg"], found["exp_avg"])
    third = training(tmp_path, 2)
    third.run()
    assert third.steps == 4
    assert [row[1] for row in rows(tmp_path)] == ["2", "4"]


@needs_torch
def test_a_step_changes_the_weights(tmp_path: Path) -> None:
    """A training that trains nothing would pass the tests of resuming."""
    before = {key: value.clone() for key, value in network().state_dict().items()}
    begun = training(tmp_path, 2)
    begun.run()
    changed = begun.network.state_dict()
    assert not any(torch.equal(before[key], changed[key]) for key in before)


@needs_torch
def test_a_frozen_part_keeps_its_weights_and_its_statistics(tmp_path: Path) -> None:
    """What is frozen neither learns nor moves its averages; the rest does."""
    before = {key: value.clone() for key, value in network().state_dict().items()}
    begun = training(tmp_path, 2, frozen=("0",))
    begun.run()
    after = begun.network.state_dict()
    kept = {key for key in before if torch.equal(before[key], after[key])}
    assert kept == {key for key in before if key.startswith("0.")}


@needs_torch
def test_a_resumed_training_draws_other_samples(tmp_path: Path) -> None:
    """The batches are told from which step to go on; a new training tells them nothing."""
    begun = training(tmp_path, 2)
    begun.run()
    assert begun.batches.gone_on_from == []
    again = training(tmp_path, 1)
    again.run()
    assert again.batches.gone_on_from == [2]


@needs_torch
def test_a_training_ends_with_its_time(tmp_path: Path) -> None:
    """When the time is spent nothing more is drawn, and `best.pt` is the average."""
    begun = training(tmp_path, 10_000, minutes=0.002)
    begun.run()
    assert begun.spent >= 0.12
    assert 0 < begun.steps < 10_000
    shares = begun.batches.shares
    assert shares == sorted(shares), "the share goes up"
    assert 0 == shares[0] <= shares[-1] <= 1
    best = torch.load(tmp_path / "best.pt")
    average = begun.average.module.state_dict()
    assert all(torch.equal(best[key], average[key]) for key in average)
    again = training(tmp_path, 10_000, minutes=0.002)
    again.run()
    assert again.steps == begun.steps


@needs_torch
def test_the_first_steps_are_small(tmp_path: Path) -> None:
    """The rate rises over 200 steps, so that the first batches do not throw the start away."""
    begun = training(tmp_path, 3, rate=0.01)
    for _ in range(3):
        begun._step(3600.0)
    assert begun.optimizer.param_groups[0]["lr"] == pytest.approx(3 / 200 * 0.01 + 1e-5, rel=1e-3)


def plate_targets(shift: float = 0.0) -> tuple[Any, ...]:
    """A batch of one picture with a plate, as the detector's loss takes it."""
    grid = np.zeros((1, 40, 40), np.float32)
    heat, strength, weight = grid.copy(), grid.copy(), grid + 1
    heat[0, 10, 20] = strength[0, 10, 20] = 1
    quad = np.array([[130, 74], [190, 74], [190, 94], [130, 94]], np.float32) + shift
    corners = np.zeros((1, 8, 40, 40), np.float32)
    corners[0, :, 10, 20] = encode_corners(quad, np.array([[20, 10]]))[:, 0]
    image = np.zeros((1, 3, 320, 320), np.uint8)
    parts = (image, heat, weight, corners, strength, grid < 1)
    return tuple(torch.from_numpy(part) for part in parts)


def saying(batch: tuple[Any, ...], hit: float = 9.0, rest: float = -9.0) -> Any:  # noqa: ANN401
    """A detector that says the truth of `batch`, with these logits."""
    logits = torch.where(batch[1] == 1, hit, rest)[:, None]
    return lambda _image: (logits, batch[3].clone())


def detect_loss(said: Any, batch: tuple[Any, ...]) -> float:  # noqa: ANN401  # torch may be missing
    """The detector's loss."""
    return float(train.detect_loss(said, batch, torch.device(CPU)))


@needs_torch
def test_the_truth_costs_the_detector_nothing() -> None:
    """And a plate missed, a plate invented and a corner moved each cost something."""
    batch = plate_targets()
    assert detect_loss(saying(batch), batch) < 0.001
    assert detect_loss(saying(batch, hit=-3.0), batch) > 1
    assert detect_loss(saying(batch, rest=1.0), batch) > 1
    assert detect_loss(saying(plate_targets(8.0)), batch) > 0.1


@needs_torch
def test_what_has_no_weight_costs_nothing() -> None:
    """A plate seen in a masked place is neither right nor wrong."""
    batch = plate_targets()
    masked = list(batch)
    masked[1], masked[2] = batch[1] * 0, batch[2].clone()
    masked[2][0, 10, 20] = 0
    masked[4] = batch[4] * 0
    assert detect_loss(saying(batch), tuple(masked)) < 0.001
    masked[2][0, 10, 20] = 1
    assert detect_loss(saying(batch), tuple(masked)) > 1


@needs_torch
def test_of_a_box_only_the_extents_are_asked_for() -> None:
    """Where the corners are unknown a tilted plate in the same box costs nothing."""
    batch = plate_targets()
    tilted = [part.clone() for part in batch]
    quad = np.array([[130, 78], [188, 74], [190, 90], [132, 94]], np.float32)
    codes = encode_corners(quad, np.array([[20, 10]]))[:, 0]
    tilted[3][0, :, 10, 20] = torch.from_numpy(codes)
    said = saying(tuple(tilted))
    assert detect_loss(said, batch) > 0.02
    boxed = (*batch[:5], batch[5] & False)
    assert detect_loss(said, boxed) < 0.001


def columns(*lines: str) -> Any:  # noqa: ANN401  # torch may be missing
    """A reader that says these lines, one character every fourth column."""
    logits = torch.zeros(1, 37, 2, 40)
    logits[:, 0] = 12.0
    for row, line in enumerate(lines):
        for place, code in enumerate(encode_text(line)):
            logits[0, code, row, 2 + 4 * place] = 24.0
    return lambda _image: logits


def read_loss(said: Any, text: str) -> float:  # noqa: ANN401  # torch may be missing
    """The reader's loss where the plate shows `text`."""
    codes = torch.tensor(encode_text(text))
    batch = (torch.zeros(1, 1, 48, 160, dtype=torch.uint8), codes, torch.tensor([len(codes)]))
    return float(train.read_loss(said, batch, torch.device(CPU)))


@needs_torch
def test_a_text_is_read_from_either_row_or_from_both() -> None:
    """The upper row is spoken before the lower: a two-line plate is one text."""
    for lines in (("AB12CD",), ("", "AB12CD"), ("AB1", "2CD")):
        assert read_loss(columns(*lines), "AB12CD") < 0.01, lines
    assert read_loss(columns("2CD", "AB1"), "AB12CD") > 1
    assert read_loss(columns("AB12CE"), "AB12CD") > 1


@needs_torch
@pytest.mark.parametrize("name", ["detect", "near", "read"])
def test_the_shipped_recipe_freezes_what_there_is(name: str) -> None:
    """Each part that is not to be trained is a part of the network."""
    some = Reader() if name == "read" else Detector()
    for part in load_recipe(RECIPES / f"{name}.toml").schedule.frozen:
        assert list(some.get_submodule(part).parameters()), part


@needs_torch
def test_a_recipe_of_the_other_network_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`train detect --recipe read.toml` stops before it makes a folder, and says why."""
    out = tmp_path / "run"
    told = ["train", "detect", "--recipe", str(RECIPES / "read.toml"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", told)
    with pytest.raises(SystemExit):
        train.main()
    assert "is a recipe for read, not for detect" in capsys.readouterr().err
    assert not out.exists()


@needs_torch
@pytest.mark.parametrize("name", ["detect", "near", "read"])
def test_the_command_trains_and_leaves_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Two drawn pictures and a second: a checkpoint, weights, a curve and the recipe are left."""
    picture = np.full((300, 400, 3), 90, np.uint8)
    picture[120:164, 60:260] = drawn_plate("AB12CD")
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    cv2.imwrite(str(tmp_path / "eu_1.png"), drawn_plate("AB12CD"))
    plate = labels.LabelledPlate((60.0, 120.0, 260.0, 164.0), None, None)
    origin = ("drawn here", "Apache-2.0", "eu")
    monkeypatch.setattr(
        labels,
        "photographs",
        lambda *_: [labels.Photograph(tmp_path / "a.png", *origin, (plate,))],
    )
    monkeypatch.setattr(
        labels, "crops", lambda _: [labels.PlateCrop(tmp_path / "eu_1.png", *origin, "AB12CD", 1)]
    )
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'network = "{name}"\n[schedule]\nminutes = 9\nrate = 1e-3\nbatch = 2\nthreads = 1\n'
    )
    out = tmp_path / "run"
    told = ["train", name, "--recipe", str(recipe), "--out", str(out), "--minutes", "0.01"]
    monkeypatch.setattr(sys, "argv", told)
    train.main()
    assert sorted(p.name for p in out.iterdir()) == [
        "best.pt", "curve.csv", "last.pt", "recipe.json"
    ]  # fmt: skip
    assert json.loads((out / "recipe.json").read_text())["schedule"]["minutes"] == 0.01
    (Reader() if name == "read" else Detector()).load_state_dict(torch.load(out / "best.pt"))
    ((_, steps, loss),) = rows(out)
    assert int(steps) > 0
    assert float(loss) > 0


def test_the_record_says_how_a_run_ended(tmp_path: Path) -> None:
    """The recipe, and the last point of the curve: seconds, steps, loss; with a picture of it."""
    run, records = tmp_path / "run", tmp_path / "models" / "records"
    run.mkdir()
    (run / "recipe.json").write_text('{"network": "read", "schedule": {"seed": 11}}')
    (run / "curve.csv").write_text("120,50,3.5\n240,100,0.75\n")
    path = write_record(run, records, "read-9")
    assert path == records / "read-9.json"
    assert json.loads(path.read_text()) == {
        "network": "read",
        "schedule": {"seed": 11},
        "seconds": 240.0,
        "steps": 100,
        "last_loss": 0.75,
    }
    picture = cv2.imread(str(records / "read-9.png"))
    assert picture is not None
    assert picture.min() < 100, "a line is drawn"


def test_a_run_without_a_curve_leaves_no_record(tmp_path: Path) -> None:
    """A run that was never saved is told by its missing file; nothing half-made stays."""
    with pytest.raises(FileNotFoundError, match=r"curve\.csv"):
        write_record(tmp_path, tmp_path / "records", "read-9")
    assert not (tmp_path / "records").exists()
