"""From keys to a release that runs, as people type it: `tools/bundle` and `gatepost update`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from appliance import __version__
from appliance.__main__ import main
from appliance.config import load_config
from appliance.errors import StoreError
from appliance.inspection import check_parts
from appliance.store.database import DATABASE, Database
from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.install import hardware_name, platform_name
from appliance.update.progress import RUN, Desk, Progress, Request
from appliance.update.shelf import Shelf, sole_user
from tests.update.conftest import app_files, tar_of
from tools.publish import bundle
from tools.publish.pack import package_version

Told = tuple[int, str, str]
FOREIGN = [("updates", 65534, "nobody"), ("", 4321, "'#4321'")]
"""The folder itself, and the one above it, with and without a name for the owner."""


class Fleet:
    """One who publishes, and one unit."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Make keys and the unit's configuration."""
        self.folder, self._capsys = folder, capsys
        self.site, self.updates = folder / "site", folder / "updates"
        for name in ("root", "key"):
            code, told, _ = self.bundle("key", folder / f"{name}.pem")
            assert code == 0
            (folder / f"{name}.pub").write_text(told)
        table = f"root_file = 'root.pub'\nfolder = '{self.updates}'\n"
        (folder / "unit.toml").write_text(f"[update]\n{table}")
        code, told, _ = self.bundle(
            "keys", self.site, "--root", folder / "root.pem", "--release", folder / "key.pub"
        )
        assert (code, told) == (0, "statement 1: 1 root keys, release keys key\n")

    def bundle(self, *arguments: object) -> Told:
        """`tools/bundle`."""
        code = bundle.main([str(argument) for argument in arguments])
        return code, *self._capsys.readouterr()

    def signed(self, verb: str, *arguments: object) -> str:
        """The same, of what signs the manifest."""
        key = self.folder / "key.pem"
        code, told, faults = self.bundle(verb, self.site, "--key", key, *arguments)
        assert code == 0, faults
        return told

    def release(self, version: str, percent: float = 100) -> None:
        """Publish one."""
        contents = {"app": app_files(version), "models": {"read.toml": b"1"}, "libraries": {}}
        tars = {kind: self.folder / f"{kind}.tar" for kind in contents}
        for kind, files in contents.items():
            tars[kind].write_bytes(tar_of(files))
        images = ["--app", tars["app"], "--models", tars["models"]]
        images += ["--libraries", f"{platform_name()}={tars['libraries']}"]
        more = ["--percent", percent, "--summary", "better at night"]
        self.signed("release", "--version", version, *images, *more)

    def update(self, verb: str, *arguments: object, source: bool = False) -> Told:
        """`gatepost update`."""
        where = ["--from", self.site] if source else []
        command = ["update", verb, "--config", self.folder / "unit.toml", *where, *arguments]
        code = main([str(argument) for argument in command])
        return code, *self._capsys.readouterr()

    def state(self) -> dict[str, object]:
        """`gatepost update status --json`."""
        told: dict[str, object] = json.loads(self.update("status", "--json")[1])
        return told


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """With keys and no release."""
    return Fleet(tmp_path, capsys)


def test_a_release_goes_from_the_publisher_to_the_unit(fleet: Fleet) -> None:
    """Checked, installed, started, and given up; the words say what to do next."""
    fleet.release("0.2.0")
    code, told, _ = fleet.update("check", source=True)
    assert (code, told) == (0, "0.2.0 can be installed over 0.1.0: better at night\n")
    code, told, _ = fleet.update("install", source=True)
    assert (code, told.partition(";")[0]) == (0, "0.2.0 is installed and waits for its first start")
    assert "systemctl restart gatepost" in told
    assert "0.2.0 is installed and waits for its first start" in fleet.update("status")[1]
    assert "on trial: 0.2.0: not started yet" in fleet.update("status")[1]
    assert "0.1.0 stays: 0.2.0: is on trial" in fleet.update("check", source=True)[1]
    place = Shelf(fleet.updates, Disk()).start("boot")
    assert place is not None
    assert (place / "models" / "read.toml").read_bytes() == b"1"
    Shelf(fleet.updates, Disk()).start("another boot")
    assert "last: 0.2.0 is on trial, start 2 of 6 at most" in fleet.update("status")[1]
    code, told, _ = fleet.update("rollback")
    assert (code, told.partition(";")[0]) == (0, "0.2.0 failed: a person went back")
    assert fleet.state()["failed"] == {"0.2.0": "a person went back"}
    code, _, faults = fleet.update("install", source=True)
    assert (code, faults) == (65, "failed: 0.2.0: a person went back\n")
    assert fleet.update("install", "--force", source=True)[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could write there")
@pytest.mark.parametrize("verb", ["check", "install", "rollback"])
@pytest.mark.parametrize(("owned", "uid", "user"), FOREIGN)
def test_root_leaves_nothing_in_the_folder_of_another(
    fleet: Fleet, verb: str, owned: str, uid: int, user: str
) -> None:
    """Else the unit's user could not write there any more, and that unit had its last update."""
    fleet.release("0.2.0")
    fleet.update("install", source=True)
    fleet.updates.joinpath("lock").unlink()
    place = fleet.folder / owned
    os.chown(place, uid, uid)
    before = sorted(fleet.updates.rglob("*"))
    code, _, faults = fleet.update(verb, source=verb != "rollback")
    assert (code, faults.startswith(f"{place}: belongs to")) == (74, True)
    assert faults.endswith(f"expected: sudo -u {user} gatepost update ...\n")
    assert sorted(fleet.updates.rglob("*")) == before
    os.chown(place, 0, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could make it")
def test_root_makes_no_folder_in_that_of_another(tmp_path: Path) -> None:
    """As on a unit that was never updated; nor below one that is missing."""
    (tmp_path / "gatepost").mkdir()
    os.chown(tmp_path / "gatepost", 65534, 65534)
    for name in ("updates", "missing/updates"):
        with (
            pytest.raises(StoreError, match="gatepost: belongs to nobody"),
            sole_user(tmp_path / "gatepost" / name),
        ):
            pass
    assert list((tmp_path / "gatepost").iterdir()) == []


def test_nobody_goes_back_to_what_could_not_read_the_database(fleet: Fleet) -> None:
    """What came with the system, here: its unit would not start."""
    fleet.release("0.2.0")
    fleet.update("install", source=True)
    shelf = Shelf(fleet.updates, Disk())
    shelf.start("boot")
    shelf.change(trial.commit)
    (fleet.folder / "unit.toml").write_text(
        (fleet.folder / "unit.toml").read_text() + "\n[store]\nfolder = 'store'\n"
    )
    database = Database(fleet.folder / "store" / DATABASE)
    database.change("PRAGMA user_version = 2")
    code, _, faults = fleet.update("rollback")
    told = "schema: the database is of schema 2, 0.1.0 reads 1 at most\n"
    assert (code, faults) == (65, told)
    database.change("PRAGMA user_version = 1")
    database.close()
    assert fleet.update("rollback")[0] == 0


def test_what_the_unit_asks_for_is_installed(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told in a file; asked for twice it waits as it did, and without a request nothing happens."""
    monkeypatch.setenv(RUN, str(fleet.folder))
    (fleet.folder / "gatepost").mkdir()
    here = Desk(fleet.folder)
    fleet.release("0.2.0")
    fleet.release("0.3.0")
    assert fleet.update("install", "--requested", source=True)[:2] == (0, "")
    for told in ("0.2.0", "0.2.0"):
        here.ask(Request(told))
        code, said, _ = fleet.update("install", "--requested", source=True)
        assert (code, said) == (0, "0.2.0 is installed and waits for its first start\n")
        assert here.progress() == Progress("waiting", "0.2.0")
    here.ask(Request("0.4.0"))
    assert fleet.update("install", "--requested", source=True)[0] == 65
    assert here.progress() == Progress(
        "failed", "0.4.0", None, "unknown: 0.4.0 is not in the manifest"
    )
    here.ask(Request("0.3.0"))
    (fleet.folder / "unit.toml").write_text("[update]\nroot_file = 'missing'\n")
    assert fleet.update("install", "--requested", source=True)[0] == 78
    told = here.progress()
    assert told is not None
    assert (told.phase, "missing: cannot be read" in told.why) == ("failed", True)


def test_a_roll_out_is_steered(fleet: Fleet) -> None:
    """Staged, widened, paused, gone on with, withdrawn: each with the next sequence."""
    fleet.release("0.2.0", 0)
    assert "0.1.0 stays: 0.2.0: rolled out to 0 %" in fleet.update("check", source=True)[1]
    assert "sequence 2" in fleet.signed("stage", "--version", "0.2.0", "--percent", 100)
    fleet.signed("pause", "--version", "0.2.0")
    assert "0.2.0: its roll-out is paused (paused)" in fleet.update("check", source=True)[1]
    fleet.signed("resume", "--version", "0.2.0")
    assert "0.2.0 can be installed" in fleet.update("check", source=True)[1]
    fleet.signed("withdraw", "--version", "0.2.0", "--why", "opens for all")
    assert "0.2.0: withdrawn: opens for all" in fleet.update("check", source=True)[1]
    assert fleet.update("install", "--force", source=True)[0] == 65
    fleet.signed("refresh")
    assert fleet.bundle("show", fleet.site)[1].splitlines() == [
        f"sequence 6, expires {json.loads(_content(fleet))['expires']}",
        "0.2.0          0.0 MB  withdrawn: opens for all",
    ]


def test_a_version_is_published_once(fleet: Fleet) -> None:
    """And only the newest few stay, with their artefacts."""
    fleet.release("0.2.0")
    with pytest.raises(AssertionError, match="a version is never another one"):
        fleet.release("0.2.0")
    for number in range(3, 3 + bundle.KEPT):
        fleet.release(f"0.{number}.0")
    assert len(json.loads(_content(fleet))["releases"]) == bundle.KEPT
    assert len(list((fleet.site / "artefacts").iterdir())) == bundle.KEPT + 2


def test_a_release_is_of_the_version_that_its_package_tells(fleet: Fleet) -> None:
    """Else `gatepost version` would say another one than `update status`."""
    fleet.release("0.2.0")
    tars = {kind: fleet.folder / f"{kind}.tar" for kind in ("app", "models", "libraries")}
    tars["app"].write_bytes(tar_of(app_files("0.3.0")))
    images = ["--app", tars["app"], "--models", tars["models"], "--libraries"]
    command = [
        "release",
        fleet.site,
        "--key",
        fleet.folder / "key.pem",
        *images,
        "any=" + str(tars["libraries"]),
    ]
    code, _, faults = fleet.bundle(*command, "--version", "0.4.0")
    told = f"{tars['app']}: its package says that it is 0.3.0, expected 0.4.0 (--version)\n"
    assert (code, faults) == (1, told)
    assert fleet.bundle(*command)[0] == 0
    assert [each["version"] for each in json.loads(_content(fleet))["releases"]] == [
        "0.2.0",
        "0.3.0",
    ]
    tars["app"].write_bytes(tar_of({"appliance/__main__.py": b""}))
    code, _, faults = fleet.bundle(*command)
    assert (code, "expected appliance/__init__.py with a line __version__" in faults) == (1, True)


def test_our_own_package_tells_its_version(fleet: Fleet) -> None:
    """As `tools/bundle image app` packs it; what takes long says what it does."""
    out = fleet.folder / "own.tar.xz"
    code, _, said = fleet.bundle("image", "app", out)
    assert (code, f"{out}: packing " in said) == (0, True)
    assert package_version(out) == __version__


@pytest.mark.parametrize(("verb", "words"), [("pause", "Stop a"), ("resume", "Go on with")])
def test_each_command_has_a_help_of_its_own(
    verb: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where two do nearly the same."""
    with pytest.raises(SystemExit):
        bundle.main([verb, "--help"])
    assert words in capsys.readouterr().out


def test_half_an_image_is_not_published(fleet: Fleet) -> None:
    """As of a build that goes on; the manifest stays as it was."""
    fleet.release("0.2.0")
    half = fleet.folder / "half.tar"
    half.write_bytes((fleet.folder / "app.tar").read_bytes()[:100])
    models = fleet.folder / "models.tar"
    images = ["--app", half, "--models", models, "--libraries", f"any={models}"]
    key = ["--key", fleet.folder / "key.pem", "--version", "0.3.0"]
    code, _, faults = fleet.bundle("release", fleet.site, *key, *images)
    assert (code, "not an image" in faults) == (1, True)
    assert json.loads(_content(fleet))["sequence"] == 1


def test_what_a_unit_would_refuse_is_not_published(fleet: Fleet) -> None:
    """A key that does not count signs nothing."""
    code, _, faults = fleet.bundle("refresh", fleet.site, "--key", fleet.folder / "root.pem")
    told = f"signature: {fleet.folder}/root.pem: no release key that counts, expected one of key\n"
    assert (code, faults) == (65, told)
    assert not (fleet.site / "manifest.signed").exists()


@pytest.mark.parametrize(
    ("lines", "verb", "code", "words"),
    [
        ("", "check", 78, "update.root_file is missing"),
        ("[update]\nroot_file = 'root.pub'", "check", 78, "update.url is missing"),
        ("[update]\nroot_file = 'root.pem'", "check", 78, "private key, expected a public key"),
        ("[update]\nurl = 'https://x'", "status", 78, "update.root_file is missing"),
        ("[update]\nurl = 'http://x.example'\nroot_file = 'x'", "status", 78, "expected https"),
        ("[update]\nurl = 'x'\nroot_file = 'x'", "status", 78, "expected https://host"),
        ("[update]\nurl = 'https://u@x'\nroot_file = 'x'", "status", 78, "expected no user"),
    ],
)
def test_a_fault_is_named(fleet: Fleet, lines: str, verb: str, code: int, words: str) -> None:
    """With its key, and what was expected."""
    folder = f"folder = '{fleet.updates}'" if lines else f"[update]\nfolder = '{fleet.updates}'"
    (fleet.folder / "unit.toml").write_text(f"{lines}\n{folder}\n")
    told = fleet.update(verb)
    assert told[0] == code
    assert words in told[2]


FAULTS = {
    "a missing root": ("root_file = 'r'", "update.root_file: {}/r: cannot be read: No such file"),
    "garbage": ("root_file = 'unit.toml'", "update.root_file: {}/unit.toml: no public key"),
    "bytes": ("root_file = 'bytes'", "update.root_file: {}/bytes: no public key, expected"),
    "a private root": ("root_file = 'root.pem'", "update.root_file: {}/root.pem: private key"),
    "no authority": (
        "url = 'https://u.example'\nroot_file = 'root.pub'\nca_file = 'ca.crt'",
        "update.ca_file: {}/ca.crt: cannot be read: No such file or directory",
    ),
    "a key for an authority": (
        "url = 'https://u.example'\nroot_file = 'root.pub'\nca_file = 'root.pub'",
        "update.ca_file: {}/root.pub: no certificates in PEM form",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_check_finds_the_fault_of_each_file_that_is_named(fleet: Fleet, case: str) -> None:
    """As `update check` does, which ends with 78: trying again would not mend it."""
    lines, words = FAULTS[case]
    (fleet.folder / "bytes").write_bytes(b"\xff")
    unit = fleet.folder / "unit.toml"
    unit.write_text(f"[update]\nfolder = '{fleet.updates}'\n{lines}\n")
    expected = words.format(fleet.folder)
    assert [told for told in check_parts(load_config(unit)) if told.startswith(expected)]
    code, _, faults = fleet.update("check", source="url" not in lines)
    assert (code, faults.startswith(expected)) == (78, True), faults


def test_check_tells_both_files_at_once(fleet: Fleet) -> None:
    """A second look at the same table is spared."""
    unit = fleet.folder / "unit.toml"
    unit.write_text("[update]\nurl = 'https://u.example'\nroot_file = 'r'\nca_file = 'c'\n")
    told = [fault for fault in check_parts(load_config(unit)) if fault.startswith("update.")]
    assert [fault.partition(":")[0] for fault in told] == ["update.root_file", "update.ca_file"]


def test_an_unwritten_unit_says_so(fleet: Fleet) -> None:
    """Nothing was ever installed, and there is nothing to go back to."""
    assert fleet.update("status")[1].splitlines() == [
        "good: 0.1.0, as it came with the system",
        f"system: {hardware_name()}, {platform_name()}",
        "last: nothing was ever installed",
    ]
    code, _, faults = fleet.update("rollback")
    assert (code, faults.partition(":")[0]) == (65, "none")
    assert not fleet.updates.exists(), "asking leaves nothing behind"


def test_a_board_is_named_as_its_device_tree_does(tmp_path: Path) -> None:
    """The first of its names; a PC has no device tree."""
    compatible = tmp_path / "compatible"
    compatible.write_bytes(b"raspberrypi,4-model-b\0brcm,bcm2711\0")
    assert hardware_name(compatible) == "raspberrypi-4-model-b"
    assert hardware_name(tmp_path / "missing") == "pc"


def _content(fleet: Fleet) -> bytes:
    return (fleet.site / "manifest.signed").read_bytes().partition(b"\n")[2]
