"""How many vehicles of the simulated lanes give exactly one passage, and the right one."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from statistics import median

from appliance.domain import Settled
from appliance.resolve.judge import Terms
from appliance.resolve.story import Story
from appliance.resolve.tracker import Tracker
from tests.resolve.lanes import SIZE, Lane, load, pictures, right_share

TERMS = Terms(
    gone_s=1.5, least_reads=3, least_confidence=0.6, again_s=5.0, sure_reads=3, sure_confidence=0.9
)
SEEDS = range(2)


@dataclass(frozen=True)
class Score:
    """The result of one lane, or of several together.

    Attributes:
        vehicles: that drove by.
        right: of them, with exactly one passage and its text right.
        wrong: with one passage and another text.
        missed: without a passage.
        twice: with more than one.
        ghosts: passages of no vehicle.
        early: vehicles that were told early, and those of which another text than theirs was.
        early_wrong: the latter.
        renamed: records that say that the early text was another.
    """

    vehicles: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    twice: int = 0
    ghosts: int = 0
    early: int = 0
    early_wrong: int = 0
    renamed: int = 0

    def __add__(self, other: Score) -> Score:
        """Both together."""
        names = [one.name for one in fields(self)]
        return Score(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class Played:
    """A lane with what the tracker made of it.

    Attributes:
        score: of the lane.
        read_right: share of single sightings that were read right.
        lead_s: median of the seconds by which the early settling was ahead of the record's end.
        stories: of all tracks.
    """

    score: Score
    read_right: float
    lead_s: float
    stories: list[Story]


def play(lane: Lane, seed: int, terms: Terms = TERMS) -> Played:
    """What the tracker makes of a lane."""
    shown = pictures(lane, seed)
    stories: list[Story] = []
    tracker = Tracker(terms, tell=stories.append)
    settled: list[Settled] = []
    owner: dict[tuple[int, object], int | None] = {}
    for picture in shown:
        sightings = [sighting for sighting, _ in picture.seen]
        owner |= {(s.frame, s.detection.box): v for s, v in picture.seen}
        settled += tracker.update(picture.at, SIZE, sightings, picture.cut)
    settled += tracker.flush()
    records = [s for s in settled if not s.early]
    early = [s for s in settled if s.early]
    score = _scored(lane, records, early, [owner[s.best_frame, s.box] for s in records])
    ends = {s.track: s.last_at + terms.gone_s for s in records}
    leads = [ends[s.track] - s.last_at for s in early]
    return Played(score, right_share(lane, shown), median(leads) if leads else 0.0, stories)


def _scored(
    lane: Lane, records: list[Settled], early: list[Settled], owners: list[int | None]
) -> Score:
    truth = {r.track: o for r, o in zip(records, owners, strict=True)}
    score = Score(vehicles=len(lane.vehicles), ghosts=owners.count(None), early=len(early))
    for number, vehicle in enumerate(lane.vehicles):
        texts = [r.read.text for r, o in zip(records, owners, strict=True) if o == number]
        one = len(texts) == 1
        score += Score(
            right=one and texts[0] == vehicle.text,
            wrong=one and texts[0] != vehicle.text,
            missed=not texts,
            twice=len(texts) > 1,
        )
    told = [(s.read.text, truth[s.track]) for s in early]
    mistaken = sum(o is None or text != lane.vehicles[o].text for text, o in told)
    return score + Score(early_wrong=mistaken, renamed=sum(r.early_text_differs for r in records))


def main() -> None:
    """Print the table; an argument is the number of seeds."""
    seeds = range(int(sys.argv[1])) if len(sys.argv) > 1 else SEEDS
    _say(f"{'lane':<44} fps  read  vehicles right wrong missed twice ghosts  early wrong lead s")
    whole = Score()
    for lane in load():
        played = [play(lane, seed) for seed in seeds]
        score = sum((one.score for one in played), Score())
        whole += score
        share = sum(one.read_right for one in played) / len(played)
        lead = median(one.lead_s for one in played)
        _say(_row(f"{lane.name:<44} {lane.rate:>3.0f} {share:>5.0%}", score, f"{lead:>6.1f}"))
    _say(_row(f"{f'all, {len(seeds)} seeds':<44} {'':>3} {'':>5}", whole, ""))
    _say(f"exactly one passage with the right text: {whole.right / whole.vehicles:.2%}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _row(head: str, score: Score, tail: str) -> str:
    return (
        f"{head} {score.vehicles:>9} {score.right:>5} {score.wrong:>5} {score.missed:>6}"
        f" {score.twice:>5} {score.ghosts:>6} {score.early:>6} {score.early_wrong:>5} {tail}"
    )
