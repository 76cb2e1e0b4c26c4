"""The breakdowns put every picture into the group it belongs to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.judged import FAR, PLATE, detected, found, judged, labelled, photograph, read
from tools.train.breakdown import breakdowns, interval, thirds
from tools.train.measures import Share
from tools.train.scoring import Appearance

PLAIN = Appearance(160, 48, 1000.0, 120.0, 50.0)


@pytest.mark.parametrize(
    ("value", "name"),
    [(0, "   below 24"), (23.9, "   below 24"), (24, "  24 to 32"), (32, "  32 and more")],
)
def test_an_interval_holds_its_lower_edge(value: float, name: str) -> None:
    """And not its upper one."""
    assert interval(value, (24, 32)) == name


def test_the_names_of_intervals_sort_by_size() -> None:
    """As `shares` sorts its groups."""
    names = [interval(value, (24, 48, 100, 1200)) for value in (3, 30, 60, 300, 5000)]
    assert names == sorted(names)


def test_thirds_divide_the_pictures_not_the_range() -> None:
    """One very light picture does not make a third of its own."""
    edges = thirds([1, 2, 3, 4, 5, 1000])
    assert Counter(interval(v, edges) for v in (1, 2, 3, 4, 5, 1000)).most_common(3)[0][1] == 2
    assert thirds([]) == [0.0, 0.0]


def test_crops_are_split_by_region_set_lines_and_looks() -> None:
    """A two-line plate's height is shared by its lines."""
    low = replace(read("BR1", "BR", region="br", set_name="br_cam"), lines=2)
    high = read("EU1", "EU1")
    looks = {low.path: PLAIN, high.path: replace(PLAIN, sharpness=9.0, light=10.0, contrast=5.0)}
    told = breakdowns(judged(reads=(low, high)), looks)
    assert told["read, by region"] == [Share("br", 0, 1), Share("eu", 1, 1)]
    assert told["read, by set"] == [Share("br_cam", 0, 1), Share("eu1", 1, 1)]
    assert told["read, by lines of text"] == [Share("1", 1, 1), Share("2", 0, 1)]
    heights = told["read, by pixels of height a line"]
    assert heights == [Share("  24 to 32", 0, 1), Share("  48 to 64", 1, 1)]
    for title in ("sharpness", "light", "contrast"):
        (shares,) = (rows for name, rows in told.items() if name.startswith(f"read, by {title}"))
        assert [(s.right, s.count) for s in shares] == [(1, 1), (0, 1)], title


def test_plates_are_split_by_width_source_and_light() -> None:
    """Each labelled plate by itself, each photograph with its false plates."""
    day = photograph(labelled(PLATE), labelled(FAR), name="day", source="a")
    night = photograph(labelled(PLATE), name="night", source="b")
    pictures = detected(day, found(PLATE)), detected(night, found((0.0, 0.0, 30.0, 10.0)))
    looks = {Path("day.jpg"): PLAIN, Path("night.jpg"): replace(PLAIN, light=9.0)}
    told = breakdowns(judged(*pictures), looks)
    widths = told["detect, recall by pixels of plate width"]
    assert widths == [Share("  48 to 64", 0, 1), Share("  96 to 128", 1, 2)]
    assert told["detect, recall by source"] == [Share("a", 1, 2), Share("b", 0, 1)]
    light = told["detect, recall by light (mean grey of the photograph, thirds)"]
    assert [(s.right, s.count) for s in light] == [(0, 1), (1, 2)]
    clean = told["detect, pictures without a false plate, by source"]
    assert clean == [Share("a", 1, 1), Share("b", 0, 1)]
