"""`gatepost parking` and `gatepost traffic`: what the owner sees at the unit."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.store.database import DATABASE, Database
from appliance.store.passages import Passages
from appliance.transmit import messages
from appliance.transmit.messages import Topics
from appliance.yard import Yard
from appliance.yardsection import Parking
from tests.conftest import SETTLED, UNIT, numbered

HOUR_MS = 3_600_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A unit with a car park on which one vehicle is, and another was for two hours."""
    path = tmp_path / "gatepost.toml"
    path.write_text(
        '[store]\nfolder = "store"\n[parking]\nentering = "approaching"\ncapacity = 9\n'
    )
    database = Database(tmp_path / "store" / DATABASE)
    passages, now_ms = Passages(database, None), round(time.time() * 1000)
    for number, (ago_h, plate) in enumerate([(4, "AB12CDE"), (3, "ZG4827KT"), (2, "AB12CDE")]):
        settled = replace(
            SETTLED,
            read=replace(SETTLED.read, text=plate),
            direction="approaching" if number < 2 else "receding",
        )
        passage = numbered(number, settled=settled, epoch_ms=now_ms - ago_h * HOUR_MS)
        passages.record(passage, messages.passage_body(passage, UNIT, "m"), None)
    yard = Yard(database, Parking.model_validate({"entering": "approaching"}), Topics("unit"))
    yard.catch_up()
    database.close()
    return path


def test_who_is_inside(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a visit with its plate, list and hours; then the occupancy; `--ended` the others."""
    assert main(["parking", "show", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2:] for line in lines[:-1]] == [
        ["ZG4827KT", "unknown", "3.00", "h", "still", "inside"]
    ]
    assert lines[-1].startswith("occupancy 1 of 9; 1 visits open")
    assert main(["parking", "show", "--ended", "--config", str(config)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.split()[2:] == ["AB12CDE", "unknown", "2.00", "h", "left"]


def test_a_unit_that_counts_nobody_says_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An occupancy of 0 would be believed; visits of before are shown all the same."""
    config.write_text('[store]\nfolder = "store"\n')
    assert main(["parking", "show", "--config", str(config)]) == 0
    visit, last = capsys.readouterr().out.splitlines()
    assert "ZG4827KT" in visit
    assert last == "nobody is counted: [parking] is not configured"


def test_how_many_went_by(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By hour, direction and region, also as CSV; no region of a single car, no plate."""
    assert main(["traffic", "show", "--csv", "--config", str(config)]) == 0
    header, *rows = [line.split(",") for line in capsys.readouterr().out.splitlines()]
    assert header == ["hour", "direction", "region", "vehicles"]
    assert [row[1:] for row in rows] == [
        ["approaching", "other", "1"],
        ["approaching", "other", "1"],
        ["receding", "other", "1"],
    ]
    assert main(["traffic", "show", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == rows[0]


@pytest.mark.parametrize("command", ["parking", "traffic"])
def test_who_looks_in_a_wrong_place_is_told_and_leaves_nothing(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty car park would be believed; where there is no store none is made."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[store]\nfolder = "nowhere"\n')
    assert main([command, "show", "--config", str(config)]) == 74
    assert "no such store" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
