"""Looking for updates by a process that ends: real keys, a real manifest, a server on loopback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import __version__
from appliance.lookout import AGAIN_S, FIRST_S, LIMIT_S, SPREAD_S, Lookout
from appliance.update.question import Answer, Question, answer_of
from appliance.update.trial import Deployment, Standing, give_up, put_on_trial, start, written
from appliance.updatesection import Update
from tests.commands.test_update import Fleet
from tests.conftest import until
from tests.update.test_web import Server, published

HOUR_S, DAY_S = 3600.0, 86400.0
NOTHING = Answer(why=f"nothing is newer than {__version__}", sequence=1)
BETTER = Answer("0.2.0", "better at night", "", 1)


class Clock:
    """Monotonic seconds that pass when they are told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """With one release."""
    made = Fleet(tmp_path, capsys)
    made.release("0.2.0")
    return made


@pytest.fixture
def server(fleet: Fleet) -> Iterator[Server]:
    """What is published, over HTTP."""
    with published(fleet.site) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    """At the beginning."""
    return Clock()


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Lookout]]:
    """Makes the lookout of a unit; it ends after the test."""
    made: list[Lookout] = []

    def make(url: str = "http://127.0.0.1:9", unit: str = "u1", **more: object) -> Lookout:
        update = Update(url=url, root_file=tmp_path / "root.pub", folder=tmp_path / "updates")
        question = Question(
            unit=unit,
            update=update,
            reads=1,
            memory=tmp_path / "memory",
            shelf=tmp_path / "updates",
        )
        told: dict[str, object] = {"period_s": DAY_S, "monotonic": clock} | more
        made.append(Lookout(question, tmp_path / "offer.json", **told))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


def look(lookout: Lookout) -> None:
    """Have one look, to its end."""
    before = lookout.looks
    lookout.hurry()

    def has_ended() -> bool:
        lookout.turn(may_begin=True)
        return lookout.looks > before

    until(has_ended, "a look")


def test_what_is_offered_is_found_and_remembered(
    server: Server, watch: Callable[..., Lookout]
) -> None:
    """By whom it is asked for again after a restart, without looking."""
    lookout = watch(server.url)
    assert lookout.answer is None
    look(lookout)
    assert (lookout.answer, lookout.fault) == (BETTER, "")
    assert watch(server.url).answer == BETTER


def test_what_failed_here_is_not_offered(
    server: Server, tmp_path: Path, watch: Callable[..., Lookout]
) -> None:
    """The folder that says so is only read: on some units it is root's."""
    standing = put_on_trial(Standing(), Deployment("x", "0.2.0", 1), reached=False)
    failed = give_up(start(standing, "boot"), "it ended")
    folder = tmp_path / "updates"
    folder.mkdir()
    (folder / "state.json").write_bytes(written(failed))
    lookout = watch(server.url)
    look(lookout)
    assert lookout.answer == Answer(why="0.2.0: it ended", sequence=1)
    assert [each.name for each in folder.iterdir()] == ["state.json"]
    assert (tmp_path / "memory" / "state.json").exists()


def test_an_older_manifest_is_refused(
    server: Server, fleet: Fleet, watch: Callable[..., Lookout]
) -> None:
    """What was seen is remembered; and what was found before the fault still stands."""
    manifest = fleet.site / "manifest.signed"
    old = manifest.read_bytes()
    fleet.signed("refresh")
    lookout = watch(server.url)
    look(lookout)
    manifest.write_bytes(old)
    look(lookout)
    assert lookout.fault == "replayed: sequence 1, but 2 was seen here before"
    assert lookout.answer is not None
    assert lookout.answer.version == "0.2.0"


def test_a_server_that_is_away_is_told(
    fleet: Fleet, watch: Callable[..., Lookout], clock: Clock
) -> None:
    """And asked again within the hour, not at once."""
    assert fleet.site.exists()
    lookout = watch()
    look(lookout)
    assert lookout.answer is None
    assert "Connection refused" in lookout.fault
    assert lookout.due_at == clock.now + AGAIN_S
    lookout.turn(may_begin=True)
    assert not lookout.is_looking


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("pass", "ended without an answer (code 0)"),
        ("print('[1]')", "ended without an answer (code 0)"),
        ("print('{\"version\": 1}')", "ended without an answer (code 0)"),
        ("raise SystemExit(3)", "ended without an answer (code 3)"),
        ("import os; os.kill(os.getpid(), 9)", "ended without an answer (code -9)"),
    ],
)
def test_a_look_that_gives_no_answer_is_told(
    watch: Callable[..., Lookout], does: str, why: str
) -> None:
    """Whatever became of it."""
    lookout = watch(command=(sys.executable, "-c", does))
    look(lookout)
    assert lookout.fault == f"a look for updates {why}"


def test_a_program_that_is_not_there_is_told(watch: Callable[..., Lookout]) -> None:
    """As where a release was taken away under the unit."""
    lookout = watch(command=("/nowhere/python3",))
    look(lookout)
    assert lookout.fault == "a look for updates cannot be begun: No such file or directory"


def test_a_slow_look_is_ended(watch: Callable[..., Lookout], clock: Clock) -> None:
    """Whatever server holds it."""
    sleeping = "import sys, time; sys.stdin.read(); time.sleep(600)"
    lookout = watch(command=(sys.executable, "-c", sleeping))
    lookout.hurry()
    lookout.turn(may_begin=True)
    assert lookout.is_looking
    due_at = lookout.due_at
    lookout.hurry()
    assert lookout.due_at == due_at, "one that goes on is enough"
    assert lookout._seeker is not None
    number = lookout._seeker.pid
    clock.now += LIMIT_S + 1
    lookout.turn(may_begin=True)
    assert (lookout.is_looking, lookout.fault) == (False, "a look for updates took more than 300 s")
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_unit_looks_once_a_day_at_its_own_time(
    watch: Callable[..., Lookout], clock: Clock
) -> None:
    """First some minutes after the start, not all units at once; and not while it may not."""
    command = (sys.executable, "-c", "print('{}')")
    lookouts = [watch(unit=f"unit-{number}", command=command) for number in range(100)]
    first = sorted(each.due_at - clock.now for each in lookouts)
    assert FIRST_S <= first[0] < FIRST_S + SPREAD_S / 4
    assert FIRST_S + SPREAD_S * 3 / 4 < first[-1] < FIRST_S + SPREAD_S
    lookout = lookouts[0]
    clock.now = lookout.due_at - 1
    lookout.turn(may_begin=True)
    clock.now += 1
    lookout.turn(may_begin=False)
    assert not lookout.is_looking
    lookout.turn(may_begin=True)
    assert lookout.is_looking
    assert lookout.due_at == clock.now + DAY_S


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b'{"why": "nothing", "sequence": 3, "later": [1]}', Answer(why="nothing", sequence=3)),
        (b"{}", Answer()),
        (b"", None),
        (b"[]", None),
        (b'{"sequence": "3"}', None),
        (b'{"version": "newest"}', None),
        (b"[" * 100_000, None),
    ],
)
def test_an_answer_is_read_or_none(said: bytes, answer: Answer | None) -> None:
    """A release after this one may say more."""
    assert answer_of(said) == answer
