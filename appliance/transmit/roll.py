"""A fleet as its units have told of themselves: one member a unit.  Pure.

The rule to know: what is not understood is left out and said, for units of other releases tell
other things; and nobody vouches for what stands there but the broker's rights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AVAILABILITY, RELEASE, STATE = "availability", "release", "state"
LEVELS = (AVAILABILITY, RELEASE, STATE)
"""Below a unit's name: the retained messages that are read.  None has a plate."""
MOST_WORDS = 500  # characters of a text of theirs that are taken over


@dataclass(frozen=True, slots=True)
class Member:
    """One unit.

    Attributes:
        unit: its id.
        is_online: it is connected.
        version: that runs; empty where it did not tell.
        available: that is offered to it; empty: none, or nobody knows.
        trial: that is on trial; empty: none.
        starts: of it.
        last: what happened last to its releases, in words.
        fault: what is wrong with the newest attempt to install; empty: nothing.
        failed: why versions failed there.
        sequence: of the newest manifest that it has seen; 0: none.
        slots: `booted` and `committed` of a system that has two.
        told_at: when it told this, at most an hour before it was last seen; empty: nobody knows.
        problems: of which it told last, and what of it is not understood.
    """

    unit: str
    is_online: bool = False
    version: str = ""
    available: str = ""
    trial: str = ""
    starts: int = 0
    last: str = ""
    fault: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)
    sequence: int = 0
    slots: Mapping[str, str] = field(default_factory=dict)
    told_at: str = ""
    problems: tuple[str, ...] = ()


def member_of(unit: str, told: Mapping[str, bytes]) -> Member:
    """What a unit's messages say, by their level."""
    release, state = _table(told.get(RELEASE)), _table(told.get(STATE))
    unread = [level for level in (RELEASE, STATE) if told.get(level) and not _table(told[level])]
    trial = release.get("trial")
    on_trial: Mapping[str, Any] = trial if isinstance(trial, dict) else {}
    problems = state.get("problems")
    return Member(
        unit=_text(unit),
        is_online=told.get(AVAILABILITY) == b"online",
        version=_text(release.get("version")),
        available=_text(release.get("available")),
        trial=_text(on_trial.get("version")),
        starts=_number(on_trial.get("starts")),
        last=_text(release.get("last")),
        fault=_text(release.get("fault")),
        failed=_texts(release.get("failed")),
        sequence=_number(release.get("sequence")),
        slots=_texts(release.get("slots")),
        told_at=_text(release.get("at")),
        problems=(
            *map(_text, problems if isinstance(problems, list) else ()),
            *(f"{level}: not understood" for level in unread),
        ),
    )


def news_of(member: Member) -> str:
    """What is to be said of a unit's releases, in a few words; empty: nothing."""
    if member.trial:
        starts = f"start {member.starts}" if member.starts else "waits for its first start"
        return f"{member.trial} on trial, {starts}"
    if member.fault:
        return member.fault
    return member.last or (f"{member.available} is offered" if member.available else "")


def _table(content: bytes | None) -> dict[str, Any]:
    try:
        table = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _text(value: object) -> str:
    """On one line, without what would move a terminal's cursor."""
    if not isinstance(value, str):
        return ""
    return "".join(each if each.isprintable() else "?" for each in value[:MOST_WORDS])


def _texts(value: object) -> dict[str, str]:
    table = value if isinstance(value, dict) else {}
    return {_text(key): _text(each) for key, each in table.items()}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
