"""What is better and what is worse between two pairs of models, and by how much chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.train.judged import (
    FAR,
    PLATE,
    detected,
    examined,
    found,
    judged,
    labelled,
    photograph,
    read,
)
from tools.train import cases, compare
from tools.train.compare import Change, all_changes, changed, changed_cells, changes_table
from tools.train.measures import Figure
from tools.train.scoring import Looks
from tools.train.table import EXTRAS, MEASURES


def change(fixed: int, broken: int) -> Change:
    """So many pictures fixed and broken."""
    return Change("read", 100, (Path("a"),) * fixed, (Path("b"),) * broken)


@pytest.mark.parametrize(
    ("fixed", "broken", "chance"),
    [(0, 0, 1.0), (5, 5, 1.0), (1, 0, 1.0), (6, 0, 0.03125), (0, 6, 0.03125), (9, 1, 0.021484375)],
)
def test_the_chance_is_that_of_a_fair_coin(fixed: int, broken: int, chance: float) -> None:
    """Two-sided, exact: 9 heads or more, or as many tails, of 10 throws are 22 of 1024."""
    assert change(fixed, broken).chance == pytest.approx(chance)


def test_a_large_sample_does_not_overflow() -> None:
    """1200 changed pictures."""
    assert 0 <= change(500, 700).chance < 1e-7


def test_fixed_and_broken_are_told_by_picture() -> None:
    """What both get right or wrong is neither."""
    one, two, three, four = (Path(name) for name in "1234")
    a = {one: True, two: False, three: True, four: False}
    b = {one: True, two: True, three: False, four: False}
    assert changed("read", a, b) == Change("read", 4, (two,), (three,))


def test_every_set_is_compared_and_a_photograph_must_be_clean() -> None:
    """All plates found, nothing false: B finds the plate and invents another."""
    labels, other = photograph(labelled(PLATE)), photograph(labelled(FAR), name="two")
    a = judged(detected(labels), detected(other, found(FAR)),
               reads=(read("A1", "A"), read("B1", "B1", set_name="br")))  # fmt: skip
    b = judged(detected(labels, found(PLATE)), detected(other, found(FAR), found(PLATE)),
               reads=(read("A1", "A1"), read("B1", "B1", set_name="br")))  # fmt: skip
    told = {c.set_name: (c.count, len(c.fixed), len(c.broken)) for c in all_changes(a, b)}
    assert told == {"detect": (2, 1, 1), "read": (2, 1, 0), "read, br": (1, 0, 0),
                    "read, eu1": (1, 1, 0), "scenes": (0, 0, 0)}  # fmt: skip


def test_better_is_told_by_what_a_measure_wants() -> None:
    """More recall and fewer false plates are both better."""
    a = {m.key: Figure(0.5) for m in (*MEASURES, *EXTRAS)}
    b = {**a, "detect_recall": Figure(0.6), "detect_false": Figure(0.6), "read_ece": Figure(0.4)}
    table = compare.figures_table(["A", "B"], "labels", a, b).splitlines()
    said = {line.split("|")[1].strip(): line.split("|")[4:6] for line in table[2:]}
    assert said["`detect` valid: recall at IoU 0.5"] == [" +0.100 ", " better "]
    assert said["`detect` valid: false plates a picture"] == [" +0.100 ", " worse "]
    assert said["calibration error of the whole read"] == [" -10.0% ", " better "]
    assert said["`read` valid: exactly right"] == [" 0 ", "  "]


@pytest.mark.parametrize(
    ("b", "told"),
    [
        ({"detect_recall": 0.49, "read_ece": 0.512}, "calibration error of the whole read: 1.2 "),
        ({"detect_recall": 0.48, "read_ece": 0.512}, "`detect` valid: recall at IoU 0.5: 2.0 "),
        ({"detect_recall": 0.51, "detect_false": 0.4}, "nowhere"),
        ({"clip_right": 0.0}, "nowhere"),
    ],
    ids=["ceiling", "floor", "better", "counts are not shares"],
)
def test_the_largest_loss_is_told_in_points(b: dict[str, float], told: str) -> None:
    """A ceiling that rises is a loss like a floor that sinks."""
    a = {m.key: Figure(0.5) for m in MEASURES}
    assert told in compare.largest_loss(a, {**a, **{k: Figure(v) for k, v in b.items()}})


def test_the_table_of_changes_has_a_line_a_set() -> None:
    """With the chance."""
    assert "| read | 100 | 9 | 1 | 0.021 |" in changes_table([change(9, 1)])


def test_a_changed_picture_has_both_reads_in_its_caption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of crops, scenes and photographs alike."""
    captions: list[list[str]] = []
    grey = np.full((400, 600, 3), 90, np.uint8)
    monkeypatch.setattr(compare, "load", lambda _: grey)
    monkeypatch.setattr(cases, "load", lambda _: grey)
    monkeypatch.setattr(compare, "cell", lambda _, told: captions.append(told) or grey)
    labels = photograph(labelled(PLATE))
    a = judged(detected(labels), reads=(read("PO1", "P01"),), scenes=(read("ZG1", ""),))
    b = judged(detected(labels, found(PLATE)), reads=(read("PO1", "PO1"),),
               scenes=(read("ZG1", "ZG1"),))  # fmt: skip
    scene = a.scenes[0].path
    looks = tuple(
        Looks(("d", "r"), {}, {scene: examined(*plates)}, {}, {}, (), 1.0)
        for plates in ((), (found(PLATE),))
    )
    paths = [labels.path, a.read[0].path, scene]
    assert len(list(changed_cells((looks[0], looks[1]), a, b, paths))) == 3
    assert captions == [
        ["A misses 1, false 0", "B misses 0, false 0", "one.jpg"],
        ["true PO1   PO1.jpg", "A read P01  0.90  zero for O", "B read PO1  0.90  "],
        ["true ZG1   ZG1.jpg", "A read -  0.90  nothing for ZG1", "B read ZG1  0.90  "],
    ]
