"""Distractors: they are pictures, they vary, and they never cover a plate."""

from __future__ import annotations

import numpy as np

from tools.train.distractors import KINDS, _finished, render_distractor, strew


def test_every_kind_draws_a_picture() -> None:
    """Of a plate's size or so, with something on it."""
    rng = np.random.default_rng(1)
    for kind in KINDS:
        for _ in range(5):
            picture = _finished(kind(rng))
            assert picture.dtype == np.uint8
            assert 60 <= picture.shape[1] <= 320
            assert picture.std() > 3, kind.__name__


def test_strewn_things_leave_the_plates_alone() -> None:
    """Not a pixel of a labelled box changes, and outside of them something does."""
    photograph = np.full((240, 320, 3), 120, np.uint8)
    taken = [(40.0, 40.0, 200.0, 100.0), (220.0, 150.0, 300.0, 200.0)]
    changed = 0
    for seed in range(40):
        result = strew(np.random.default_rng(seed), photograph, taken)
        assert result.shape == photograph.shape
        for x1, y1, x2, y2 in taken:
            assert (result[int(y1) : int(y2), int(x1) : int(x2)] == 120).all()
        changed += bool((result != photograph).any())
    assert 20 <= changed < 40


def test_a_full_picture_takes_none() -> None:
    """Where every place is taken the photograph comes back as it was."""
    photograph = np.full((60, 80, 3), 9, np.uint8)
    for seed in range(10):
        result = strew(np.random.default_rng(seed), photograph, [(0, 0, 80, 60)])
        assert np.array_equal(result, photograph)


def test_a_seed_gives_the_same_again() -> None:
    """Training is repeatable from its seed."""
    one, other = (render_distractor(np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, other)
