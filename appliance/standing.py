"""The lists as the lane sees them, and the changes that people make to them.

The rule to know: the lane never waits for a change.  Whoever maintains calls `refresh`, which
builds new Lists beside the old; the lane asks the newest through `match`, which are always whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from appliance.decision import ListName, Match
from appliance.domain import Direction
from appliance.errors import Fault, ListError, StoreError
from appliance.respond.entries import Entry, parse_stored
from appliance.respond.listfile import parse_json
from appliance.respond.lists import PRECEDENCE, ListCommand, Lists
from appliance.store.lists import ListStore


class StandingLists:
    """The newest Lists of a store.

    Attributes:
        lists: as they stood at the last `refresh`; each is immutable, so any thread may take it.

    Raises:
        StoreError: the store cannot be read; `refresh` raises it too.
    """

    def __init__(self, store: ListStore, max_distance: float) -> None:
        """Build the lists that `store` holds.

        Args:
            store: on a connection of the loop that calls `refresh`.
            max_distance: how near counts as near, as Lists takes it.
        """
        self._store = store
        self._max_distance = max_distance
        self._versions: dict[str, int] = {}
        self.lists = Lists({}, max_distance)
        self.refresh()

    def match(self, text: str, when: datetime | None, direction: Direction) -> Match | None:
        """What the newest lists say about a plate, as `Lists.match` has it; any thread may ask."""
        return self.lists.match(text, when, direction)

    def refresh(self) -> bool:
        """Look whether a list has changed, by whichever process, and build them all anew if so.

        Microseconds where none has; half a second for 100,000 entries on a server.

        Returns:
            Whether one had changed.
        """
        versions = self._store.versions()  # before the entries: a change in between is seen again
        if versions == self._versions:
            return False
        self.lists = Lists(load_entries(self._store), self._max_distance)
        self._versions = versions
        return True


def load_entries(store: ListStore) -> dict[ListName, tuple[Entry, ...]]:
    """The entries of every list, in the order of their plates.

    Raises:
        StoreError: the store cannot be read, or what stands there is no entry.
    """
    bodies = store.bodies()
    try:
        return {name: _entries(bodies.get(name, ())) for name in PRECEDENCE}
    except ListError as fault:
        raise StoreError(f"the lists in the store are damaged: {fault}") from fault


def _entries(bodies: Sequence[str]) -> tuple[Entry, ...]:
    """As one array, five times as fast; one by one where a later release has written some."""
    try:
        return parse_json(f"[{','.join(bodies)}]".encode())
    except ListError:
        return tuple(map(parse_stored, bodies))


def carry_out(command: ListCommand, store: ListStore) -> Entry | None:
    """Change a list as a command wants it, durably; the same again changes nothing.

    Returns:
        The entry that was replaced or removed; None where there was none, or a list was set.

    Raises:
        ListError: the list would become too long, or the plate to remove is not there; nothing was
            changed.
        StoreError: the store cannot be written; nothing was changed.
    """
    if command.verb == "set":
        store.replace(command.list, {entry.plate: entry.body for entry in command.entries})
        return None
    (entry,) = command.entries
    if command.verb == "add":
        before = store.add(command.list, entry.plate, entry.body)
        return parse_stored(before) if before is not None else None
    gone = store.remove(command.list, entry.plate)
    if gone is None:
        told = f"does not stand on {command.list}"
        raise ListError([Fault("", "plate", entry.plate, told)])
    return parse_stored(gone)
