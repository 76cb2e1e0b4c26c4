"""The unit's passages: what the card holds after a cut, and whether any was lost since.

The rule to know: a passage counts from when its transaction is on the card or the broker has said
that it has it; from then on it must be there after every cut, and at the broker in the end.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.machine.card import Card, rescued

STORE = "/var/lib/gatepost"
"""Within the data partition, which has the unit's /var."""
FILE = "gatepost/passages.sqlite"


@dataclass(slots=True)
class Ledger:
    """What must never be lost.

    Attributes:
        recorded: uuid of every passage that was on the card at some cut.
        undone: uuid of passages that another card has, which was taken out.
        faults: what was found wrong, in words.
    """

    recorded: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def look(self, card: Card, told: set[str], when: str) -> int:
        """Read the store of a card that has just lost its power; gives how many passages it has.

        Args:
            card: out of its machine.
            told: uuid of what the broker has had until now.
            when: names the cut.
        """
        with TemporaryDirectory(dir=card.path.parent) as folder:
            rescued(card, Path(STORE), Path(folder))
            there, fault = passages(Path(folder, FILE))
        if fault:
            self.faults.append(f"{when}: {fault}")
        for uuid in sorted((self.recorded | (told - self.undone)) - there):
            kind = "recorded" if uuid in self.recorded else "told"
            self.faults.append(f"{when}: passage {uuid} was {kind} before and is gone")
        self.recorded |= there
        return len(there)


def passages(store: Path) -> tuple[set[str], str]:
    """The uuid of all passages in a store, told early or recorded; and what is wrong with it."""
    if not store.exists():
        return set(), ""  # before its first start
    with closing(sqlite3.connect(store)) as database:
        try:
            sound = database.execute("PRAGMA integrity_check").fetchall()
            uuids = "SELECT uuid FROM passages UNION SELECT uuid FROM early"
            there = {str(row[0]) for row in database.execute(uuids)}
        except sqlite3.DatabaseError as fault:
            return set(), f"{store.name}: {fault}"
    return there, "" if sound == [("ok",)] else f"{store.name}: {sound[:3]}"
