"""From columns to texts: against hand-made columns, and against counting every path."""

from __future__ import annotations

from itertools import groupby, product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.recognize.ctc import candidates, character_confidences

CHARACTERS = "AB"
SPOKEN = {
    "one each": ("AB", "AB"),
    "blanks between": ("-A--B-", "AB"),
    "a held character": ("AAABB", "AB"),
    "a doubled character": ("A-AB", "AAB"),
    "held and doubled": ("AA-AA", "AA"),
    "nothing": ("----", ""),
    "back again": ("ABA", "ABA"),
}


def columns_of(path: str, sure: float = 0.9) -> NDArray[np.float32]:
    """Columns that speak a path, "-" being the blank; the rest goes to the other classes."""
    columns = np.full((len(path), 3), (1 - sure) / 2, np.float32)
    for step, character in enumerate(path):
        columns[step, "-AB".index(character)] = sure
    return columns


@st.composite
def few_columns(draw: st.DrawFn, largest: int = 3) -> NDArray[np.float32]:
    """Up to `largest` columns of three classes, none of them negligible."""
    weights = st.lists(st.integers(2, 50), min_size=3, max_size=3)
    columns = np.array(draw(st.lists(weights, min_size=1, max_size=largest)), np.float32)
    return columns / columns.sum(1, keepdims=True)


def every_text(columns: NDArray[np.float32]) -> dict[str, float]:
    """The probability of each text, by adding up all paths."""
    found: dict[str, float] = {}
    for path in product("-AB", repeat=len(columns)):
        text = "".join(character for character, _ in groupby(path)).replace("-", "")
        share = prod(float(columns[t, "-AB".index(c)]) for t, c in enumerate(path))
        found[text] = found.get(text, 0.0) + share
    return found


@pytest.mark.parametrize("name", SPOKEN)
def test_the_likeliest_text_is_what_the_columns_speak(name: str) -> None:
    """Repeats are one character unless a blank parts them."""
    path, text = SPOKEN[name]
    assert candidates(columns_of(path), CHARACTERS, 5)[0].text == text


@given(few_columns())
def test_a_text_has_the_probability_of_all_its_paths(columns: NDArray[np.float32]) -> None:
    """Where the beam is wide enough for all of them, the search is exact."""
    expected = every_text(columns)
    for candidate in candidates(columns, CHARACTERS, 3):
        assert candidate.confidence == pytest.approx(expected[candidate.text], rel=1e-5)
    assert candidates(columns, CHARACTERS, 1)[0].confidence == pytest.approx(
        max(expected.values()), rel=1e-5
    )


@given(few_columns(largest=9), st.integers(1, 8))
def test_candidates_are_distinct_ordered_and_share_one_probability(
    columns: NDArray[np.float32], count: int
) -> None:
    """Best first, at least one, at most as many as asked for, together at most 1."""
    found = candidates(columns, CHARACTERS, count)
    confidences = [candidate.confidence for candidate in found]
    assert 1 <= len(found) <= count
    assert len({candidate.text for candidate in found}) == len(found)
    assert confidences == sorted(confidences, reverse=True)
    assert min(confidences) >= 0
    assert sum(confidences) <= 1 + 1e-5


def test_an_uncertain_character_gives_both_texts() -> None:
    """With the probabilities that the column gives them."""
    columns = np.array([[0, 1, 0], [1, 0, 0], [0, 0.7, 0.3]], np.float32)
    found = candidates(columns, CHARACTERS, 2)
    assert [(c.text, round(c.confidence, 4)) for c in found] == [("AA", 0.7), ("AB", 0.3)]


@given(st.text("-AB", min_size=1, max_size=12))
def test_every_character_has_its_own_confidence(path: str) -> None:
    """As many as the text is long, each the probability of the column that speaks it."""
    columns = columns_of(path)
    text = candidates(columns, CHARACTERS, 1)[0].text
    found = character_confidences(columns, ["-AB".index(c) for c in text])
    assert found == pytest.approx((0.9,) * len(text))


def test_a_weak_character_has_a_low_confidence() -> None:
    """And only that one: whoever looks knows which to doubt."""
    columns = np.concatenate([columns_of("A-", 0.9), columns_of("B", 0.5), columns_of("-A", 0.8)])
    assert character_confidences(columns, [1, 2, 1]) == pytest.approx((0.9, 0.5, 0.8))


def test_a_held_character_counts_by_its_best_column() -> None:
    """The columns at its edges are weak on every plate."""
    columns = np.array([[0.4, 0.6, 0], [0.05, 0.95, 0], [0.45, 0.55, 0]], np.float32)
    assert character_confidences(columns, [1]) == pytest.approx((0.95,))


def test_doubled_characters_are_told_apart() -> None:
    """Each has the confidence of its own columns."""
    columns = np.concatenate([columns_of("A", 0.95), columns_of("-", 0.9), columns_of("A", 0.7)])
    assert character_confidences(columns, [1, 1]) == pytest.approx((0.95, 0.7))


def test_no_text_has_no_confidences() -> None:
    """The empty text has no characters."""
    assert character_confidences(columns_of("--"), []) == ()
