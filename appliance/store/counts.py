"""Counts of traffic by the hour: no plate, so they are kept longer than passages."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.domain import Direction
from appliance.store.database import Database
from appliance.tally import Count, Hour

KEEP_DAYS = 400
"""A year, and the month that is compared with the same one of the year before."""
DAY_MS = 86_400_000
COLUMNS = "begins_ms, hour, direction, region, vehicles"


class Counts:
    """How many vehicles went by in each hour.

    Nothing here begins a transaction: a count belongs into that which marks its passage counted.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database) -> None:
        """Keep counts in `database`."""
        self._database = database

    def add(self, hour: Hour, direction: Direction, region: str) -> None:
        """One more vehicle."""
        self._insert(Count(hour, direction, region, 1))

    def of_hour(self, begins_ms: int) -> list[Count]:
        """What was counted in the hour that began then."""
        return self._counts("WHERE begins_ms = ?", (begins_ms,))

    def all(self) -> list[Count]:
        """All that are kept, oldest first."""
        return self._counts("")

    def hours_with_few(self, before_ms: int, few: int, but: tuple[str, str]) -> list[int]:
        """When the hours began, before that one, that have a region with fewer vehicles.

        Args:
            before_ms: the beginning of an hour, milliseconds since 1970 UTC.
            few: vehicles of one direction and region.
            but: regions that do not matter.
        """
        rows = self._database.rows(
            "SELECT DISTINCT begins_ms FROM traffic WHERE begins_ms < ? AND vehicles < ?"
            " AND region NOT IN (?, ?)",
            (before_ms, few, *but),
        )
        return [int(row[0]) for row in rows]

    def replace(self, begins_ms: int, counts: Sequence[Count]) -> None:
        """Let the hour that began then have exactly these counts."""
        self._database.change("DELETE FROM traffic WHERE begins_ms = ?", (begins_ms,))
        for count in counts:
            self._insert(count)

    def forget(self, now_ms: int) -> None:
        """Delete what was counted more than KEEP_DAYS before now."""
        oldest = now_ms - KEEP_DAYS * DAY_MS
        self._database.change("DELETE FROM traffic WHERE begins_ms < ?", (oldest,))

    def _insert(self, count: Count) -> None:
        self._database.change(
            f"INSERT INTO traffic ({COLUMNS}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
            " ON CONFLICT DO UPDATE SET vehicles = vehicles + excluded.vehicles",
            (
                count.hour.begins_ms,
                count.hour.written,
                count.direction,
                count.region,
                count.vehicles,
            ),
        )

    def _counts(self, where: str, values: Sequence[object] = ()) -> list[Count]:
        rows = self._database.rows(
            f"SELECT {COLUMNS} FROM traffic {where} ORDER BY begins_ms, direction, region",  # noqa: S608
            values,
        )
        return [
            Count(Hour(begins_ms, hour), direction, region, vehicles)
            for begins_ms, hour, direction, region, vehicles in rows
        ]
