"""What the shipped detector's first look takes for a plate and is none, in the train photographs.

The second look is asked about little else than plates and these.
"""

from __future__ import annotations

from collections.abc import Sequence

from tqdm import tqdm

from appliance.domain import Box
from appliance.recognize.detect import Detector
from appliance.recognize.model import LiteModel
from tools.train.labels import Photograph
from tools.train.recipe import ROOT
from tools.train.samples_detect import Decoy, cached_load
from tools.train.scoring import box_of

LEAST = 0.1
"""Score of a first look; the unit asks for a second look from about 0.26 on."""
APART = 0.05
"""Overlap with a plate, or with a place that nobody is sure of, below which a box is a decoy."""


def find_decoys(photographs: Sequence[Photograph]) -> list[Decoy]:
    """Every false detection of the first look in the photographs."""
    detector = Detector(LiteModel(ROOT / "models" / "detect.toml", threads=1), LEAST)
    return [
        Decoy(photograph, (box.x1, box.y1, box.x2, box.y2))
        for photograph in tqdm(photographs, desc="decoys")
        for box in (found.box for found in detector.detect(cached_load(photograph.path)))
        if not _is_known(photograph, box)
    ]


def _is_known(photograph: Photograph, box: Box) -> bool:
    known = [box_of(plate) for plate in photograph.plates]
    known += [Box(*place) for place in photograph.unsure]
    return any(box.overlap(other) > APART for other in known)
