"""What a passage costs the card, as `tools/campaign card` measures it."""

from __future__ import annotations

import os

import pytest

from appliance.yardsection import Parking
from tools.faults.card import LIMIT, cost, mounted

COUNT = 60  # of an hour


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a loop device")
def test_a_passage_with_its_picture_costs_the_card_less_than_64_kib() -> None:
    """From when it is told until it is forgotten, by the count of the block device."""
    try:
        with mounted() as disk:
            assert 0 < cost(disk, COUNT, COUNT, Parking(), lambda: None) < LIMIT
    except PermissionError as fault:  # root of a container without loop devices
        pytest.skip(str(fault))
