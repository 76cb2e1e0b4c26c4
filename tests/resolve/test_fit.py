"""Whether a sighting continues a track, or is another vehicle where one was."""

from __future__ import annotations

import pytest

from appliance.resolve.track import Track, fit
from tests.resolve.scenes import passages, sighting, together, vehicle


def test_who_comes_from_where_another_can_no_longer_be_read_is_another() -> None:
    """A leaving plate, far away, is still found and says anything; the next one comes from there.

    Nor do its own first reads, of which nobody was sure yet, make it the same.

    In `one reverses out` of tests/data/drive.toml both were one track, and one passage was lost.
    """
    leaving = vehicle("NR295EC", range(10), start=(100, 100), step=(10, 0), sure=0.95)
    unread = vehicle("1544", range(10, 30), start=(190, 100), step=(0.5, 0), sure=0.05)
    unsure = vehicle("LTE670", range(30, 33), start=(-100, 100), step=(10, 0), sure=0.6)
    coming = vehicle("LTE670", range(33, 45), start=(-100, 100), step=(10, 0), sure=0.95)
    settled = passages(together(leaving, unread, unsure, coming))
    assert [s.read.text for s in settled] == ["NR295EC", "LTE670"]


@pytest.mark.parametrize(("text", "sure", "fits"), [("NOPARKING", 0.5, False), ("8N44", 0.3, True)])
def test_who_comes_from_where_a_text_was_read_again_and_again_is_another(
    text: str, sure: float, fits: bool
) -> None:
    """Unless nobody was half sure of it: what is misread far away is the same plate.

    In `a lorry hides those who leave` of tests/data/drive.toml a sign went on as the car that came
    from behind the lorry, and the car's passage was lost.
    """
    sign = vehicle(text, range(6), start=(250, 270), step=(0, 0), sure=sure)
    track = Track([seen for (seen,) in sign.values()])
    comes = sighting(12, "NXR9C14", (200, 300), sure=0.99)
    assert (fit(track, comes, 1.2) > 0) is fits
