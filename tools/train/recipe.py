"""What a training run is told: the files in `recipes`, checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES = Path(__file__).with_name("recipes")
ROOT = Path(__file__).resolve().parents[2]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Part):
    """How long and how fast.

    Attributes:
        minutes: of this processor; the learning rate follows the share that is spent.
        rate: the highest learning rate of AdamW.
        batch: samples a step.
        threads: of PyTorch.
        seed: of the samples and of the first weights.
        mixed: convolutions in bfloat16 where the processor gains by it.
        start: a model file to begin from, relative to the repository; empty for random weights.
        frozen: children of the network that are not trained, such as "stem".
    """

    minutes: float = Field(gt=0)
    rate: float = Field(gt=0, le=0.1)
    batch: int = Field(ge=1)
    threads: int = Field(default=2, ge=1)
    seed: int = 1
    mixed: bool = False
    start: str = ""
    frozen: tuple[str, ...] = ()


class DetectMix(_Part):
    """Shares of what the detector's samples are made of.

    Attributes:
        mosaic: samples of four small views.
        replated: photographs whose plates are covered by rendered ones, with known corners.
        strewn: views into which things that are no plates are set.
        near: second looks: at one plate, or at what a first look takes for one.
        corners: weight of the corners' loss beside the scores'.
    """

    mosaic: Share = 0.35
    replated: Share = 0.4
    strewn: Share = 0.0
    near: Share = 0.0
    corners: float = Field(default=2.0, gt=0)


class ReadMix(_Part):
    """Shares of what the reader's samples are made of.

    Attributes:
        rendered: rendered plates; the rest are real crops.
        spliced: of the real crops, those that are put together of two.
        degraded: of the real crops, those that are made worse.
        easy_until: share of the time after which the samples have reached their full hardness.
    """

    rendered: Share = 0.4
    spliced: Share = 0.0
    degraded: Share = 0.5
    easy_until: Share = 0.25


class DetectRecipe(_Part):
    """A training of the detector: of its first look, or of the second, which looks near."""

    network: Literal["detect", "near"]
    schedule: Schedule
    mix: DetectMix = DetectMix()


class ReadRecipe(_Part):
    """A training of the reader."""

    network: Literal["read"]
    schedule: Schedule
    mix: ReadMix = ReadMix()


def load_recipe(path: Path) -> DetectRecipe | ReadRecipe:
    """The recipe at `path`; pydantic's ValidationError names what is wrong in it."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    kind = ReadRecipe if told.get("network") == "read" else DetectRecipe
    return kind.model_validate(told)
