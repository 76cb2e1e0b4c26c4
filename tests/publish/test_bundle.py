"""`tools/bundle` typed wrongly: nothing that units would refuse is signed, and no traceback."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.commands.test_update import Fleet
from tests.update.conftest import app_files, tar_of
from tools.publish.bundle import KEPT


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """With keys and one release."""
    made = Fleet(tmp_path, capsys)
    made.release("0.2.0")
    return made


def new_key(fleet: Fleet, name: str) -> Path:
    """A private key, and its public one beside it."""
    path = fleet.folder / f"{name}.pem"
    path.parent.mkdir(exist_ok=True)
    _, told, _ = fleet.bundle("key", path)
    path.with_suffix(".pub").write_text(told)
    return path


def manifest(fleet: Fleet) -> dict[str, object]:
    """What is published."""
    signed = (fleet.site / "manifest.signed").read_bytes()
    table: dict[str, object] = json.loads(signed.partition(b"\n")[2])
    return table


def test_a_root_key_that_does_not_count_states_nothing(fleet: Fleet) -> None:
    """Every unit that met such a statement would refuse all that comes, for good."""
    stranger = new_key(fleet, "stranger")
    options = ["--root", stranger, "--release", fleet.folder / "key.pub"]
    code, _, faults = fleet.bundle("keys", fleet.site, *options)
    told = f"signature: {stranger}: no root key that statement 1 names: every unit would refuse"
    assert (code, faults) == (65, f"{told} the next one\n")
    assert not (fleet.site / "keys" / "2.signed").exists()


def test_two_keys_of_one_file_name_are_not_taken_for_one(fleet: Fleet) -> None:
    """Else the one that has signed what is published would count no more."""
    other = new_key(fleet, "next/key").with_suffix(".pub")
    options = ["--root", fleet.folder / "root.pem", "--release", fleet.folder / "key.pub"]
    code, _, faults = fleet.bundle("keys", fleet.site, *options, "--release", other)
    assert (code, "expected a file name of its own for each key" in faults) == (1, True)
    assert not (fleet.site / "keys" / "2.signed").exists()


def test_a_key_that_could_not_be_made_may_be_made_again(fleet: Fleet) -> None:
    """No empty file stays in its place."""
    path, word = fleet.folder / "locked.pem", fleet.folder / "word"
    assert fleet.bundle("key", path, "--password-file", word)[0] == 1
    word.write_text("long enough\n")
    assert fleet.bundle("key", path, "--password-file", word)[0] == 0


def test_a_manifest_keeps_its_product(fleet: Fleet) -> None:
    """Nobody has to name it again at each stage; units of another one would refuse all of it."""
    fleet.signed("refresh", "--product", "acme")
    fleet.signed("stage", "--version", "0.2.0", "--percent", 10)
    assert manifest(fleet)["product"] == "acme"


@pytest.mark.parametrize("verb", ["refresh", "stage --version 9.9.9 --percent 100"])
def test_what_a_stranger_altered_is_not_signed(fleet: Fleet, verb: str) -> None:
    """Whoever can write to the web server would have the key sign for him."""
    path = fleet.site / "manifest.signed"
    altered = path.read_bytes().replace(b"0.2.0", b"9.9.9")
    path.write_bytes(altered)
    name, *options = verb.split()
    code, _, faults = fleet.bundle(name, fleet.site, "--key", fleet.folder / "key.pem", *options)
    assert (code, "or altered since; expected the signature of" in faults) == (1, True)
    assert path.read_bytes() == altered


def test_a_new_years_key_goes_on_where_the_old_one_is_named(fleet: Fleet) -> None:
    """It signs what the other one has, once somebody has said that this one is known."""
    new, old = new_key(fleet, "2027"), fleet.folder / "key.pub"
    both = ["--release", old, "--release", new.with_suffix(".pub")]
    assert fleet.bundle("keys", fleet.site, "--root", fleet.folder / "root.pem", *both)[0] == 0
    assert fleet.bundle("refresh", fleet.site, "--key", new)[0] == 1
    assert fleet.bundle("refresh", fleet.site, "--key", new, "--signed-by", old)[0] == 0
    assert fleet.bundle("refresh", fleet.site, "--key", new)[0] == 0


def test_a_manifest_lives_no_longer_than_its_key(fleet: Fleet) -> None:
    """The day that is told is the day from which units refuse it."""
    told = fleet.signed("refresh", "--days", 4000)
    span = datetime.fromisoformat(str(manifest(fleet)["expires"])) - datetime.fromisoformat(
        str(manifest(fleet)["issued"])
    )
    assert span.days in {399, 400}
    assert str(manifest(fleet)["expires"])[:10] in told


def test_a_release_that_would_be_left_out_at_once_is_refused(fleet: Fleet) -> None:
    """It is older than all that a manifest keeps."""
    for number in range(3, 2 + KEPT):
        fleet.release(f"0.{number}.0")
    with pytest.raises(AssertionError, match=r"0\.1\.9: is older than all that are kept"):
        fleet.release("0.1.9")
    assert len(list((fleet.site / "artefacts").iterdir())) == KEPT + 2


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("withdraw SITE KEY --version 0.2.0 --why=", "expected words"),
        ("refresh SITE KEY --days 0", "'0': expected a whole number, 1 to 36500"),
        ("refresh SITE KEY --days 99999999999", "expected a whole number, 1 to 36500"),
        (
            "keys SITE --root root.pem --release key.pub --days -5",
            "'-5': expected a whole number, 1 to 36500",
        ),
    ],
)
def test_an_option_out_of_its_range_is_refused(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], command: str, words: str
) -> None:
    """With the value and what was expected."""
    named = {"SITE": str(fleet.site), "KEY": f"--key={fleet.folder}/key.pem"}
    with pytest.raises(SystemExit, match="2"):
        fleet.bundle(*(named.get(each, each) for each in command.split()))
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": "nothing"}, "nothing: No such file or directory"),
        ({"models": "."}, ".: Is a directory"),
        ({"libraries": "lib.tar"}, "--libraries lib.tar: expected what it is for, = and a file"),
        ({"libraries": "any="}, "--libraries any=: expected what it is for"),
        ({"again": "any=lib.tar"}, "--libraries any: 2 files, expected one for each platform"),
    ],
)
def test_a_release_of_the_wrong_files_is_refused(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], words: str
) -> None:
    """By the name of the file or the option."""
    monkeypatch.chdir(fleet.folder)
    Path("app.tar").write_bytes(tar_of(app_files("0.3.0")))
    Path("lib.tar").write_bytes(tar_of({"library.py": b""}))
    named = {"app": "app.tar", "models": "models.tar", "libraries": "any=lib.tar"} | change
    options = [f"--{kind.replace('again', 'libraries')}={file}" for kind, file in named.items()]
    code, _, faults = fleet.bundle("release", "site", "--key", "key.pem", *options)
    assert (code != 0, words in faults) == (True, True), faults
    assert manifest(fleet)["sequence"] == 1


@pytest.mark.parametrize("content", [b"", b"junk", b'sig\n{"releases": 3}', b"sig\n[]"])
def test_a_manifest_that_is_damaged_is_named(fleet: Fleet, content: bytes) -> None:
    """It is not taken for one without releases, whose units would lose theirs."""
    path = fleet.site / "manifest.signed"
    path.write_bytes(content)
    for verb in (["show"], ["refresh", "--key", fleet.folder / "key.pem"]):
        code, _, faults = fleet.bundle(verb[0], fleet.site, *verb[1:])
        assert (code, f"{path}: damaged, or not ours: malformed:" in faults) == (1, True), faults
    assert path.read_bytes() == content


def test_a_site_that_is_not_there_is_named(fleet: Fleet) -> None:
    """And one that has lost an artefact says which."""
    gone = fleet.folder / "gone"
    assert fleet.bundle("show", gone) == (1, "", f"{gone}: no such folder\n")
    shutil.rmtree(fleet.site / "artefacts")
    code, _, faults = fleet.bundle(
        "hawkbit", fleet.site, "--version", "0.2.0", "--to", fleet.folder / "flat"
    )
    assert (code, "/artefacts/" in faults, "No such file" in faults) == (74, True, True)


def test_an_image_that_cannot_be_made_is_named(fleet: Fleet) -> None:
    """Its file, or the platform that is none."""
    out = fleet.folder / "gone" / "models.tar"
    code, _, faults = fleet.bundle("image", "models", out)
    assert (code, f"{out}: No such file or directory\n" in faults) == (74, True)
    out = fleet.folder / "lib.tar"
    code, _, faults = fleet.bundle("image", "libraries", out, "--platform", "pi")
    assert (code, faults) == (1, "pi: no platform, expected one such as linux-aarch64-cp311\n")
