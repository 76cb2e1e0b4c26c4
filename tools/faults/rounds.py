"""A round: a site, a number of faults of one theme, and the verdict."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.faults.judge import Verdict, judge
from tools.faults.kinds import KINDS, strike
from tools.faults.site import opened

MIXED = "mixed"
THEMES = (*KINDS, MIXED, MIXED)
EACH = 20  # faults of a round; a unit killed during one is one more
ALL_WELL = ("recorded", "live", "pulses", "repeated")
"""What a verdict counts that is no fault of the unit's."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round was, and what it gave.

    Attributes:
        number: from 0.
        theme: the kind of its faults, or MIXED.
        faults: how many there were of each kind.
        exits: codes with which the unit ended unasked.
        verdict: what the judge found.
    """

    number: int
    theme: str
    faults: dict[str, int]
    exits: list[int]
    verdict: Verdict

    @property
    def faulty(self) -> dict[str, int]:
        """What ought to be 0 and is not."""
        found = asdict(self.verdict)
        return {name: count for name, count in found.items() if count and name not in ALL_WELL}

    @property
    def line(self) -> dict[str, Any]:
        """For the record."""
        return asdict(self)


def from_line(line: dict[str, Any]) -> Round:
    """A Round as the record has it."""
    return Round(**{**line, "verdict": Verdict(**line["verdict"])})


def drawn(number: int, seed: str) -> tuple[str, list[str]]:
    """The theme of a round and its faults."""
    chance = random.Random(f"{seed}/{number}/kinds")  # noqa: S311  # a game that can be played again
    theme = THEMES[number % len(THEMES)]
    return theme, [chance.choice(list(KINDS)) if theme == MIXED else theme for _ in range(EACH)]


def play(
    number: int, theme: str, kinds: Sequence[str], seed: str, out: Path | None = None
) -> Round:
    """One round of these faults; what a faulty one has left is copied into `out`."""
    with opened(f"{seed}/{number}") as site:
        faults: Counter[str] = strike(site, kinds)
        emptied = site.settle()
        site.life.close()
        verdict = judge(site, emptied)
        done = Round(number, theme, dict(faults), site.life.ends, verdict)
        if done.faulty and out is not None:
            _keep(site.folder, out / f"round-{number}")
            heard = (f"{h.at:.3f} {h.again:d} {h.topic} {h.payload}\n" for h in site.ear.heard)
            (out / f"round-{number}" / "heard.txt").write_text("".join(heard), encoding="utf-8")
    return done


def _keep(folder: Path, kept: Path) -> None:
    """What a person looks at: journals, logs, pins, the database; no sockets, no ballast."""
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(
        folder, kept, ignore=shutil.ignore_patterns("ballast", "mosquitto.log", "copy*")
    )
