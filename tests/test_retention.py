"""For how long passages are kept, asked over MQTT: never longer than the file says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import StoreError
from appliance.retention import DAY_S, Retention, days
from appliance.store.marks import Marks
from appliance.transmit.inbox import RETAINED
from tests.orders_bench import Bench

SET = "retention_days/set"
REFUSED = {
    "more than the file says": ("4", "retention_days: 4, expected 1 to 3: no more than store.re"),
    "a little more": ("3.001", "retention_days: 3.001, expected 1 to 3"),
    "less than a day": ("0.999", "retention_days: 0.999, expected 1 to 3"),
    "nothing at all": ("0", "retention_days: 0, expected 1 to 3"),
    "below nothing": ("-1", "retention_days: expected a number of days, such as 2"),
    "empty": ("", "retention_days: expected a number"),
    "no number": ("nan", "retention_days: expected a number"),
    "for ever": ("inf", "retention_days: expected a number"),
    "more than anybody lives": ("1" * 5000, "retention_days: expected a number"),
    "an object": ('{"days": 1}', "retention_days: expected a number"),
    "other digits": ("٢", "retention_days: expected a number"),
    "a plate": ("SECRET1", "retention_days: expected a number"),
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """On a new store, for three days."""
    made = Bench(tmp_path)
    yield made
    made.database.close()


def restarted(bench: Bench, ceiling_days: float = 3) -> Retention:
    """What the next process makes of the store."""
    return Retention(ceiling_days * DAY_S, Marks(bench.database))


@pytest.mark.parametrize(("payload", "kept"), [("1", 1), ("2", 2), (" 2.0\n", 2), ("1.5", 1.5)])
def test_a_shorter_time_counts_at_once_and_after_a_restart(
    bench: Bench, payload: str, kept: float
) -> None:
    """It is answered, and in the store."""
    assert bench.send(SET, payload) == {"id": None, "ok": True, "topic": SET}
    assert bench.retention.keep_s == kept * DAY_S
    assert restarted(bench).keep_s == kept * DAY_S


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_explained(bench: Bench, name: str) -> None:
    """And changes nothing, now or after a restart."""
    bench.send(SET, "2")
    payload, told = REFUSED[name]
    answer = bench.send(SET, payload)
    assert (answer["ok"], answer["topic"]) == (False, SET)
    assert answer["error"].startswith(told)
    assert "SECRET1" not in answer["error"]
    assert (bench.retention.keep_s, restarted(bench).keep_s) == (2 * DAY_S, 2 * DAY_S)


def test_a_retained_command_changes_nothing(bench: Bench) -> None:
    """It would come again at each connection, after somebody had thought better of it."""
    answer = bench.send(SET, "1", retained=True, name="7")
    assert answer == {"id": "7", "ok": False, "error": RETAINED, "topic": SET}
    assert bench.retention.keep_s == 3 * DAY_S


def test_the_file_is_the_ceiling_at_each_start(bench: Bench) -> None:
    """Whatever was asked before; and who raises it does not undo what was asked."""
    bench.send(SET, "2")
    assert restarted(bench, ceiling_days=0.5).keep_s == 0.5 * DAY_S
    assert restarted(bench, ceiling_days=30).keep_s == 2 * DAY_S


@pytest.mark.parametrize("ceiling_days", [3, 64 / 24])
def test_the_most_means_as_the_file_says(bench: Bench, ceiling_days: float) -> None:
    """Of a file that is changed later, too; the number that is published is the most."""
    bench.send(SET, "2")
    bench.retention.ceiling_s = ceiling_days * DAY_S
    assert bench.send(SET, f"{days(ceiling_days * DAY_S)}")["ok"]
    assert bench.retention.keep_s == ceiling_days * DAY_S
    assert restarted(bench, ceiling_days=30).keep_s == 30 * DAY_S


def test_less_than_a_day_in_the_file_is_changed_by_nobody(bench: Bench) -> None:
    """The shortest that can be asked for is longer."""
    bench.retention.ceiling_s = DAY_S / 2
    told = "retention_days: cannot be changed here, for store.retention_hours in the"
    assert bench.send(SET, "1")["error"].startswith(told)
    assert bench.retention.keep_s == DAY_S / 2


def test_what_cannot_be_remembered_does_not_count(bench: Bench) -> None:
    """Else a restart would bring back a time that somebody was told is over."""
    bench.database.close()
    with pytest.raises(StoreError):
        bench.retention.ask(1)
    assert bench.retention.keep_s == 3 * DAY_S
