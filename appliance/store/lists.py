"""The lists as they stand on the card.

The rules to know: a change happens whole or not at all, and each raises the version of its list by
one; what changes nothing, such as a command that comes twice, raises nothing.  What an entry says
is not looked at here; it comes and goes as its canonical JSON.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha256

from appliance.decision import ListName, ListState
from appliance.errors import Fault, ListError
from appliance.store.database import Database
from appliance.store.marks import Marks

MOST_ENTRIES = 100_000  # of one list; what was measured to answer in time

NEVER_CHANGED = ListState(0, 0, sha256(b"[]").hexdigest())


class ListStore:
    """The entries of every list, with a checksum over each list.

    What is removed is overwritten in the file within a minute, as the history is.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database) -> None:
        """Keep the lists in `database`."""
        self._database = database

    def versions(self) -> dict[str, int]:
        """Of each list that ever changed its version; a few microseconds."""
        return dict(self._database.rows("SELECT name, version FROM lists"))

    def state(self, name: ListName) -> ListState:
        """Version, count and checksum of a list."""
        rows = self._database.rows(
            "SELECT version, count, sha256 FROM lists WHERE name = ?", (name,)
        )
        return ListState(*rows[0]) if rows else NEVER_CHANGED

    def bodies(self) -> dict[str, list[str]]:
        """The entries of each list that has any, as they all stood at one moment, by plate."""
        bodies: dict[str, list[str]] = {}
        for name, body in self._database.rows(
            "SELECT list, body FROM list_entries ORDER BY list, plate"
        ):
            bodies.setdefault(name, []).append(body)
        return bodies

    def replace(self, name: ListName, bodies: Mapping[str, str]) -> None:
        """Let a list have exactly these entries, by plate; only what differs is written."""
        with self._database.transaction():
            known = self._known(name)
            for plate in known.keys() - bodies.keys():
                self._delete(name, plate)
            for plate, body in bodies.items():
                if known.get(plate) != body:
                    self._put(name, plate, body)
            if known != bodies:
                self._changed(name)
            self._said(name)

    def add(self, name: ListName, plate: str, body: str) -> str | None:
        """Put an entry on a list; gives the one in whose place it came."""
        with self._database.transaction():
            before = self._body(name, plate)
            if before != body:
                self._put(name, plate, body)
                self._changed(name)
            self._said(name)
        return before

    def remove(self, name: ListName, plate: str) -> str | None:
        """Take a plate off a list; gives its entry, None where it does not stand there."""
        with self._database.transaction():
            before = self._body(name, plate)
            if before is not None:
                self._delete(name, plate)
                self._changed(name)
                self._said(name)
        return before

    def said_ms(self, name: ListName) -> int | None:
        """When somebody said last what stands on a list, be it the same; wall-clock milliseconds.

        None where nobody did, or an older release was told.
        """
        return Marks(self._database).get(f"said_{name}_ms")

    def _said(self, name: ListName) -> None:
        self._database.change(
            "INSERT OR REPLACE INTO counters VALUES (?, ?)",
            (f"said_{name}_ms", round(time.time() * 1000)),
        )

    def _body(self, name: ListName, plate: str) -> str | None:
        rows = self._database.rows(
            "SELECT body FROM list_entries WHERE list = ? AND plate = ?", (name, plate)
        )
        return str(rows[0][0]) if rows else None

    def _known(self, name: ListName) -> dict[str, str]:
        return dict(
            self._database.rows(
                "SELECT plate, body FROM list_entries WHERE list = ? ORDER BY plate", (name,)
            )
        )

    def _put(self, name: ListName, plate: str, body: str) -> None:
        self._database.change(
            "INSERT OR REPLACE INTO list_entries VALUES (?, ?, ?)", (name, plate, body)
        )

    def _delete(self, name: ListName, plate: str) -> None:
        gone = "DELETE FROM list_entries WHERE list = ? AND plate = ?"
        self._database.change(gone, (name, plate))

    def _changed(self, name: ListName) -> None:
        """Count and sum up a list anew, inside the transaction that changes it.

        Raises:
            ListError: it has become too long; the transaction is undone.
        """
        bodies = self._known(name).values()
        if len(bodies) > MOST_ENTRIES:
            expected = f"expected at most {MOST_ENTRIES} entries"
            raise ListError([Fault(f"list {name}", "", "", f"{len(bodies)} entries, {expected}")])
        checksum = sha256(f"[{','.join(bodies)}]".encode()).hexdigest()
        version = self.state(name).version + 1
        self._database.change(
            "INSERT OR REPLACE INTO lists VALUES (?, ?, ?, ?)",
            (name, version, len(bodies), checksum),
        )
