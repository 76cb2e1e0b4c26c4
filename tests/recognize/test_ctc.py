"""From columns to texts: against hand-made columns, and against counting every path."""

from __future__ import annotations

from itertools import groupby, product
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.recognize.ctc import (
    BEAM,
    NEGLIGIBLE,
    _align,
    candidates,
    character_columns,
    character_confidences,
)

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


def plain_candidates(columns: NDArray[np.float32], count: int) -> list[tuple[str, float]]:
    """The same beam search without a shortcut: every column grows every prefix, none is dropped."""
    beam: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
    for blank, *classes in columns.tolist():
        said = dict(zip(CHARACTERS, classes, strict=True))
        grown: dict[str, list[float]] = {}
        for prefix, (rested, spoken) in beam.items():
            stay = grown.setdefault(prefix, [0.0, 0.0])
            stay[0] += (rested + spoken) * blank
            stay[1] += spoken * said[prefix[-1]] if prefix else 0.0
            for character, share in said.items():
                if share > NEGLIGIBLE:
                    longer = grown.setdefault(prefix + character, [0.0, 0.0])
                    repeats = prefix[-1:] == character
                    longer[1] += (rested if repeats else rested + spoken) * share
        best = sorted(grown, key=lambda prefix: -sum(grown[prefix]))[:BEAM]
        beam = {prefix: (grown[prefix][0], grown[prefix][1]) for prefix in best}
    return sorted(((t, sum(e)) for t, e in beam.items()), key=lambda item: -item[1])[:count]


@st.composite
def long_columns(draw: st.DrawFn) -> NDArray[np.float32]:
    """Up to 80 columns, most of them nearly or quite blank, as a reader's are, in eight bits."""
    seed, count = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 80))
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, draw(st.sampled_from([0.5, 2.0, 4.0])), (count, 3))
    logits[rng.random(count) < draw(st.sampled_from([0.0, 0.5, 0.9])), 0] += 12
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    stored = np.maximum(np.round(shares * 256), [1, 0, 0]) / 256
    return np.asarray(stored / stored.sum(1, keepdims=True), np.float32)


@settings(deadline=None)
@given(long_columns())
def test_the_shortcuts_change_no_candidate(columns: NDArray[np.float32]) -> None:
    """The same texts with the same probabilities, to a thousandth of the best.

    Not closer: at the edge of the beam equally likely prefixes may be cut off in another order.
    """
    expected = plain_candidates(columns, 5)
    best = expected[0][1]
    found = candidates(columns, CHARACTERS, 5)
    assert found[0].confidence == pytest.approx(best, rel=1e-3)
    seen = {candidate.text: candidate.confidence for candidate in found}
    for text, probability in expected[:4]:
        if probability > 1e-3 * best and probability > 1.01 * expected[-1][1]:
            assert seen[text] == pytest.approx(probability, abs=1e-3 * best)


@settings(deadline=None)
@given(long_columns())
def test_a_greedy_text_has_the_confidences_of_the_searched_one(
    columns: NDArray[np.float32],
) -> None:
    """The path that takes each column's likeliest class is the best: no search finds a better."""
    path = columns.argmax(1).tolist()
    classes = [code for code, _ in groupby(path) if code]
    assume(classes)
    expected = np.log(columns.max(1) + 1e-9).sum()
    states = [0] + [s for c in classes for s in (c, 0)]
    searched = [states[i] for i in _align(np.log(columns[:, states] + 1e-9), states)]
    score = sum(float(np.log(columns[t, c] + 1e-9)) for t, c in enumerate(searched))
    assert score == pytest.approx(float(expected), rel=1e-5, abs=1e-4)
    places = character_columns(columns, classes)
    assert [path[place] for place in places] == classes
    assert sorted(places) == list(places)


def test_no_text_has_no_confidences() -> None:
    """The empty text has no characters."""
    assert character_confidences(columns_of("--"), []) == ()
