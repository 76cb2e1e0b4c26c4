"""Lists on the card: whole or not at all, a version for each change, files of older releases."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.decision import ListState
from appliance.errors import ListError, StoreError
from appliance.store import lists as lists_module
from appliance.store.database import Database
from appliance.store.lists import ListStore
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from tests.conftest import PASSAGE, until

EMPTY = sha256(b"[]").hexdigest()
PLATES = st.sampled_from(["A1", "B2", "C3"])
BODIES = st.sampled_from(['{"a":1}', '{"b":2}'])
STEPS = st.one_of(
    st.tuples(st.just("add"), PLATES, BODIES),
    st.tuples(st.just("remove"), PLATES, st.none()),
    st.tuples(st.just("replace"), st.dictionaries(PLATES, BODIES), st.none()),
)

# turns the list from all entries "a" into all "b" and back, telling each version once it is durable
WRITER = """
import itertools, sys
from pathlib import Path
from appliance.store.database import Database
from appliance.store.lists import ListStore
store = ListStore(Database(Path(sys.argv[1])))
for turn in itertools.count():
    body = f'"{"ab"[turn % 2]}"'
    store.replace("allowed", {f"P{number}": body for number in range(turn % 7 * 50 + 50)})
    print(store.state("allowed").version, flush=True)
"""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A new file."""
    return Database(tmp_path / "gatepost.db")


def test_a_list_that_never_changed_is_empty(database: Database) -> None:
    """Version 0, and the checksum of an empty array."""
    store = ListStore(database)
    assert store.versions() == {}
    assert store.bodies() == {}
    assert store.state("allowed") == ListState(0, 0, EMPTY)


def test_the_state_follows_every_change(database: Database) -> None:
    """Version, length, and the checksum of the entries in the order of their plates."""
    store = ListStore(database)
    store.add("allowed", "B2", '{"b":2}')
    store.add("allowed", "A1", '{"a":1}')
    assert store.bodies() == {"allowed": ['{"a":1}', '{"b":2}']}
    assert store.state("allowed") == ListState(2, 2, sha256(b'[{"a":1},{"b":2}]').hexdigest())
    assert store.remove("allowed", "B2")
    assert store.state("allowed") == ListState(3, 1, sha256(b'[{"a":1}]').hexdigest())


def test_the_same_again_is_no_change(database: Database) -> None:
    """A command that QoS 1 delivers twice, or an import of what is there already."""
    store = ListStore(database)
    assert store.add("allowed", "A1", '{"a":1}') is None
    assert store.add("allowed", "A1", '{"a":1}') == '{"a":1}'
    store.replace("allowed", {"A1": '{"a":1}'})
    store.replace("denied", {})
    assert store.versions() == {"allowed": 1}


def test_lists_do_not_share_anything(database: Database) -> None:
    """The same plate on two lists is two entries, and a change is one list's."""
    store = ListStore(database)
    store.add("allowed", "A1", "1")
    store.add("denied", "A1", "2")
    store.replace("allowed", {})
    assert store.bodies() == {"denied": ["2"]}
    assert store.versions() == {"allowed": 2, "denied": 1}


def test_removing_what_is_not_there_changes_nothing(database: Database) -> None:
    """Not even the version: nobody needs to look again."""
    store = ListStore(database)
    assert not store.remove("watched", "A1")
    assert store.versions() == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=8))
def test_whatever_way_a_list_came_about_its_state_is_the_same(
    database: Database, steps: list[tuple[str, str | dict[str, str], str]]
) -> None:
    """After any changes it equals a list that was replaced by the result at once."""
    store, expected = ListStore(database), dict[str, str]()
    store.replace("allowed", {})
    for step, target, body in steps:
        _take(store, expected, step, target, body)
    store.replace("watched", expected)
    one, other = store.state("allowed"), store.state("watched")
    assert (one.count, one.sha256) == (other.count, other.sha256)
    assert one.count == len(expected)


def _take(
    store: ListStore,
    expected: dict[str, str],
    step: str,
    target: str | dict[str, str],
    body: str,
) -> None:
    """One change to the store, and to what is expected of it."""
    if isinstance(target, dict):
        store.replace("allowed", target)
        expected.clear()
        expected.update(target)
    elif step == "add":
        store.add("allowed", target, body)
        expected[target] = body
    else:
        assert store.remove("allowed", target) == expected.pop(target, None)


def test_a_restart_keeps_the_lists(tmp_path: Path) -> None:
    """With their versions."""
    first = Database(tmp_path / "gatepost.db")
    ListStore(first).add("allowed", "A1", "1")
    state = ListStore(first).state("allowed")
    first.close()
    again = ListStore(Database(tmp_path / "gatepost.db"))
    assert again.bodies() == {"allowed": ["1"]}
    assert again.state("allowed") == state


def test_another_connection_sees_the_version(tmp_path: Path) -> None:
    """A change by the command reaches the unit."""
    unit, command = (ListStore(Database(tmp_path / "gatepost.db")) for _ in range(2))
    command.add("denied", "A1", "1")
    assert unit.versions() == {"denied": 1}


def test_a_list_too_long_is_left_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one entry more and by a whole list; the words have no plate."""
    monkeypatch.setattr(lists_module, "MOST_ENTRIES", 2)
    store = ListStore(database)
    store.replace("allowed", {"A1": "1", "B2": "2"})
    before = store.state("allowed"), store.bodies()
    with pytest.raises(ListError, match="3 entries, expected at most 2"):
        store.add("allowed", "SECRET1", "3")
    with pytest.raises(ListError, match="list allowed: 4 entries"):
        store.replace("allowed", {f"SECRET{n}": "" for n in range(4)})
    assert (store.state("allowed"), store.bodies()) == before


def test_a_fault_in_mid_change_leaves_the_list_as_it_was(database: Database) -> None:
    """A body that cannot be written, after others that could."""
    store = ListStore(database)
    store.replace("allowed", {"A1": "1"})
    before = store.state("allowed"), store.bodies()
    bodies: dict[str, str] = {"B2": "2", "C3": ["3"]}  # type: ignore[dict-item]
    with pytest.raises(StoreError):
        store.replace("allowed", bodies)
    assert (store.state("allowed"), store.bodies()) == before


@pytest.mark.parametrize("killed_after", [1, 3, 8])
def test_a_kill_in_mid_commit_leaves_one_whole_list(tmp_path: Path, killed_after: int) -> None:
    """The one before or the one after, with its own checksum, and nothing told is lost."""
    path = tmp_path / "gatepost.db"
    told = tmp_path / "told"
    with told.open("wb") as out:
        command = [sys.executable, "-c", WRITER, str(path)]
        writer = subprocess.Popen(command, stdout=out)
        until(lambda: len(told.read_text().splitlines()) >= killed_after, "versions are told")
        writer.kill()
        writer.wait()
    store = ListStore(Database(path))
    bodies, state = store.bodies()["allowed"], store.state("allowed")
    assert len(set(bodies)) == 1
    assert state.count == len(bodies)
    assert state.sha256 == sha256(f"[{','.join(bodies)}]".encode()).hexdigest()
    assert state.version >= int(told.read_text().splitlines()[-1])


def test_a_file_of_an_older_release_gets_lists(tmp_path: Path) -> None:
    """Its passages stay, and its version stays: the older release can still open it."""
    path = tmp_path / "gatepost.db"
    old = Database(path)
    Passages(old, 1000).record(PASSAGE, "{}", None)
    for table in ("lists", "list_entries"):
        old.change(f"DROP TABLE {table}")
    old.close()
    new = Database(path)
    ListStore(new).add("allowed", "A1", "1")
    assert ListStore(new).versions() == {"allowed": 1}
    assert len(Outbox(new).pending(0, 10)) == 1
    assert new.rows("PRAGMA user_version") == [(1,)]


def test_removed_plates_are_overwritten(tmp_path: Path) -> None:
    """Once the log is emptied, as retention does each minute, the file does not hold them."""
    path = tmp_path / "gatepost.db"
    database = Database(path)
    store = ListStore(database)
    store.add("allowed", "SECRET1", '{"plate":"SECRET1"}')
    store.add("watched", "SECRET1", '{"plate":"SECRET1"}')
    assert store.remove("allowed", "SECRET1")
    store.replace("watched", {})
    database.empty_log()
    files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert not any(b"SECRET1" in content for content in files)
