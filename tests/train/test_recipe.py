"""Recipes: what a training is told is checked before it begins, and a fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tools.train.recipe import RECIPES, ROOT, DetectRecipe, ReadRecipe, load_recipe

DETECT = 'network = "detect"\n[schedule]\nminutes = 5\nrate = 1e-3\nbatch = 4\n'
READ = DETECT.replace("detect", "read")


def written(folder: Path, text: str) -> Path:
    """A recipe's file."""
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "kind"), [(DETECT, DetectRecipe), (READ, ReadRecipe)], ids=["detect", "read"]
)
def test_the_network_says_what_kind_of_recipe_it_is(
    tmp_path: Path, text: str, kind: type[DetectRecipe | ReadRecipe]
) -> None:
    """A recipe without a mix is one with the defaults of its network."""
    assert isinstance(load_recipe(written(tmp_path, text)), kind)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (DETECT + "[mix]\nmozaic = 0.5\n", "mix.mozaic"),
        (DETECT + "[mix]\nspliced = 0.5\n", "mix.spliced"),
        (READ + "[mix]\nmosaic = 0.5\n", "mix.mosaic"),
        (DETECT + "[mix]\nmosaic = 1.1\n", "mix.mosaic"),
        (DETECT + "[mix]\nreplated = -0.1\n", "mix.replated"),
        (DETECT + '[mix]\nstrewn = "much"\n', "mix.strewn"),
        (DETECT + "[mix]\ncorners = 0\n", "mix.corners"),
        (READ + "[mix]\nrendered = 2\n", "mix.rendered"),
        (READ + "[mix]\neasy_until = 1.5\n", "mix.easy_until"),
        (DETECT + "speed = 1\n", "schedule.speed"),
        (DETECT.replace("minutes = 5", "minutes = 0"), "schedule.minutes"),
        (DETECT.replace("rate = 1e-3", "rate = 0.2"), "schedule.rate"),
        (DETECT.replace("batch = 4", "batch = 0"), "schedule.batch"),
        (DETECT.replace("batch = 4\n", ""), "schedule.batch"),
        (DETECT + "threads = 0\n", "schedule.threads"),
        ('network = "detect"\n', "schedule"),
        (DETECT.replace("detect", "guess"), "network"),
        ("pace = 1\n" + DETECT, "pace"),
    ],
)
def test_a_fault_is_refused_by_its_name(tmp_path: Path, text: str, named: str) -> None:
    """An unknown key, a key of the other network, a missing one and a value out of range."""
    with pytest.raises(ValidationError) as told:
        load_recipe(written(tmp_path, text))
    assert named in {".".join(map(str, fault["loc"])) for fault in told.value.errors()}


@pytest.mark.parametrize("network", ["detect", "near", "read"])
def test_the_shipped_recipe_is_for_its_network(network: str) -> None:
    """`tools/train/train NETWORK` finds its recipe, and the model that it starts from."""
    recipe = load_recipe(RECIPES / f"{network}.toml")
    assert recipe.network == network
    assert not recipe.schedule.start or (ROOT / recipe.schedule.start).is_file()


def test_every_shipped_recipe_can_be_loaded() -> None:
    """There is no recipe in the folder that the code has outgrown."""
    found = sorted(RECIPES.glob("*.toml"))
    assert len(found) >= 3
    for path in found:
        load_recipe(path)
