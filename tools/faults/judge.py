"""What became of the passages of a round: the unit's own records against what others saw.

The rule to know: the judge believes nobody.  What was recorded is what the unit noted after a
recording returned and what its history holds; what arrived is what the listener heard; what the
gate did stands in the notes of the pins, and where a vehicle was the road knows.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.pipeline import FRESH_S
from tools.faults.ear import Heard
from tools.faults.kinds import STALL_S
from tools.faults.site import Site
from tools.faults.world import Vehicle

SLACK_S = 2.0
"""How late a message that was sent in time may be heard beyond the proxy's stall: the machine."""
ASKED_S = 2.0
"""Within it a pulse follows its question; the unit gives up after one."""
SENDING = ("late", "age_s")  # what is known only at sending, and may differ
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a round gave; all but the first four are to be 0.

    Attributes:
        recorded: passages whose recording returned, or that stand in the history.
        live: messages on `passage`, without the broker's own repeats after its restart.
        pulses: of the gate.
        repeated: messages on `log` beyond the first of their id.
        lost: recorded, and never heard on `log`.
        missing: recorded, and not in the history, from which nothing was forgotten in time.
        doubled: ids with two bodies, on `log` or between `log` and the record's live copy.
        disordered: first arrivals on `log` with a `seq` below one before.
        gaps: numbers left out, or given twice, beyond what was dropped and counted.
        late_live: messages on `passage` that are late, too old, or retained.
        late_pulses: pulses for a vehicle that was gone, not allowed, or not seen to come.
        more_pulses: pulses beyond the first for one vehicle.
        damages: files that SQLite found damaged after a SIGKILL.
        ends: times that the unit ended unasked.
        stuck: 1 where the outbox did not run empty in the end.
    """

    recorded: int
    live: int
    pulses: int
    repeated: int
    lost: int
    missing: int
    doubled: int
    disordered: int
    gaps: int
    late_live: int
    late_pulses: int
    more_pulses: int
    damages: int
    ends: int
    stuck: int


def judge(site: Site, emptied: bool) -> Verdict:
    """Look at all that a round has left; the unit has ended.  `emptied`: nothing waits any more."""
    notes = [note for journal in site.life.journals for note in _lines(journal)]
    history = {
        str(uuid): int(str(seq)) for seq, uuid in site.rows("SELECT seq, uuid FROM passages")
    }
    told = {note["uuid"]: int(note["seq"]) for note in notes if note["kind"] == "record"}
    logged = [_body(heard) for heard in site.ear.heard if heard.topic == "log"]
    first = {body["uuid"]: body["seq"] for body in reversed(logged)}
    live = [h for h in site.ear.heard if h.topic == "passage" and not h.again]
    vehicles = {vehicle.text: vehicle for vehicle in site.vehicles}
    late, more = _pulses(site, notes, vehicles)
    recorded = told | history
    dropped = site.rows("SELECT value FROM counters WHERE name = 'outbox_dropped'")[0][0]
    return Verdict(
        recorded=len(recorded),
        live=len(live),
        pulses=len(site.pins.pulses()),
        repeated=len(logged) - len(first),
        lost=len(recorded.keys() - first.keys()),
        missing=len(told.keys() - history.keys()),
        doubled=_doubled(logged, [_body(heard) for heard in live]),
        disordered=_disordered(logged),
        gaps=_gaps(list(recorded.values())) - int(str(dropped)),
        late_live=sum(_is_late(heard, vehicles) for heard in live),
        late_pulses=late,
        more_pulses=more,
        damages=len(site.life.damages),
        ends=len(site.life.ends),
        stuck=int(not emptied),
    )


def _doubled(logged: list[Body], live: list[Body]) -> int:
    """A copy told early has no `seq` yet, and is no record: only live copies compare with it."""
    bodies: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for body in logged + live:
        bare = {key: value for key, value in body.items() if key not in SENDING}
        bodies[body["uuid"], body["seq"] is None].add(json.dumps(bare, sort_keys=True))
    return sum(len(different) > 1 for different in bodies.values())


def _disordered(logged: list[Body]) -> int:
    """First arrivals that come behind a later passage's."""
    highest, seen, wrong = 0, set(), 0
    for body in logged:
        if body["uuid"] not in seen:
            seen.add(body["uuid"])
            wrong += body["seq"] < highest
            highest = max(highest, body["seq"])
    return wrong


def _gaps(seqs: list[int]) -> int:
    """Numbers from 1 to the highest that nobody has, and those that several have."""
    return max(seqs, default=0) - len(set(seqs)) + len(seqs) - len(set(seqs))


def _is_late(heard: Heard, vehicles: dict[str, Vehicle]) -> bool:
    """By the monotonic clock, which the machine's processes share."""
    body = _body(heard)
    heard_by = vehicles[body["plate"]].leaves_at + FRESH_S + STALL_S + SLACK_S
    return bool(body["late"]) or heard.retained or heard.at > heard_by


def _pulses(site: Site, notes: list[Body], vehicles: dict[str, Vehicle]) -> tuple[int, int]:
    """Pulses that were late, and pulses beyond the first of one vehicle."""
    asked = sorted(
        (note["at"], note["text"], note["fresh"]) for note in notes if note["kind"] == "ask"
    )
    late, opened = 0, Counter[str]()
    for begin, _ in site.pins.pulses():
        before = [ask for ask in asked if begin - ASKED_S <= ask[0] <= begin]
        _, text, fresh = before[-1] if before else (0.0, "", False)
        vehicle = vehicles.get(text)
        opened[text] += 1
        if (
            vehicle is None
            or not fresh
            or not vehicle.allowed
            or begin > vehicle.leaves_at + FRESH_S
        ):
            late += 1
    return late, sum(count - 1 for count in opened.values())


def _body(heard: Heard) -> Body:
    body = json.loads(heard.payload)
    assert isinstance(body, dict)
    return body


def _lines(journal: Path) -> list[Body]:
    if not journal.exists():
        return []
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
