"""What waits for the webhook's consumer, in a real file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance.decision import Decision
from appliance.store.database import SCHEMA, Database
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.store.posts import TRIES, Posts
from tests.conftest import numbered

BODY = "x" * 100


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A file of its own."""
    return Database(tmp_path / "gatepost.db")


def fill(database: Database, count: int, limit: int = 10**6, **changes: object) -> None:
    """Record so many passages for the consumer."""
    passages = Passages(database, None, limit)
    for number in range(count):
        passages.record(numbered(number, **changes), BODY, None)


def waiting(database: Database) -> list[int]:
    """The rows of the table."""
    return [seq for (seq,) in database.rows("SELECT seq FROM posts ORDER BY seq")]


def test_they_go_out_oldest_first_and_leave_when_taken(database: Database) -> None:
    """The next is the oldest until the consumer has it; nothing goes into the broker's outbox."""
    fill(database, 3)
    posts, seen = Posts(database), []
    while (message := posts.next()) is not None:
        seen.append(message.uuid)
        posts.taken(message.seq)
    assert seen == [numbered(number).uuid for number in range(3)]
    assert (posts.waiting(), Outbox(database).waiting()) == (0, 0)


def test_one_that_is_refused_for_ever_blocks_nobody(database: Database) -> None:
    """After some refusals a row is set aside, counted, and the next has its turn."""
    fill(database, 2)
    posts = Posts(database)
    said = [posts.refused(1) for _ in range(TRIES)]
    assert said == [False] * (TRIES - 1) + [True]
    message = posts.next()
    assert message is not None
    assert message.seq == 2
    assert (posts.waiting(), posts.set_aside()) == (1, 1)


def test_a_start_gives_it_one_more_go(database: Database) -> None:
    """What was set aside comes back once, in its place, and is set aside again at once."""
    fill(database, 2)
    posts = Posts(database)
    for _ in range(TRIES):
        posts.refused(1)
    posts.bring_back()
    message = posts.next()
    assert message is not None
    assert message.seq == 1
    assert posts.refused(1)


def test_at_the_limit_the_oldest_that_is_no_hit_gives_way(database: Database) -> None:
    """Hits stay as long as there is anything else to drop; what is dropped is counted."""
    fill(database, 2, decision=Decision("watched", "alert", "watched"))
    passages = Passages(database, None, 500)
    for number in range(10, 15):
        passages.record(numbered(number), BODY, None)
    assert waiting(database) == [1, 2, 5, 6, 7]
    assert Posts(database).dropped() == 2


def test_what_is_forgotten_is_posted_no_more(database: Database) -> None:
    """Retention and erasure take the row with the passage, and the bytes are counted down."""
    fill(database, 3)
    Passages(database, None, 10**6).forget(2**60)
    assert waiting(database) == []
    assert database.rows("SELECT value FROM counters WHERE name = 'posts_bytes'") == [(0,)]


def test_without_a_consumer_nothing_waits(database: Database) -> None:
    """No table grows for a webhook that nobody asked for."""
    Passages(database, 10**6).record(numbered(1), BODY, None)
    assert waiting(database) == []


def test_a_file_of_an_older_release_gets_the_table(tmp_path: Path) -> None:
    """The table is made beside the old ones, and the schema keeps its number."""
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as old:
        for statement in SCHEMA:
            old.execute(statement)
    old.close()
    database = Database(path)
    fill(database, 1)
    assert waiting(database) == [1]
    assert database.rows("PRAGMA user_version") == [(1,)]
