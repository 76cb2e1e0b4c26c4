"""`gatepost update` on a unit with slots, as people and root's services type it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.update import boot, slots, verdict
from appliance.update.disk import Disk
from appliance.update.fakeboard import FakeBoard, FakeRauc, Root
from appliance.update.hawkbit import flat
from appliance.update.progress import Desk, Progress, Request
from appliance.update.shelf import Shelf
from appliance.update.signature import pem_of
from appliance.update.slots import System
from appliance.update.verdict import Verdict
from tests.standin.hawkbit import HawkbitStandIn
from tests.standin.hawkbit_state import Fleet, Target
from tests.update.conftest import Publisher
from tests.update.slotted import COMPATIBLE, NEW, OLD, bundle_release

Told = tuple[int, str, str]


class Typed:
    """A unit with slots, and what is typed there."""

    def __init__(
        self, folder: Path, publisher: Publisher, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self.site, self._capsys = folder, publisher.site.folder, capsys
        self.board = FakeBoard({"A": Root(COMPATIBLE, OLD), "B": None})
        (folder / "root.pub").write_text(pem_of(publisher.root.public()))
        (folder / "unit.toml").write_text("[update]\nroot_file = 'root.pub'\n")
        self.boots = 0
        self.boot()

    def boot(self, *, orderly: bool = False) -> None:
        """As gatepost-slots.service sees it."""
        root = self.board.power_on(orderly=orderly)
        assert root is not None
        runs, self.boots = System(root.compatible, root.version), self.boots + 1
        told = json.dumps({"compatible": root.compatible, "version": root.version})
        (self.folder / "system.json").write_text(told)
        shelf = Shelf(self.folder / "updates", Disk())
        boot.begin(shelf, self.board, runs, f"boot {self.boots}")

    def update(self, verb: str, *arguments: str) -> Told:
        """`gatepost update`."""
        self._capsys.readouterr()
        source = ["--from", str(self.site)] if verb in {"install", "check"} else []
        command = ["update", verb, "--config", str(self.folder / "unit.toml"), *source, *arguments]
        return main(command), *self._capsys.readouterr()

    def artefacts(self) -> list[str]:
        """What is published."""
        return [f"artefacts/{path.name}" for path in (self.site / "artefacts").iterdir()]

    def tell(self, *, good: bool, why: str = "") -> None:
        """As the unit's probation."""
        verdict.tell(Verdict(NEW, good, why))


@pytest.fixture
def typed(
    tmp_path: Path,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Typed:
    """Runs OLD from slot A, and is offered NEW."""
    monkeypatch.setenv("GATEPOST_RUN", str(tmp_path))
    (tmp_path / "gatepost").mkdir()
    monkeypatch.setattr(slots, "SYSTEM", tmp_path / "system.json")
    for module in ("update.slots", "commands.slotting"):
        monkeypatch.setattr(f"appliance.{module}.FOLDER", tmp_path / "updates")
    made = Typed(tmp_path, publisher, capsys)
    for module in ("update.install", "commands.hawkbit", "commands.slotting"):
        monkeypatch.setattr(f"appliance.{module}.Rauc", lambda: FakeRauc(made.board))
    monkeypatch.setattr("appliance.commands.slotting.Tryboot", lambda: made.board)
    bundle_release(publisher, NEW, hardware=[])
    return made


def test_a_system_is_installed_tried_and_committed(typed: Typed) -> None:
    """The words say what to do next, and how the slots stand."""
    assert typed.update("check")[1] == f"{NEW} can be installed over {OLD}\n"
    code, told, _ = typed.update("install")
    said = f"{NEW} is installed and waits for its first start"
    assert (code, told) == (0, f"{said}; the next boot tries it: systemctl reboot\n")
    assert "slots: A runs, committed\n" in typed.update("status")[1]
    typed.boot(orderly=True)
    told = typed.update("status")[1]
    assert "slots: B runs, A is committed\n" in told
    assert f"good: {OLD}\n" in told
    assert f"on trial: {NEW}: 1 starts in 1 tries\n" in told
    assert typed.update("commit")[:2] == (0, "")
    assert typed.board.committed == "A", "nobody has found anything"
    typed.tell(good=True)
    assert typed.update("commit")[:2] == (0, f"{NEW} is good, after 1 starts\n")
    assert typed.board.committed == "B"
    assert f"slots: B runs, committed; A holds {OLD}\n" in typed.update("status")[1]
    typed.tell(good=True)
    assert typed.update("commit")[:2] == (0, f"{NEW} is good, after 1 starts\n")
    assert json.loads(typed.update("status", "--json")[1])["slots"] == {
        "booted": "B",
        "committed": "B",
    }
    code, told, _ = typed.update("rollback")
    assert (code, told.partition(";")[0]) == (
        0,
        f"{OLD} is installed and waits for its first start",
    )
    assert typed.board.armed


def test_a_system_that_is_not_good_is_left_at_once(typed: Typed) -> None:
    """Root boots the committed slot, and remembers what the unit said."""
    typed.update("install")
    typed.boot(orderly=True)
    typed.tell(good=False, why="0 frames seen, expected 30")
    code, told, _ = typed.update("commit")
    assert (code, told) == (0, f"{NEW} failed: 0 frames seen, expected 30\n")
    assert typed.board.is_restarting
    typed.boot(orderly=True)
    assert (typed.board.booted, typed.board.committed) == ("A", "A")
    code, _, faults = typed.update("install")
    assert (code, faults) == (65, f"failed: {NEW}: 0 frames seen, expected 30\n")


def test_a_verdict_of_another_version_commits_nothing(typed: Typed) -> None:
    """Such as one of before the last boot, if a folder were ever to outlive it."""
    typed.update("install")
    typed.boot(orderly=True)
    verdict.tell(Verdict("9.9.9", good=True))
    assert typed.update("commit")[0] == 0
    assert typed.board.committed == "A"


def test_what_the_unit_asks_for_is_installed_and_booted(typed: Typed) -> None:
    """Once nobody is before the gate."""
    here = Desk(typed.folder)
    here.ask(Request(NEW))

    def quiet(_name: str) -> None:
        here.hush()

    typed.board.step = quiet
    assert typed.update("install", "--requested")[0] == 0
    assert here.progress() == Progress("waiting", NEW)
    assert (typed.board.is_restarting, typed.board.armed) == (True, True)
    typed.board.is_restarting = False
    typed.boot(orderly=True)
    here.ask(Request(NEW))
    typed.update("install", "--requested")
    assert not typed.board.is_restarting, "it is being tried: that is not cut short"


@pytest.fixture
def hawkbit(typed: Typed) -> Iterator[Fleet]:
    """Has the unit among its targets, and NEW among its modules."""
    with HawkbitStandIn().running() as server:
        token = typed.folder / "token"
        token.write_text("abc")
        token.chmod(0o600)
        table = f"[update.hawkbit]\nurl = '{server.url}'\ntoken_file = 'token'\n"
        settings = typed.folder / "unit.toml"
        settings.write_text(f"[unit]\nid = 'u1'\n{settings.read_text()}{table}")
        names = ("manifest.signed", "keys/1.signed", *typed.artefacts())
        files = {flat(name): (typed.site / name).read_bytes() for name in names}
        server.fleet.targets["u1"] = Target("abc")
        server.fleet.module(NEW, files)
        typed.board.step = lambda _name: Desk(typed.folder).hush()  # nobody is before the gate
        yield server.fleet


def test_hawkbit_assigns_a_system_and_hears_its_end(typed: Typed, hawkbit: Fleet) -> None:
    """The board is booted, root commits, and the server knows the slots."""
    action = hawkbit.assign("u1", hawkbit.modules[1])
    code, told, faults = typed.update("hawkbit")
    assert (code, told, faults) == (0, f"{NEW} is installed and waits for its first start\n", "")
    assert (typed.board.is_restarting, typed.board.armed) == (True, True)
    typed.board.is_restarting = False
    typed.boot(orderly=True)
    typed.update("hawkbit")
    assert (action.is_active, typed.board.is_restarting) == (True, False)
    typed.tell(good=True)
    typed.update("commit")
    typed.update("hawkbit")
    assert action.status == "FINISHED"
    told = hawkbit.targets["u1"].attributes
    assert (told["version"], told["booted"], told["committed"]) == (NEW, "B", "B")


def test_the_unit_cannot_keep_hawkbit_away(typed: Typed, hawkbit: Fleet) -> None:
    """What it may read it may hold: were it taken over, the release that mends it comes still."""
    hawkbit.assign("u1", hawkbit.modules[1])
    place = typed.folder / "gatepost-update"
    place.mkdir()
    (place / "lock").touch()
    with (place / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert typed.update("hawkbit")[0] == 0
    assert typed.board.armed


def test_a_system_is_tried_though_hawkbit_went_away(typed: Typed, hawkbit: Fleet) -> None:
    """After it was installed: else it would wait for somebody to start the board anew."""

    def step(name: str) -> None:
        Desk(typed.folder).hush()
        if name == "arm B":
            hawkbit.targets.clear()  # from now on it refuses the unit

    hawkbit.assign("u1", hawkbit.modules[1])
    typed.board.step = step
    code, _, faults = typed.update("hawkbit")
    assert (code, "configData: answered 401" in faults) == (75, True)
    assert (typed.board.is_restarting, typed.board.armed) == (True, True)


def test_hawkbit_hears_why_a_system_was_left(typed: Typed, hawkbit: Fleet) -> None:
    """In the words of the unit."""
    action = hawkbit.assign("u1", hawkbit.modules[1])
    typed.update("hawkbit")
    typed.boot(orderly=True)
    typed.tell(good=False, why="0 frames seen, expected 30")
    typed.update("commit")
    typed.boot(orderly=True)
    typed.update("hawkbit")
    assert action.history[-1] == ("ERROR", (f"{NEW} failed: 0 frames seen, expected 30",))


def test_a_system_that_is_cancelled_before_its_boot_is_not_booted(
    typed: Typed, hawkbit: Fleet
) -> None:
    """The slot is not armed any more."""
    action = hawkbit.assign("u1", hawkbit.modules[1])
    typed.update("hawkbit")
    hawkbit.cancel(action)
    typed.update("hawkbit")
    assert (action.status, typed.board.armed) == ("CANCELED", False)
