"""The table that issue 3 sets: measure, goal, figure.  Every figure comes from `measures`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.train.measures import FALSE_GOAL, Figure, Share

Figures = Mapping[str, Figure]
BENCH = Path("out/bench/bench.json")


@dataclass(frozen=True, slots=True)
class Measure:
    """One line: its words, how its figure is written, and what it must reach.

    Attributes:
        key: of the figure in `measures.figures`.
        form: a format of `format`.
        goal: None where none is set.
        more_is_better: the goal is a floor; else it is a ceiling.
        by_mended: the mended labels decide whether the goal is met, else those that came.
    """

    key: str
    words: str
    form: str
    goal: float | None = None
    more_is_better: bool = True
    by_mended: bool = False

    def is_met(self, value: float) -> bool:
        """Whether a value reaches the goal; True where none is set."""
        if self.goal is None:
            return True
        return value >= self.goal if self.more_is_better else value <= self.goal

    def told(self, figure: Figure) -> str:
        """The figure with its note."""
        value = format(figure.value, self.form)
        return f"{value} ({figure.note})" if figure.note else value


MEASURES = (
    Measure("detect_recall", "`detect` valid: recall at IoU 0.5", ".3f", 0.98),
    Measure("detect_false", "`detect` valid: false plates a picture", ".3f", FALSE_GOAL,
            more_is_better=False, by_mended=True),
    Measure("corners", "corners: mean distance over plate width", ".1%", 0.03,
            more_is_better=False),
    Measure("read_exact", "`read` valid: exactly right", ".1%", 0.97),
    Measure("read_worst_region", "`read` valid: exactly right, worst region", ".1%", 0.94),
    Measure("scenes_exact", "`scenes`: best plate exactly right, end to end", ".1%", 0.95),
    Measure("clip_right", "`toll_gate.mp4`: passages right, in order", ".0f", 3),
    Measure("clip_false", "`toll_gate.mp4`: other passages", ".0f", 0, more_is_better=False),
    Measure("read_ece", "calibration error of the whole read", ".1%", 0.02, more_is_better=False),
)  # fmt: skip
EXTRAS = (
    Measure("detect_recall_at_goal", f"recall with {FALSE_GOAL} false plates a picture", ".3f"),
    Measure("corners_worst_tenth", "corners: a tenth of the plates are worse than", ".1%",
            more_is_better=False),
    Measure("character_ece", "calibration error of a character", ".1%", more_is_better=False),
)  # fmt: skip


def goals_table(names: Sequence[str], raw: Figures, mended: Figures) -> str:
    """Measure, goal and both figures as Markdown, the figure that decides in bold."""
    rows = [_row(measure, raw, mended) for measure in (*MEASURES, *EXTRAS)]
    return markdown(
        [" + ".join(names), "goal", "labels as they came", "labels mended", "met"], rows
    )


def cost_row(names: Sequence[str], path: Path = BENCH) -> str:
    """What `tools/bench` measured of the last goal with these models, or how to measure it."""
    words = "| cost of a 720p picture with one plate, against the favourite's shapes | <= 1/3 |"
    measured = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"models": ""}
    if measured["models"] != "/".join(names):
        return f"{words} run tools/bench | | |\n"
    ratio = float(measured["ratio"])
    met = "yes" if ratio <= 1 / 3 else "no"
    return f"{words} **{ratio:.3f}** (measured by tools/bench) | | {met} |\n"


def shares_table(title: str, shares: Sequence[Share]) -> str:
    """A breakdown as Markdown."""
    rows = [[s.name, f"{s.right} of {s.count}", f"{s.value:.1%}"] for s in shares]
    return markdown([title, "right", "share"], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(measure: Measure, raw: Figures, mended: Figures) -> list[str]:
    came, better = raw[measure.key], mended[measure.key]
    told = [measure.told(came), measure.told(better)]
    if measure.goal is None:
        return [measure.words, "", *told, ""]
    told[measure.by_mended] = f"**{told[measure.by_mended]}**"
    sign = ">=" if measure.more_is_better else "<="
    goal = f"{sign} {format(measure.goal, measure.form)}"
    decides = better if measure.by_mended else came
    return [measure.words, goal, *told, "yes" if measure.is_met(decides.value) else "no"]
