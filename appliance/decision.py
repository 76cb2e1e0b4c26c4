"""What the lists and the policy say about a passage.

The values cross modules like those of `domain`, and are frozen like them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ListName = Literal["allowed", "denied", "watched", "unknown"]
Action = Literal["open", "refuse", "alert", "ignore"]
Outcome = Literal["opened", "dry_run", "too_soon", "duplicate", "not_fresh", "failed"]


@dataclass(frozen=True, slots=True)
class Match:
    """The entry of a list that a plate fits.

    Attributes:
        list: on which the entry stands; never "unknown".
        entry_plate: the entry's own plate, which must not stand in a log.
        label: whom or what the entry is for, as the user wrote it; it may be a name: not logged.
        distance: from the plate that was read, 0 where they are equal.
        near: they are not equal, only as near as the user allows.
        applies: the entry counts now, for this direction; one out of its time does not.
        reason: why it does not apply, in words without plate and label; empty where it does.
    """

    list: ListName
    entry_plate: str
    label: str
    distance: float
    near: bool
    applies: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ListState:
    """What may be told about a list to everyone: nothing of what stands on it.

    Attributes:
        version: counts its changes, 0 for a list that never had one.
        count: of its entries.
        sha256: of its canonical form, in hexadecimal: two units with the same have the same list.
    """

    version: int
    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What we do about a passage, and why.

    Attributes:
        list: on which it counts; "unknown" where it is on none, or its entry does not apply.
        action: what the policy wants.
        reason: in words without plate and label: which rule, what agreed, what was lacking.
        match: the entry that counted; None where none did.
        outcome: what the gate did, where it was asked; None where there is none.
    """

    list: ListName
    action: Action
    reason: str
    match: Match | None = None
    outcome: Outcome | None = None
