"""Near plates: what the distance costs, and that the index finds what a search of all would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.access import FARTHEST
from appliance.respond.near import ALIKE, Neighbourhood, distance

DISTANCES = {
    "equal": ("AB12CDE", "AB12CDE", 0),
    "nothing and nothing": ("", "", 0),
    "zero for O": ("OO12", "0O12", 0.5),
    "two confused": ("B8S5", "8BS5", 1),
    "every character confused": ("I0Z", "1O2", 1.5),
    "another character": ("AB12CDE", "AB12CDF", 1),
    "one and seven are no confusion": ("AB1", "AB7", 1),
    "one missing": ("AB12CDE", "AB12CD", 1),
    "one too many": ("AB12CDE", "AB12CDEE", 1),
    "one missing, one too many": ("ABC123", "BC1234", 2),
    "one confused, one missing": ("B123", "823", 1.5),
    "nothing in common": ("ABC", "739", 3),
    "against nothing": ("ABC", "", 3),
}
# few characters, so that texts are often near to one another
PLATES = st.text("ABDO08X", min_size=1, max_size=6)


@pytest.mark.parametrize("name", DISTANCES)
def test_the_distance_knows_what_cameras_confuse(name: str) -> None:
    """Half for a confusion, one for any other fault, and the same in both directions."""
    one, other, expected = DISTANCES[name]
    assert distance(one, other) == distance(other, one) == expected


def test_no_character_stands_in_two_groups() -> None:
    """Else a text could be near to another over a third, and the index would miss it."""
    assert len("".join(ALIKE)) == len(set("".join(ALIKE)))


@given(PLATES, PLATES, PLATES)
def test_the_distance_is_a_metric(one: str, other: str, third: str) -> None:
    """It is nought for equal texts only, and no detour is shorter."""
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, third) <= distance(one, other) + distance(other, third)


@given(st.lists(PLATES, unique=True, max_size=40), PLATES, st.sampled_from([0, 0.5, 1, 1.5, 2]))
def test_the_index_finds_what_a_search_of_all_would(
    plates: list[str], text: str, farthest: float
) -> None:
    """Every plate within the distance but the text itself, nearest first, none beyond."""
    measured = ((distance(text, plate), plate) for plate in plates)
    expected = sorted((away, plate) for away, plate in measured if 0 < away <= farthest)
    assert Neighbourhood(plates, farthest).near(text) == expected


def test_a_very_long_text_is_near_to_nothing() -> None:
    """It is refused before it is measured."""
    assert Neighbourhood(["A" * 12], FARTHEST).near("A" * 1000) == []


@pytest.mark.parametrize("farthest", [-0.5, 2.5, float("nan")])
def test_a_distance_out_of_range_is_refused(farthest: float) -> None:
    """With the range."""
    with pytest.raises(ValueError, match="expected 0 to 2"):
        Neighbourhood([], farthest)
