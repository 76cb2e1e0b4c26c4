"""From a crop to a text, on a model whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Candidate
from appliance.recognize.model import FakeModel
from appliance.recognize.read import Reader, together
from appliance.recognize.regions import load_regions
from tests.recognize.conftest import CHARACTERS, MODELS, drawn_plate, reading, spoken

REGIONS = load_regions(MODELS / "regions")
CROP = np.zeros((48, 160, 1), np.uint8)
SEEN = {
    "one row": (("AB12CDE", ""), "AB12CDE"),
    "two rows": (("59X3", "46728"), "59X346728"),
    "only the lower row": (("", "AB12"), "AB12"),
    "held characters": (("KK-XX5533", ""), "KX53"),
    "doubled characters": (("A-A1-1-1", ""), "AA111"),
}


def reader(*rows: str, sure: float = 0.9, home: tuple[str, ...] = ()) -> Reader:
    """A reader that sees the same rows on every crop."""
    return Reader(reading(*rows, sure=sure), CHARACTERS, REGIONS, home)


@pytest.mark.parametrize("name", SEEN)
def test_the_rows_are_read_one_after_the_other(name: str) -> None:
    """As one text, the upper row first."""
    rows, text = SEEN[name]
    read = reader(*rows).read(CROP)
    assert read.text == text
    assert len(read.characters) == len(text)


def test_nothing_there_is_an_empty_read() -> None:
    """Without confidence, and no candidate is the empty text."""
    read = reader("", "", sure=0.99).read(CROP)
    assert (read.text, read.confidence, read.characters) == ("", 0.0, ())
    assert all(candidate.text for candidate in read.candidates)


def test_the_text_leads_its_candidates() -> None:
    """Up to five, likeliest first, all confidences shares of 1."""
    read = reader("7439B-BG", "", sure=0.8).read(CROP)
    confidences = [candidate.confidence for candidate in read.candidates]
    assert read.candidates[0].text == read.text == "7439BBG"
    assert 1 < len(read.candidates) <= 5
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < sum(confidences) <= 1 + 1e-5


def test_columns_that_do_not_add_up_are_made_to() -> None:
    """Eight bits are too few: a doubled answer says the same as the answer."""
    once = FakeModel((48, 160, 1), (spoken("KX53PXF"),))
    twice = FakeModel((48, 160, 1), (2 * spoken("KX53PXF"),))
    first, second = (Reader(model, CHARACTERS, REGIONS).read(CROP) for model in (once, twice))
    assert first.text == second.text
    assert first.confidence == pytest.approx(second.confidence, rel=1e-4)
    assert max(second.characters) <= 1


def test_the_syntax_of_plates_is_considered() -> None:
    """Region and format come with the read; home regions decide where several fit."""
    assert reader("KX53PXF").read(CROP).region == "gb"
    assert reader("AB34-4CA", home=("fr",)).read(CROP).region == "fr"
    assert reader("KX53PXF").read(CROP).format_ok


def test_the_crop_has_the_size_of_the_models_input() -> None:
    """Width first; another size is refused and not stretched in secret."""
    assert reader("A").crop_size == (160, 48)
    with pytest.raises(ValueError, match=r"picture is uint8 \(44, 200, 3\)"):
        reader("A").read(drawn_plate())


def listed(**texts: float) -> tuple[Candidate, ...]:
    """Candidates of one crop."""
    return tuple(Candidate(text, p) for text, p in texts.items())


def test_one_crop_is_read_as_it_is() -> None:
    """Nothing is reckoned with where there is nothing to put together."""
    alone = listed(AB12=0.7, AB1Z=0.1)
    assert together([alone]) == alone


def test_several_crops_outvote_one() -> None:
    """A crop that cut a character off does not decide, however sure it is."""
    crops = [listed(AB1=0.9, AB12=0.05), *[listed(AB12=0.7, AB1=0.1)] * 2]
    assert together(crops)[0].text == "AB12"


def test_several_crops_are_no_surer_than_one() -> None:
    """They show the same pixels: equal answers stay as they are."""
    same = listed(AB12=0.7, AB1Z=0.1)
    texts = {candidate.text: candidate.confidence for candidate in together([same] * 5)}
    assert texts == {"AB12": pytest.approx(0.7, abs=1e-6), "AB1Z": pytest.approx(0.1, abs=1e-6)}


CONFIDENCES = st.dictionaries(
    st.text("AB1", min_size=1, max_size=3), st.floats(0.001, 0.2), min_size=1, max_size=5
)


@given(st.lists(CONFIDENCES, min_size=1, max_size=6))
def test_together_is_a_distribution_in_order(crops: list[dict[str, float]]) -> None:
    """Every listed text once, likeliest first, no more than 1 in all; the crops' order is none."""
    lists = [listed(**crop) for crop in crops]
    joined = together(lists)
    confidences = [candidate.confidence for candidate in joined]
    assert {candidate.text for candidate in joined} == {text for crop in crops for text in crop}
    assert confidences == (sorted(confidences, reverse=True) if len(lists) > 1 else confidences)
    assert sum(confidences) <= 1 + 1e-9
    turned = {c.text: c.confidence for c in together(lists[::-1])}
    assert {c.text: c.confidence for c in joined} == pytest.approx(turned)
