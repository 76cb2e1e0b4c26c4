"""Visits: who is inside, whatever is misread, missed, late or told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain import Crossing, Direction
from appliance.respond.parking import Entering, Lot, replayed, way_of
from appliance.tally import HOUR_MS, Move, Way

A, B, C = "AB12CDE", "ZG4827KT", "LK63XNR"
PLATES = [A, B, C, "W999KK7", "HHKM3674"]  # far from one another


def move(seq: int, way: Way, plate: str, **changes: object) -> Move:
    """The passage number `seq`, one an hour."""
    return replace(Move(seq, f"u{seq:04}", seq * HOUR_MS, way, plate, "unknown"), **changes)


def driven(*steps: tuple[Way, str]) -> tuple[Lot, dict[int, Move]]:
    """Moves one after the other."""
    return replayed(move(seq, way, plate) for seq, (way, plate) in enumerate(steps, 1))


CASES: dict[str, tuple[list[tuple[Way, str]], int, list[str], str]] = {
    # what happened; occupancy, plates of open visits, fates
    "nobody": ([], 0, [], ""),
    "one in": ([("in", A)], 1, [A], "open"),
    "in and out": ([("in", A), ("out", A)], 0, [], "left left"),
    "nobody saw it come": ([("out", A), ("in", B)], 1, [B], "stray open"),
    "misread on leaving": ([("in", A), ("in", B), ("out", "A812CDE")], 1, [B], "left open left"),
    "two characters confused": ([("in", A), ("out", "A81ZCDE")], 0, [], "left left"),
    "read quite wrong on leaving": ([("in", A), ("out", C)], 0, [A], "open nameless"),
    "wrong, then right": ([("in", A), ("out", C), ("out", A)], 0, [], "left stray left"),
    "nameless among two": (
        [("in", A), ("in", B), ("out", C), ("out", A)], 0, [B], "left open nameless left"
    ),
    "left unseen, came again": ([("in", A), ("in", A)], 1, [A], "unseen open"),
    "left without a name, came again": (
        [("in", A), ("out", C), ("in", A)], 1, [A], "unseen stray open"
    ),
    "exact before near": (
        [("in", "AB12CDE"), ("in", "A812CDE"), ("out", "A812CDE")], 1, [A], "open left left"
    ),
    "of two as near the older": (
        [("in", "A112CDE"), ("in", "A212CDE"), ("out", "A312CDE")], 1, ["A212CDE"], "left open left"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "occupancy", "inside", "fates"), CASES.values(), ids=CASES.keys()
)
def test_a_small_story(
    steps: list[tuple[Way, str]], occupancy: int, inside: list[str], fates: str
) -> None:
    """What is inside at its end, and what became of each move."""
    lot, settled = driven(*steps)
    assert lot.occupancy == occupancy
    assert [visit.plate for visit in lot.visits] == inside
    assert " ".join(settled[seq].fate for seq in sorted(settled)) == fates


def test_the_two_ends_of_a_visit_know_each_other() -> None:
    """Dwell is from one to the other."""
    _, settled = driven(("in", A), ("in", B), ("out", A))
    assert (settled[1].partner, settled[3].partner, settled[2].partner) == (3, 1, 0)
    assert settled[1].hours(settled[3].at_ms) == 2.0


STEPS = st.lists(st.tuples(st.sampled_from(["in", "out"]), st.sampled_from(PLATES)), max_size=40)


@settings(deadline=None)
@given(steps=STEPS)
def test_occupancy_is_in_less_out_and_never_below_nobody(steps: list[tuple[Way, str]]) -> None:
    """Over any interleaving; a plate that comes twice is one vehicle, which has left unseen."""
    lot, inside, count = Lot(), set[str](), 0
    for seq, (way, plate) in enumerate(steps, 1):
        known = {visit.plate for visit in lot.visits}
        nameless = lot.nameless
        lot.take(move(seq, way, plate))
        again = way == "in" and plate in known and not nameless
        count = max(0, count + (1 if way == "in" else -1) - again)
        inside = {visit.plate for visit in lot.visits}
        assert lot.occupancy == count
        assert 0 <= lot.nameless <= len(inside)


@settings(deadline=None)
@given(steps=STEPS, at=st.integers(0, 40))
def test_a_restart_changes_nothing(steps: list[tuple[Way, str]], at: int) -> None:
    """A Lot made of what is open goes on as the one before it would have."""
    _, whole = driven(*steps)
    lot, first = driven(*steps[:at])
    lot = Lot([m for m in first.values() if m.fate in {"open", "nameless"}], lot.newest)
    for seq, (way, plate) in enumerate(steps[at:], at + 1):
        first.update((m.seq, m) for m in lot.take(move(seq, way, plate)))
    assert first == whole


@settings(deadline=None)
@given(steps=STEPS, order=st.randoms(use_true_random=False))
def test_the_order_in_which_moves_become_known_does_not_matter(
    steps: list[tuple[Way, str]], order: object
) -> None:
    """Late ones count in their own time."""
    moves = [move(seq, way, plate) for seq, (way, plate) in enumerate(steps, 1)]
    _, in_order = replayed(moves)
    order.shuffle(moves)  # type: ignore[attr-defined]
    assert replayed(moves)[1] == in_order


def test_forgetting_an_open_visit_lowers_occupancy() -> None:
    """Nobody may be remembered for ever; the number says how many were forgotten so."""
    lot, _ = driven(("in", A), ("in", B))
    assert lot.forget(lot.visits[:1]) == ([], 1)
    assert (lot.occupancy, [visit.plate for visit in lot.visits]) == (1, [B])


def test_forgetting_accounts_for_who_left_without_a_name_first() -> None:
    """The oldest visit is most likely the one that has ended long ago."""
    lot, settled = driven(("in", A), ("in", B), ("out", C))
    assert lot.forget(lot.visits[:1]) == ([settled[3]], 0)
    assert (lot.occupancy, lot.nameless) == (1, 0)


OVERSTAYS = {
    # changes of a visit of ten hours; the limit of unknown plates; whether it is too long
    "over": ({}, 9.0, True),
    "exactly": ({}, 10.0, False),
    "no limit": ({}, 0.0, False),
    "another list": ({"list": "allowed"}, 9.0, False),
    "nobody vouches for the time": ({"is_dated": False}, 9.0, False),
}


@pytest.mark.parametrize(("changes", "limit", "over"), OVERSTAYS.values(), ids=OVERSTAYS.keys())
def test_a_visit_is_too_long_by_the_limit_of_its_list(
    changes: dict[str, object], limit: float, over: bool
) -> None:
    """0 is no limit, and a time that may be wrong accuses nobody."""
    lot = Lot()
    lot.take(move(1, "in", A, **changes))
    assert bool(lot.overstaying(11 * HOUR_MS, {"unknown": limit})) is over


WAYS: list[tuple[Entering, Direction, Crossing, Way | None]] = [
    ("approaching", "approaching", "none", "in"),
    ("approaching", "receding", "in", "out"),
    ("approaching", "unknown", "in", None),
    ("receding", "receding", "none", "in"),
    ("receding", "approaching", "none", "out"),
    ("line", "approaching", "out", "out"),
    ("line", "receding", "in", "in"),
    ("line", "approaching", "none", None),
]


@pytest.mark.parametrize(("entering", "direction", "crossed", "way"), WAYS)
def test_the_way_comes_from_where_the_configuration_says(
    entering: Entering, direction: Direction, crossed: Crossing, way: Way | None
) -> None:
    """From the line alone, or from the direction alone; what is not known is not counted."""
    assert way_of(entering, direction, crossed) == way
