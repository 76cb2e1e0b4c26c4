"""Single figures that outlive the process, beside the counters of the outbox."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.store.database import Database


class Marks:
    """Whole numbers by name.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database) -> None:
        """Keep figures in `database`."""
        self._database = database

    def get(self, name: str) -> int | None:
        """One of them; None where nobody ever put it."""
        rows = self._database.rows("SELECT value FROM counters WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else None

    def put(self, figures: Mapping[str, int]) -> None:
        """Write several, all or none."""
        with self._database.transaction():
            for name, value in figures.items():
                self._database.change(
                    "INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value)
                )

    @property
    def store(self) -> str:
        """Names this file: another one counts passages anew, and has another name."""
        return f"{self.get('store') or 0:08x}"
