"""What the lane sees with, as it is configured: the two models, the tracker, the zones.

The rule to know: a track is told early with no less than the policy asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from appliance.access import Rule
from appliance.aiming import Aiming
from appliance.config import Config
from appliance.exposure import longest_exposure_s
from appliance.places import corners_of
from appliance.recognize import sharpness
from appliance.recognize.detect import Detector, one_look
from appliance.recognize.model import LiteModel, read_manifest
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Recognizer, Took, unheard
from appliance.recognize.regions import load_regions
from appliance.resolve.judge import Terms
from appliance.resolve.story import Tell, untold
from appliance.resolve.tracker import Tracker
from appliance.resolve.zones import Line, Zones

AGAIN_S = 30.0
"""Seconds after a passage in which the same plate is no other vehicle: who was hidden for a moment
must not open the gate twice."""
SURE_READS, SURE_CONFIDENCE = 4, 0.9
"""Agreeing reads and confidence from which a vehicle is told while it is still in sight."""


def build_detector(config: Config) -> Detector:
    """The plate detector, at every input size that there is; ModelError names a wrong file."""
    recognition = config.recognition
    model = LiteModel(recognition.models / "detect.toml", recognition.threads)
    others = sorted(recognition.models.glob("detect-*.toml"))
    copies = [LiteModel(path, recognition.threads) for path in others]
    return Detector(model, one_look(recognition.least_detection), copies)


def build_reader(config: Config) -> Reader:
    """The plate reader; ModelError or ConfigurationError name a wrong file or home region."""
    recognition = config.recognition
    model = LiteModel(recognition.models / "read.toml", recognition.threads)
    regions = load_regions(recognition.models / "regions")
    regions.require(recognition.regions)
    return Reader(model, model.manifest.characters, regions, recognition.regions)


def build_recognizer(config: Config, took: Took = unheard) -> Recognizer:
    """Detector and reader together; `took` hears how long each takes."""
    least = config.recognition.least_detection
    return Recognizer(build_detector(config), build_reader(config), least, took)


def build_tracker(config: Config, tell: Tell = untold) -> Tracker:
    """A tracker with nothing in sight; `tell` hears the story of every track that ends."""
    lane = config.lane
    terms = Terms(
        lane.gone_s,
        lane.least_reads,
        lane.least_confidence,
        least_sharpness=sharpness.LEAST,
        again_s=AGAIN_S,
    )
    return Tracker(_sure(terms, config.policy), build_zones(config), tell, config.speed.road)


def build_aiming(config: Config) -> Aiming:
    """Who watches how the camera is aimed; the exposure is of interest where a camera tells it."""
    camera = config.camera
    return Aiming(longest_exposure_s(camera.speed_kmh) if camera.is_csi else None)


def build_zones(config: Config) -> Zones:
    """Where plates count, and the line that is counted at."""
    ends = config.lane.counting_line
    line = Line(*ends) if ends else None
    return Zones(corners_of(config.zone, "watch"), corners_of(config.zone, "ignore"), line)


def _sure(terms: Terms, policy: Sequence[Rule]) -> Terms:
    """A track is settled early with what each rule that opens asks for, and never with less."""
    opening = [rule for rule in policy if rule.action == "open"]
    return replace(
        terms,
        sure_reads=max([SURE_READS, *(rule.least_reads for rule in opening)]),
        sure_confidence=max([SURE_CONFIDENCE, *(rule.least_confidence for rule in opening)]),
        sure_agreement=max([0.0, *(rule.least_agreement for rule in opening)]),
        sure_direction=True,
    )


def model_pair(config: Config) -> str:
    """The names of the two models, detector first, as they stand in the payload."""
    return "/".join(
        read_manifest(config.recognition.models / f"{network}.toml").name
        for network in ("detect", "read")
    )
