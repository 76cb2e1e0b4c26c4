"""Keys that follow one another: the root signs who signs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import ConfigurationError, SourceError, UpdateError
from appliance.update.disk import Disk
from appliance.update.shelf import Shelf
from appliance.update.signature import pem_of, public_keys, verify
from appliance.update.source import FolderSource
from tests.update.conftest import NOW, Device, Publisher
from tests.update.cutting import CuttingDisk, PowerCut
from tools.publish.signing import REPOSITORY, PrivateKey
from tools.publish.site import Site, rolled_out


def followed(publisher: Publisher, key: PrivateKey) -> Publisher:
    """The same one with another release key, which knows the one before."""
    site = replace(publisher.site, trusted=(publisher.key.public(),))
    return Publisher(site, publisher.root, key)


def test_a_new_release_key_takes_over(
    publisher: Publisher, device: Device, source: FolderSource, keys: dict[str, PrivateKey]
) -> None:
    """What the old key signed counts until it is not named any more; then only the new one does."""
    publisher.release("1.1.0")
    both = {"2026": (publisher.key.public(), 400), "2027": (keys["new"].public(), 400)}
    publisher.site.statement(publisher.root, [publisher.root.public()], both)
    assert device.look(source).choice.release is not None
    only = {"2027": both["2027"]}
    publisher.site.statement(publisher.root, [publisher.root.public()], only)
    with pytest.raises(UpdateError, match="signature"):
        device.look(source)
    followed(publisher, keys["new"]).release("1.2.0")
    assert device.look(source).choice.words == "1.2.0"


def test_a_root_key_is_succeeded_by_another(
    publisher: Publisher, device: Device, source: FolderSource, keys: dict[str, PrivateKey]
) -> None:
    """A unit that slept meanwhile follows each step, and the old root signs nothing from then."""
    new, release = keys["new"], {"2026": (publisher.key.public(), 400)}
    publisher.site.statement(publisher.root, [new.public()], release)
    publisher.site.statement(new, [new.public()], release)
    publisher.release("1.1.0")
    assert device.look(source).choice.release is not None
    publisher.site.statement(publisher.root, [publisher.root.public()], release)
    with pytest.raises(UpdateError, match="signature"):
        device.look(source)


def test_a_statement_that_was_seen_cannot_be_withheld(
    publisher: Publisher, device: Device, source: FolderSource, keys: dict[str, PrivateKey]
) -> None:
    """A thief of the old key who owns the server too cannot hide that it does not count."""
    publisher.release("1.1.0")
    only = {"2027": (keys["new"].public(), 400)}
    publisher.site.statement(publisher.root, [publisher.root.public()], only)
    with pytest.raises(UpdateError, match="signature"):
        device.look(source)
    (publisher.site.folder / "keys" / "2.signed").unlink()
    with pytest.raises(UpdateError, match="signature"):
        device.look(source)


def test_a_strangers_statement_is_refused(
    publisher: Publisher, device: Device, source: FolderSource, keys: dict[str, PrivateKey]
) -> None:
    """Only a root key names release keys; a release key names none."""
    publisher.release("1.1.0")
    for signer in (keys["other"], publisher.key):
        path = publisher.site.folder / "keys" / "2.signed"
        path.unlink(missing_ok=True)
        publisher.site.statement(signer, [signer.public()], {"mine": (signer.public(), 400)})
        with pytest.raises(UpdateError, match=r"signature: keys/2\.signed: made by none"):
            device.look(source)


def test_statements_come_in_their_order(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """One in the place of another is refused."""
    folder = publisher.site.folder / "keys"
    (folder / "2.signed").write_bytes((folder / "1.signed").read_bytes())
    with pytest.raises(UpdateError, match="order: statement of keys 1, expected 2"):
        device.look(source)


def test_a_kept_statement_that_does_not_verify_is_told_by_its_path(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """Whoever has a card that fails would look for it at the server."""
    publisher.release("1.1.0")
    device.look(source)
    path = device.shelf.folder / "keys" / "1.signed"
    path.write_bytes(b"AA==\n")
    with pytest.raises(UpdateError, match=f"signature: {path}, kept here: damaged; once deleted"):
        device.look(source)
    path.unlink()
    assert device.look(source).choice.words == "1.1.0"


def reprovisioned(device: Device, *roots: PrivateKey, disk: Disk | None = None) -> Device:
    """The unit with other root keys in its root_file."""
    unit = replace(device.unit, roots=tuple(each.public() for each in roots))
    return Device(Shelf(device.shelf.folder, disk or Disk()), unit)


@pytest.fixture
def heir(tmp_path: Path, keys: dict[str, PrivateKey]) -> Publisher:
    """Another owner, who begins at sequence 1, by a root key of their own."""
    site, root, key = Site(tmp_path / "heir", NOW), keys["new"], keys["other"]
    site.statement(root, [root.public()], {"theirs": (key.public(), 400)})
    heir = Publisher(site, root, key)
    heir.release("1.3.0")
    return heir


@pytest.fixture
def handed_over(publisher: Publisher, device: Device, source: FolderSource) -> Device:
    """A unit that has seen two statements and two manifests of its owner before."""
    for version in ("1.1.0", "1.2.0"):
        publisher.release(version)
    root, release = publisher.root.public(), {"2026": (publisher.key.public(), 400)}
    publisher.site.statement(publisher.root, [root], release)
    assert device.look(source).manifest.sequence == 2
    return device


def forget_roots(shelf: Shelf) -> None:
    """Let the state be as releases wrote it that did not write down the root keys."""
    table = json.loads(shelf.state.read_text())
    del table["roots"]
    shelf.state.write_text(json.dumps(table))


@pytest.mark.parametrize("is_old", [False, True])
def test_other_root_keys_begin_anew(
    handed_over: Device, heir: Publisher, source: FolderSource, *, is_old: bool
) -> None:
    """Their own statements and sequence count, from then on as always; the former owner is out."""
    if is_old:
        forget_roots(handed_over.shelf)
    device, theirs = reprovisioned(handed_over, heir.root), FolderSource(heir.site.folder)
    first = device.look(theirs)
    assert (first.manifest.sequence, first.choice.words) == (1, "1.3.0")
    with pytest.raises(UpdateError, match=r"signature: keys/2\.signed: made by none"):
        device.look(source)
    older = (heir.site.folder / "manifest.signed").read_bytes()
    heir.release("1.4.0")
    assert device.run(theirs) == "1.4.0"
    (heir.site.folder / "manifest.signed").write_bytes(older)
    with pytest.raises(UpdateError, match="replayed"):
        device.look(theirs)


@pytest.mark.parametrize("is_old", [False, True])
def test_what_was_seen_counts_where_the_root_key_stays(
    publisher: Publisher,
    handed_over: Device,
    source: FolderSource,
    keys: dict[str, PrivateKey],
    *,
    is_old: bool,
) -> None:
    """One was added, or an older release wrote nothing down: nothing can be withheld."""
    only = {"2027": (keys["new"].public(), 400)}
    publisher.site.statement(publisher.root, [publisher.root.public()], only)
    followed(publisher, keys["new"]).release("1.3.0")
    assert handed_over.look(source).manifest.sequence == 3
    device = handed_over
    if is_old:
        forget_roots(device.shelf)
    else:
        device = reprovisioned(device, keys["other"], publisher.root)
    (publisher.site.folder / "keys" / "3.signed").unlink()
    assert device.look(source).manifest.sequence == 3
    assert device.shelf.standing().sequence == 3
    assert device.shelf.standing().roots


@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_power_cut_leaves_no_mixture_of_two_owners(
    handed_over: Device, heir: Publisher, tmp_path: Path, share: float, *, is_old: bool
) -> None:
    """At each write of the first look by other root keys: the next one goes on."""
    theirs, kept = FolderSource(heir.site.folder), handed_over.shelf.folder
    if is_old:
        forget_roots(handed_over.shelf)
    step = 0
    while True:
        step += 1
        unit = tmp_path / f"cut-{step}"
        shutil.copytree(kept, unit)
        before = replace(handed_over, shelf=Shelf(unit, Disk()))
        disk = CuttingDisk(tmp_path / f"aside-{step}", step)
        try:
            reprovisioned(before, heir.root, disk=disk).look(theirs)
        except PowerCut:
            disk.lose(share)
        else:
            break
        after = reprovisioned(before, heir.root)
        told = f"cut at step {step}, {disk.steps[-1]}"
        assert after.look(theirs).manifest.sequence == 1, told
        assert after.shelf.standing().sequence == 1, told
        assert [each.name for each in (unit / "keys").glob("*.signed")] == ["1.signed"], told
    assert step > 14


def test_where_nothing_is_published_nothing_is_taken(device: Device, tmp_path: Path) -> None:
    """An empty stick is no fault of the unit's."""
    with pytest.raises(SourceError, match=r"manifest\.signed"):
        device.look(FolderSource(tmp_path))
    with pytest.raises(SourceError, match="no such folder"):
        FolderSource(tmp_path / "missing")


def test_openssl_and_we_agree_on_keys(tmp_path: Path, keys: dict[str, PrivateKey]) -> None:
    """A public key goes to PEM and back; several stand in one file."""
    both = keys["root"].public(), keys["new"].public()
    path = tmp_path / "roots.pem"
    path.write_text("".join(map(pem_of, both)), encoding="ascii")
    assert public_keys(path) == both
    signature = keys["root"].sign(b"content")
    assert verify(both[0], signature, b"content")
    assert not verify(both[1], signature, b"content")
    assert not verify(both[0], signature, b"Content")
    assert not verify(both[0], bytes(64), b"content")


def test_a_private_key_is_not_taken_for_a_public_one(keys: dict[str, PrivateKey]) -> None:
    """Whoever copies the wrong file to the unit is told so."""
    with pytest.raises(ConfigurationError, match="private key, expected a public key"):
        public_keys(keys["root"].path)
    with pytest.raises(ConfigurationError, match="no public key"):
        public_keys(Path(__file__))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        public_keys(Path("/missing"))


def test_no_private_key_is_made_in_the_repository() -> None:
    """Nor in place of one that is there."""
    with pytest.raises(Exception, match="does not lie in the repository"):
        PrivateKey(REPOSITORY / "root.pem").make()


def test_a_key_may_have_a_password(tmp_path: Path) -> None:
    """Then it signs with it, and not without."""
    password = tmp_path / "password"
    password.write_text("correct horse\n", encoding="ascii")
    key = PrivateKey(tmp_path / "key.pem", password)
    key.make()
    assert b"ENCRYPTED" in key.path.read_bytes()
    assert key.path.stat().st_mode & 0o777 == 0o600
    assert verify(key.public(), key.sign(b"content"), b"content")
    password.write_text("wrong\n", encoding="ascii")
    with pytest.raises(Exception, match="openssl pkeyutl failed"):
        key.sign(b"content")


def test_a_stage_that_is_widened_keeps_its_salt(publisher: Publisher) -> None:
    """So does one that is paused."""
    table = publisher.release("1.1.0", 1)
    salt = table["releases"][0]["rollout"]["salt"]
    table = publisher.site.changed("1.1.0", lambda one: rolled_out(one, percent=50))
    assert table["releases"][0]["rollout"] == {"percent": 50, "salt": salt, "paused": False}
