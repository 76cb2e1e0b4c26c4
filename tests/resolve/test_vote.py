"""What the reads of one vehicle say together."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Candidate, Detection, Quad, Read, Sighting
from appliance.resolve.vote import support, vote

Said = tuple[str, float]


def sighting(text: str, confidence: float = 0.9, width: float = 100.0) -> Sighting:
    """One frame's read of a plate that is `width` pixels wide."""
    quad = Quad(((0, 0), (width, 0), (width, 25), (0, 25)))
    candidates = (Candidate(text, confidence),) if text else ()
    sure = confidence ** (1 / max(1, len(text)))
    read = Read(text, confidence, (sure,) * len(text), candidates)
    return Sighting(0, 0.0, Detection(quad, 0.9), read)


def voted(*said: Said) -> str:
    """The text that wins."""
    return vote([sighting(text, confidence) for text, confidence in said]).text


VOTES: dict[str, tuple[list[Said], str]] = {
    "all agree": ([("KX53PXF", 0.9)] * 3, "KX53PXF"),
    "one alone": ([("KX53PXF", 0.4)], "KX53PXF"),
    "a single misread": ([("KX53PXF", 0.9)] * 3 + [("KX58PXF", 0.9)], "KX53PXF"),
    "a surer single misread": ([("KX53PXF", 0.8)] * 4 + [("KX58PXF", 0.99)], "KX53PXF"),
    "a character lost once": ([("KX53PXF", 0.9)] * 3 + [("KX53PX", 0.9)], "KX53PXF"),
    "a character too many once": ([("KX53PXF", 0.9)] * 3 + [("KX553PXF", 0.9)], "KX53PXF"),
    "each read lost another character": (
        [("X53PXF", 0.6), ("KX3PXF", 0.6), ("KX53XF", 0.6), ("KX53PX", 0.6), ("KX53PF", 0.6)],
        "KX53PXF",
    ),
    "a lost character and a misread one": (
        [("KX53PXF", 0.7), ("KX5PXF", 0.7), ("XX53PXF", 0.7), ("KX5PXE", 0.7), ("KX53PXE", 0.7)],
        "KX53PXF",
    ),
    "cut at the edge, then whole": (
        [("KX5", 0.5), ("KX53P", 0.6), ("KX53PXF", 0.9), ("KX53PXF", 0.9)],
        "KX53PXF",
    ),
    "a post hides more and more of it": (
        [
            *[("KX53PXF", 0.99)] * 3,
            *[("X53PXF", 0.98)] * 3,
            *[("53PXF", 0.95)] * 2,
            *[("3PXF", 0.9)] * 3,
            *[("PXF", 0.9)] * 3,
        ],
        "KX53PXF",
    ),
    "several unsure against one sure": (
        [("KX58PXF", 0.3), ("KX58PXF", 0.3), ("KX53PXF", 0.95)],
        "KX53PXF",
    ),
    "three unsure against one sure": (
        [("KX58PXF", 0.5)] * 3 + [("KX53PXF", 0.95)],
        "KX53PXF",
    ),
    "silence does not count": ([("", 0.0)] * 9 + [("KX53PXF", 0.6)], "KX53PXF"),
    "a plate of one character": ([("1", 0.9), ("1", 0.9)], "1"),
}


@st.composite
def sightings(draw: st.DrawFn) -> list[Sighting]:
    """Reads of a few texts of differing lengths, with further candidates."""
    texts = st.sampled_from(["AB12", "AB1Z", "A812", "AB123", "B12", "X", ""])
    made = []
    for text in draw(st.lists(texts, min_size=1, max_size=8)):
        one = sighting(text, draw(st.floats(0.01, 1.0)), draw(st.floats(10, 400)))
        other = Candidate("AB12Z", (1 - one.read.confidence) * draw(st.floats(0, 1)))
        if text:
            read = replace(one.read, candidates=(*one.read.candidates, other))
            one = replace(one, read=read)
        made.append(one)
    return made


@pytest.mark.parametrize("name", VOTES)
def test_the_vote(name: str) -> None:
    """Each place goes to the character with the most weight, at the weightiest length."""
    said, expected = VOTES[name]
    assert voted(*said) == expected


def test_a_near_plate_outvotes_a_far_one() -> None:
    """A read weighs as much as its plate is wide."""
    far = [sighting("KX58PXF", 0.8, width=40)] * 2
    assert vote([*far, sighting("KX53PXF", 0.8, width=200)]).text == "KX53PXF"


def test_a_crisp_read_outvotes_smeared_ones() -> None:
    """A read weighs as much as its crop is sharp."""
    smeared = [replace(sighting("KX58PXF", 0.8), sharpness=0.2)] * 2
    assert vote([*smeared, sighting("KX53PXF", 0.8)]).text == "KX53PXF"


def test_a_read_that_lost_a_character_speaks_for_the_others() -> None:
    """A doubt about the fourth character is settled by reads that lack the last one."""
    doubt = [sighting("KX58PXF", 0.85)] * 2 + [sighting("KX53PXF", 0.8)] * 2
    assert vote(doubt).text == "KX58PXF"
    assert vote(doubt + [sighting("KX53PX", 0.8)] * 2).text == "KX53PXF"


SUPPORT = {
    "all": (["KX53PXF"] * 3, 3),
    "each wrong elsewhere": (["KX58PXF", "XX53PXF", "KX53PXE", "KX53PX"], 2),
    "no two agree on one place": (["KX53PXF", "KX53PYF", "KX53PZF"], 1),
    "strangers": (["7439BBG"] * 5, 0),
    "silence": (["", ""], 0),
}


@pytest.mark.parametrize("name", SUPPORT)
def test_support(name: str) -> None:
    """As many as agree with KX53PXF in the place where the fewest do."""
    said, expected = SUPPORT[name]
    assert support("KX53PXF", [sighting(text) for text in said]) == expected


def test_nobody_says_anything() -> None:
    """An empty read without confidence, and no division by zero."""
    for silent in ([], [sighting("")] * 3):
        read = vote(silent)
        assert (read.text, read.confidence, read.characters, read.candidates) == ("", 0.0, (), ())


def test_disagreement_lowers_the_confidence() -> None:
    """Of the text and of the character in doubt, and of no other."""
    agreed = vote([sighting("KX53PXF")] * 4)
    doubted = vote([sighting("KX53PXF")] * 3 + [sighting("KX58PXF")])
    assert agreed.confidence > doubted.confidence + 1e-3
    lowered = [a > d + 1e-9 for a, d in zip(agreed.characters, doubted.characters, strict=True)]
    assert lowered == [False, False, False, True, False, False, False]


def test_what_lost_the_vote_stays_a_candidate() -> None:
    """Behind the winner: a watch-list looks at both."""
    read = vote([sighting("KX53PXF")] * 3 + [sighting("KX58PXF")])
    assert [candidate.text for candidate in read.candidates] == ["KX53PXF", "KX58PXF"]
    assert read.candidates[0].confidence == read.confidence > read.candidates[1].confidence


def test_what_all_think_possible_wins_against_what_each_thinks_likeliest() -> None:
    """Every frame misreads another character, and every frame has the truth in second place."""
    seen = []
    for misread in ("KX58PXF", "XX53PXF", "KX53PXE"):
        one = sighting(misread, 0.55)
        candidates = (Candidate(misread, 0.55), Candidate("KX53PXF", 0.35))
        seen.append(
            replace(one, read=replace(one.read, candidates=candidates, region="gb", format_ok=True))
        )
    read = vote(seen)
    assert read.text == "KX53PXF"
    assert (read.region, read.format_ok) == (None, False), "nobody read this text"


def test_one_sure_misread_is_no_veto() -> None:
    """Even where it gives the truth no chance at all."""
    sure = sighting("KX58PXF", 0.99)
    against = replace(sure.read, candidates=(*sure.read.candidates, Candidate("KX53PXF", 0.0)))
    assert vote([sighting("KX53PXF")] * 3 + [replace(sure, read=against)]).text == "KX53PXF"


def test_the_region_comes_with_the_text() -> None:
    """From a read of exactly this text."""
    plain = sighting("KX53PXF")
    british = replace(plain, read=replace(plain.read, region="gb", format_ok=True))
    assert vote([british, british, sighting("KX58PXF")]).region == "gb"


@given(sightings(), st.randoms(use_true_random=False))
def test_the_order_of_the_reads_does_not_matter(
    seen: list[Sighting], chance: random.Random
) -> None:
    """The same text, and the same confidences but for the last bits of a sum."""
    mixed = list(seen)
    chance.shuffle(mixed)
    one, other = vote(seen), vote(mixed)
    assert one.text == other.text
    assert one.confidence == pytest.approx(other.confidence)
    assert one.characters == pytest.approx(other.characters)


@given(sightings())
def test_confidences_are_shares_of_one(seen: list[Sighting]) -> None:
    """Of the text, of its characters, and of up to five candidates, likeliest first: the text."""
    read = vote(seen)
    assert 0 <= read.confidence <= 1
    assert len(read.characters) == len(read.text)
    assert all(0 <= share <= 1 for share in read.characters)
    confidences = [candidate.confidence for candidate in read.candidates]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert len(confidences) <= 5
    assert [c.text for c in read.candidates][:1] == ([read.text] if read.text else [])


@given(st.floats(0.05, 1.0))
def test_a_single_read_stays_as_sure_as_it_was(confidence: float) -> None:
    """Nobody else was asked."""
    assert vote([sighting("AB12", confidence)]).confidence == pytest.approx(confidence, abs=1e-3)


@given(st.floats(0.05, 1.0), st.integers(2, 9))
def test_saying_the_same_again_lowers_no_confidence(confidence: float, times: int) -> None:
    """And it never becomes certainty: the frames of one vehicle err alike."""
    once, often = vote([sighting("AB12", confidence)]), vote([sighting("AB12", confidence)] * times)
    assert once.text == often.text
    assert once.confidence - 1e-9 <= often.confidence < 1


@given(sightings())
def test_no_text_comes_from_nowhere(seen: list[Sighting]) -> None:
    """There is one where anybody says anything, and somebody says each of its characters."""
    said = {c for s in seen for candidate in s.read.candidates for c in candidate.text}
    read = vote(seen)
    assert set(read.text) <= said | {c for s in seen for c in s.read.text}
    assert bool(read.text) <= any(s.read.text for s in seen)
