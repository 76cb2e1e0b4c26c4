"""`gatepost lists` as a person calls it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.__main__ import main

Told = tuple[int, list[str], str]
Lists = Callable[..., Told]

CSV = "plate,label,times\nZG1234AB,Ivo,mon-fri 07:00-18:30\nab-12 cde,Anna,\n"


@pytest.fixture
def lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lists:
    """Runs `gatepost lists` on a store of its own: exit code, lines of stdout, stderr."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[store]\nfolder = "kept"\n')

    def run(*arguments: object) -> Told:
        code = main(["lists", *map(str, arguments), "--config", str(config)])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """A file of two entries."""
    path = tmp_path / "plates.csv"
    path.write_text(CSV)
    return path


def test_an_entry_is_added_shown_and_removed(lists: Lists) -> None:
    """With all that it may say; each change tells the list's new state."""
    code, (state,), _ = lists(
        *("add", "allowed", "ab-12 cde", "--label", "Anna", "--from", "2026-01-01"),
        *(
            "--times",
            "mon-fri 07:00-18:30",
            "--times",
            "sat 08:00-12:00",
            "--direction",
            "receding",
        ),
    )
    assert code == 0
    assert state.split()[:5] == ["allowed", "version", "1", "entries", "1"]
    assert lists("show", "allowed")[1] == [
        (
            "AB12CDE  label: Anna  valid_from: 2026-01-01"
            "  times: mon-fri 07:00-18:30, sat 08:00-12:00  direction: receding"
        )
    ]
    assert lists("remove", "allowed", "AB12CDE")[0] == 0
    assert lists("show", "allowed")[1] == []


def test_all_lists_are_shown_without_a_plate(lists: Lists) -> None:
    """Name, version, length and checksum, as the broker gets them."""
    lists("add", "denied", "SECRET1")
    code, shown, _ = lists("show")
    assert code == 0
    assert [line.split()[:5] for line in shown] == [
        ["denied", "version", "1", "entries", "1"],
        ["allowed", "version", "0", "entries", "0"],
        ["watched", "version", "0", "entries", "0"],
    ]
    assert "SECRET1" not in "".join(shown)


def test_a_list_is_replaced_by_a_file(lists: Lists, csv: Path) -> None:
    """What stood on it before is gone."""
    lists("add", "allowed", "OLD1")
    assert lists("import", "allowed", csv)[0] == 0
    assert [line.split()[0] for line in lists("show", "allowed")[1]] == ["AB12CDE", "ZG1234AB"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bad.csv", b"plate,times\nA1,\n\xd0\x90B1,\nC3,fry\n", ["line 3: plate", "line 4: times"]),
        ("bad.csv", b"plate\nA1\n\xff\n", ["line 3: expected UTF-8"]),
        ("bad.json", b'["A1", "?"]', ["entry 2: plate = '?'"]),
        ("bad.json", b'["A1"', ["not JSON"]),
    ],
)
def test_a_corrupt_file_changes_nothing(
    lists: Lists, csv: Path, name: str, content: bytes, told: list[str]
) -> None:
    """Every fault is told with file, line, field and value; exit code 65."""
    lists("import", "allowed", csv)
    before = lists("show"), lists("show", "allowed")
    bad = csv.with_name(name)
    bad.write_bytes(content)
    code, lines, complaint = lists("import", "allowed", bad)
    assert (code, lines) == (65, [])
    *faults, last = complaint.splitlines()
    assert all(line.startswith(f"{bad}: {want}") for line, want in zip(faults, told, strict=True))
    assert last == "nothing was changed"
    assert (lists("show"), lists("show", "allowed")) == before


def test_a_file_that_is_not_there_is_named(lists: Lists, tmp_path: Path) -> None:
    """Exit code 66, as for a picture."""
    code, _, complaint = lists("import", "allowed", tmp_path / "none.csv")
    assert code == 66
    assert complaint == f"{tmp_path / 'none.csv'}: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("name", ["out.csv", "out.json"])
def test_an_export_can_be_imported(lists: Lists, csv: Path, name: str) -> None:
    """The other list is then the same; only the owner reads the file."""
    out = csv.with_name(name)
    lists("import", "allowed", csv)
    assert lists("export", "allowed", out)[0] == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert lists("import", "watched", out)[0] == 0
    assert lists("show", "allowed")[1] == lists("show", "watched")[1]


def test_an_export_to_stdout_is_csv_unless_asked(lists: Lists, csv: Path) -> None:
    """The JSON is what the checksum is of."""
    lists("import", "allowed", csv)
    assert lists("export", "allowed")[1] == [
        "plate,label,valid_from,valid_until,times,direction",
        "AB12CDE,Anna,,,,",
        "ZG1234AB,Ivo,,,mon-fri 07:00-18:30,",
    ]
    (exported,) = lists("export", "allowed", "--format", "json")[1]
    assert [entry["plate"] for entry in json.loads(exported)] == ["AB12CDE", "ZG1234AB"]
    assert lists("show")[1][1].split()[-1] == sha256(exported.encode()).hexdigest()


def test_an_export_replaces_a_file_whole_or_not_at_all(lists: Lists, csv: Path) -> None:
    """A folder cannot be replaced; nothing is left beside it."""
    lists("import", "allowed", csv)
    folder = csv.with_name("taken.csv")
    (folder / "x").mkdir(parents=True)
    code, _, complaint = lists("export", "allowed", folder)
    assert code == 1
    assert f"{folder}: cannot be written" in complaint
    assert sorted(path.name for path in csv.parent.iterdir()) == [
        "gatepost.toml",
        "kept",
        "plates.csv",
        "taken.csv",
    ]


def test_a_plate_is_tried(lists: Lists, csv: Path) -> None:
    """At a time, in a direction, near or exact: which entry counts, and why or why not."""
    lists("import", "allowed", csv)
    lists("add", "denied", "ZG1234A8", "--until", "2026-01-31")
    friday = ("--at", "2026-11-20T12:00")
    assert lists("check", "zg-1234-ab", *friday)[1] == ["ZG1234AB: on allowed (Ivo), which applies"]
    assert lists("check", "ZG1234AB", "--at", "2026-11-21T12:00")[1] == [
        "ZG1234AB: on allowed (Ivo), which does not apply: not at this time of the week"
    ]
    assert lists("check", "QQ11", *friday)[:2] == (0, ["QQ11: on no list"])
    assert lists("check", "ZG1Z34AB", *friday, "--max-distance", "1")[1] == [
        "ZG1Z34AB: near to ZG1234AB, distance 0.5, on allowed (Ivo), which applies",
        (
            "  not counted: near to ZG1234A8, distance 1, on denied,"
            " which does not apply: expired, valid until 2026-01-31"
        ),
    ]


def test_a_plate_is_tried_as_the_unit_does(lists: Lists, csv: Path) -> None:
    """How near counts is the configuration's, unless another distance is asked for."""
    lists("add", "allowed", "AB12")
    assert lists("check", "A812")[1] == ["A812: on no list"]
    with csv.with_name("gatepost.toml").open("a") as config:
        config.write("[lists]\nmax_distance = 0.5\n")
    near = ["A812: near to AB12, distance 0.5, on allowed, which applies"]
    assert lists("check", "A812")[1] == near
    assert lists("check", "A812", "--max-distance", "0")[1] == ["A812: on no list"]


def test_a_plate_near_to_several_is_explained(lists: Lists) -> None:
    """It is on no list, and one sees between which it would have to be guessed."""
    lists("add", "allowed", "AB1")
    lists("add", "allowed", "AB2")
    code, lines, _ = lists("check", "AB3", "--max-distance", "1")
    assert code == 0
    assert lines[0] == "AB3: on no list: several are as near, and a gate must not guess"
    assert len(lines) == 3


def test_who_gives_way_is_told(lists: Lists, monkeypatch: pytest.MonkeyPatch, csv: Path) -> None:
    """An entry is what its last command says; what it said before is not lost unseen."""
    lists("import", "allowed", csv)
    again = ("add", "allowed", "AB12CDE", "--until", "2026-12-31")
    assert lists(*again)[2] == "in the place of: AB12CDE  label: Anna\n"
    assert lists("show", "allowed")[1][0] == "AB12CDE  valid_until: 2026-12-31"
    assert lists(*again)[2] == "", "the same again replaces nothing"
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    assert lists("add", "allowed", "AB12CDE")[2] == "in the place of: an entry\n"


@pytest.mark.parametrize(
    "looks", [("show",), ("export", "allowed"), ("check", "AB1"), ("remove", "allowed", "AB1")]
)
def test_who_only_looks_makes_no_store(
    lists: Lists, tmp_path: Path, looks: tuple[str, ...]
) -> None:
    """It would be an empty one in a wrong place; its path is named, exit code 74."""
    path = tmp_path / "kept" / "passages.sqlite"
    code, lines, complaint = lists(*looks)
    assert (code, lines) == (74, [])
    assert complaint.startswith(f"{path}: no such store")
    assert not path.parent.exists()


def test_the_store_is_named(lists: Lists, tmp_path: Path) -> None:
    """Where a new one is made, and where the lists are that are shown."""
    path = tmp_path / "kept" / "passages.sqlite"
    assert lists("add", "allowed", "AB1")[2] == f"{path}: a new store\n"
    assert lists("add", "allowed", "AB2")[2] == ""
    assert lists("show")[2] == f"lists in {path}:\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "allowed", "\u0410B12"), "plate = '\\u0410B12': expected 1 to 12 of A-Z"),
        (("add", "allowed", "AB12", "--until", "soon"), "valid_until = 'soon': expected a day"),
        (("remove", "allowed", "AB12"), "plate = AB12: does not stand on allowed"),
        (("check", "?"), "PLATE = '?': expected"),
        (("check", "AB12", "--at", "noon"), "--at = 'noon': expected"),
    ],
)
def test_faults_are_told_with_exit_code_65(
    lists: Lists, csv: Path, arguments: tuple[str, ...], told: str
) -> None:
    """And with the value, to the one who typed it."""
    lists("import", "watched", csv)
    code, lines, complaint = lists(*arguments)
    assert (code, lines) == (65, [])
    assert complaint.startswith(told)


def test_in_a_journal_no_plate_is_told(
    lists: Lists, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import by a timer ends in the log."""
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    csv.write_text("plate\nSECRET1*\n")
    code, _, complaint = lists("import", "allowed", csv)
    assert code == 65
    assert "line 2: plate: expected" in complaint
    assert "SECRET1" not in complaint


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lists"], "arguments are required: VERB"),
        (["lists", "add", "unknown", "AB1"], "invalid choice: 'unknown'"),
        (["lists", "check", "A", "--max-distance", "9"], "'9': expected 0 to 2"),
        (["lists", "check", "A", "--max-distance", "near"], "'near': expected 0 to 2"),
    ],
)
def test_a_wrong_call_is_explained(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the usage, the value and what was expected."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert "usage: gatepost lists" in complaint
    assert told in complaint
