"""The table of a run: what failed stays in it, and counts."""

from __future__ import annotations

import json
from pathlib import Path

from tools.machine.results import Results


def test_a_failure_stays_in_the_table(tmp_path: Path) -> None:
    """Every line is in the file at once and in the table at the end, with its mark."""
    results = Results(tmp_path / "results.jsonl")
    assert results.check("1 boot", "online", "after 40 s", is_right=True)
    assert not results.check("2 update", "committed", "not\nwithin 9 s", is_right=False)
    results.measure("bundle", "140 MB")
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [line["is_right"] for line in lines] == [True, False]
    table = results.table()
    assert "1 of 2 as expected" in table
    assert "FAIL  2 update: committed" in table
    assert "not within 9 s" in table
    assert "bundle: 140 MB" in table
