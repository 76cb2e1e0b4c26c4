"""What the lists say about a plate that was read.  Pure.

The rules to know, in this order:

1. A plate that stands on a list is that plate: where the text is exactly that of an entry, nothing
   near is looked at, even if the entry is out of its time.
2. Denied beats allowed beats watched.  An entry that does not apply now, or not in this direction,
   steps aside for one that does.
3. A text that is only near to plates opens nothing as long as a denied plate that applies is among
   them, however much nearer an allowed one is.
4. Otherwise the nearest entry counts, if it is the only one at its distance.  Of several, on one
   list or on two, none on `allowed` and none on `denied` counts: a gate must not guess.  A watched
   one does, for an alert does no harm.
5. Doubt closes.  Where the clock or the direction is not known, an allowed entry that asks for it
   does not apply; a denied or a watched one does.  The same where an entry says something that only
   a later release understands: it may be a condition.

So no entry on `denied` ever opens anything, nor lets anything else open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from appliance.decision import ListName, Match
from appliance.domain import Direction
from appliance.errors import Fault, ListError
from appliance.respond.entries import Entry, parse_entry
from appliance.respond.listfile import decoded, fields_in, load_json, parse_json
from appliance.respond.near import Neighbourhood
from appliance.respond.times import is_after, is_before

PRECEDENCE: Final[tuple[ListName, ...]] = ("denied", "allowed", "watched")

Verb = Literal["add", "remove", "set"]
LARGEST_ENTRY = 4096
LARGEST_SET = 2_000_000  # bytes of a payload; mosquitto 2.1 takes no larger packet


class Lists:
    """All lists as they stood at one moment; it never changes, so threads may share it.

    Args:
        entries: of each list; each plate at most once on each.
        max_distance: how near counts as near: 0 only what is equal, 0.5 one character that cameras
            confuse, 1 two of them or any other fault, at most 2.
    """

    def __init__(
        self, entries: Mapping[ListName, Iterable[Entry]], max_distance: float = 0.0
    ) -> None:
        self._standing: dict[str, list[tuple[ListName, Entry]]] = {}
        for name in PRECEDENCE:
            for entry in entries.get(name, ()):
                self._standing.setdefault(entry.plate, []).append((name, entry))
        self._neighbourhood = Neighbourhood(list(self._standing), max_distance)

    def match(self, text: str, when: datetime | None, direction: Direction) -> Match | None:
        """The entry that counts for a plate, whether or not it applies; None where none does.

        Only the text that the vote settled on is looked for.  Its other candidates are guesses of
        the reader: they may be farther away than the user allows.

        Args:
            text: A-Z and 0-9, as a Read has it.
            when: now, in the unit's own zone; None where the clock cannot be trusted.
            direction: in which the vehicle drives.
        """
        exact = self._matches(text, 0.0, when, direction)
        if exact:
            return min(exact, key=lambda match: not match.applies)
        return _only_nearest(self.near(text, when, direction))

    def near(self, text: str, when: datetime | None, direction: Direction) -> list[Match]:
        """Every entry whose plate is near to a text but not equal, nearest first."""
        plates = self._neighbourhood.near(text)
        found = (self._matches(plate, away, when, direction) for away, plate in plates)
        return [match for matches in found for match in matches]

    def _matches(
        self, plate: str, distance: float, when: datetime | None, direction: Direction
    ) -> list[Match]:
        """The entries of one plate, in the order in which the lists count."""
        return [
            _match(name, entry, distance, _objection(name, entry, when, direction))
            for name, entry in self._standing.get(plate, ())
        ]


def _only_nearest(near: list[Match]) -> Match | None:
    """Rules 3 and 4: which of the near entries counts."""
    barring = [match for match in near if match.list == "denied" and match.applies]
    if barring or not near:
        return barring[0] if barring else None
    nearest = [match for match in near if match.distance == near[0].distance]
    if len(nearest) == 1:
        return nearest[0]
    watched = [match for match in nearest if match.list == "watched"]
    return min(watched, key=lambda match: not match.applies, default=None)


def _match(name: ListName, entry: Entry, distance: float, objection: str) -> Match:
    return Match(
        list=name,
        entry_plate=entry.plate,
        label=entry.label,
        distance=distance,
        near=distance > 0,
        applies=not objection,
        reason=objection,
    )


def _objection(name: ListName, entry: Entry, when: datetime | None, direction: Direction) -> str:
    """Why an entry does not apply, in words; empty where it does."""
    untimely = _untimely(entry, when) if when else _undated(name, entry)
    unknown = "says what only a later release knows" if entry.rest and name == "allowed" else ""
    return untimely or _misdirected(name, entry, direction) or unknown


def _untimely(entry: Entry, when: datetime) -> str:
    if when.tzinfo is None:
        raise ValueError(f"{when}: expected a time with its zone")
    if entry.valid_from and is_before(when, entry.valid_from):
        return f"not valid before {entry.valid_from}"
    if entry.valid_until and is_after(when, entry.valid_until):
        return f"expired, valid until {entry.valid_until}"
    if entry.times and not any(span.covers(when) for span in entry.times):
        return "not at this time of the week"
    return ""


def _undated(name: ListName, entry: Entry) -> str:
    limited = entry.valid_from or entry.valid_until or entry.times
    return "limited in time, and the clock is not set" if limited and name == "allowed" else ""


def _misdirected(name: ListName, entry: Entry, direction: Direction) -> str:
    if entry.direction in {"any", direction}:
        return ""
    if direction == "unknown":
        known = f"only when {entry.direction}, and the direction is not known"
        return known if name == "allowed" else ""
    return f"only when {entry.direction}"


@dataclass(frozen=True, slots=True)
class ListCommand:
    """A change of a list that somebody asks for.

    Attributes:
        list: which one; never "unknown".
        verb: add or replace an entry, remove a plate, set the whole list.
        entries: one, or with "set" all of them; of the one to remove only the plate counts.
    """

    list: ListName
    verb: Verb
    entries: tuple[Entry, ...]


def parse_command(topic_tail: str, payload: bytes) -> ListCommand:
    """A command as it comes over MQTT; a retained one must have been refused before.

    Args:
        topic_tail: what follows `lists/` in the topic: "allowed/add".
        payload: a plate, or an entry as a JSON object; for "set" a JSON array of either.

    Raises:
        ListError: what was expected, in words without a plate, fit for the answer and for a log.
    """
    for name in PRECEDENCE:
        for verb in get_args(Verb):
            if topic_tail == f"{name}/{verb}":
                return ListCommand(name, verb, _commanded(verb, payload))
    expected = f"expected {'|'.join(PRECEDENCE)} / {'|'.join(get_args(Verb))}"
    raise ListError([Fault("", "topic", repr(topic_tail), expected)])


def _commanded(verb: Verb, payload: bytes) -> tuple[Entry, ...]:
    largest = LARGEST_SET if verb == "set" else LARGEST_ENTRY
    if len(payload) > largest:
        told = f"expected at most {largest} bytes"
        raise ListError([Fault("payload", "", "", f"{len(payload)} bytes, {told}")])
    if verb == "set":
        return parse_json(payload)
    text = decoded(payload).strip()
    item = load_json(text) if text[:1] in {"{", "[", '"'} else text
    return (parse_entry(fields_in(item), "payload"),)
