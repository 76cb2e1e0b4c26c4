"""A publisher with real keys, small releases, and a unit that takes them."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

import pytest

from appliance.update import signature, trial
from appliance.update.disk import Disk
from appliance.update.install import Offer, Unit, install, look
from appliance.update.shelf import Shelf
from appliance.update.source import FolderSource, Source
from appliance.update.trial import Standing
from tools.publish.signing import PrivateKey
from tools.publish.site import Site, Table, new_release

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
PLATFORM = "linux-aarch64-cp311"
BOARD = "raspberrypi-4-model-b"
verified = lru_cache(4096)(signature.verify)
"""The real one, each question asked once: the same bytes have the same answer."""
public_of = lru_cache(PrivateKey.public)


def tar_of(files: dict[str, bytes]) -> bytes:
    """A tar of plain files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz", preset=0) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def app_files(version: str) -> dict[str, bytes]:
    """A package that says its version when it is started."""
    told = f"import sys\nprint({version!r}, *sys.argv[1:])\n"
    named = f'__version__ = "{version}"\n'
    return {"appliance/__init__.py": named.encode(), "appliance/__main__.py": told.encode()}


@dataclass(frozen=True)
class Publisher:
    """Who makes releases.

    Attributes:
        site: where they are published.
        root: the root key.
        key: the release key.
    """

    site: Site
    root: PrivateKey
    key: PrivateKey

    def release(
        self,
        version: str,
        percent: float = 100,
        models: str = "models 1",
        app: dict[str, bytes] | None = None,
        **more: object,
    ) -> Table:
        """Publish one more release; gives the manifest."""
        artefacts = [
            self.artefact("app", "any", tar_of(app_files(version) if app is None else app)),
            self.artefact("libraries", PLATFORM, tar_of({"library.py": b"answer = 42"})),
            self.artefact("models", "any", tar_of({"read.toml": models.encode()})),
        ]
        told = {"hardware": [BOARD], "least": "0.0.0", "writes": 1, "reads": 1} | more
        new = new_release(version, artefacts, percent, **told)
        table = self.site.table()
        return self.publish(table | {"releases": [*table["releases"], new]})

    def publish(self, table: Table) -> Table:
        """Sign a manifest."""
        self.site.publish(table, self.key, "gatepost", 90)
        return self.site.table()

    def artefact(self, kind: str, platform: str, content: bytes) -> Table:
        """Put a file among the artefacts."""
        file = self.site.folder / "new.tar"
        self.site.folder.mkdir(exist_ok=True)
        file.write_bytes(content)
        return self.site.artefact(kind, platform, file)


@dataclass(frozen=True)
class Device:
    """A unit, as far as updates go."""

    shelf: Shelf
    unit: Unit

    def look(self, source: Source, now: datetime = NOW, wanted: str = "") -> Offer:
        """What a source offers it."""
        return look(self.shelf, self.unit, source, verified, now, wanted)

    def install(self, source: Source, *, reached: bool = False) -> Standing:
        """Put on trial what it offers."""
        offer = self.look(source)
        assert offer.choice.release is not None, offer.choice.words
        return install(self.shelf, offer.choice.release, offer.place, source, reached=reached)

    def commit(self) -> Standing:
        """Find the trial good."""
        return self.shelf.change(trial.commit)

    def run(self, source: Source, boot: str = "boot") -> str:
        """Install, start and commit what a source offers; gives the version that runs then."""
        self.install(source)
        self.shelf.start(boot)
        standing = self.commit()
        assert standing.current is not None
        return standing.current.version


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PrivateKey]:
    """Keys that exist for the session of tests: a root, two of releases, and a stranger's."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed (apt-get install openssl)")
    folder = tmp_path_factory.mktemp("keys")
    made = {name: PrivateKey(folder / f"{name}.pem") for name in ("root", "new", "key", "other")}
    for each in made.values():
        each.make()
    return made


@pytest.fixture
def publisher(tmp_path: Path, keys: dict[str, PrivateKey]) -> Publisher:
    """Has said which key signs its releases."""
    return publisher_in(tmp_path / "site", keys)


def publisher_in(folder: Path, keys: dict[str, PrivateKey]) -> Publisher:
    """The same, elsewhere."""
    site = Site(folder, NOW)
    root, key = keys["root"], keys["key"]
    site.statement(root, [root.public()], {"2026": (key.public(), 400)})
    return Publisher(site, root, key)


@pytest.fixture
def device(tmp_path: Path, keys: dict[str, PrivateKey]) -> Device:
    """Was set up with the publisher's root key."""
    return device_in(tmp_path / "unit", keys, Disk())


def device_in(folder: Path, keys: dict[str, PrivateKey], disk: Disk, name: str = "u1") -> Device:
    """The same, elsewhere."""
    unit = Unit(name, "gatepost", (public_of(keys["root"]),), BOARD, PLATFORM, reads=1)
    return Device(Shelf(folder, disk), unit)


@pytest.fixture
def source(publisher: Publisher) -> FolderSource:
    """What is published, as it lies on a stick."""
    return FolderSource(publisher.site.folder)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The card of a test is the host's, which others write to as well; `cutting` has its own."""
    monkeypatch.setattr(Disk, "sync_all", lambda _self: None)
    monkeypatch.setattr(Disk, "sync", lambda _self, _path: None)
    monkeypatch.setattr("appliance.update.fetch.LEFT_FREE", 0)


@pytest.fixture(scope="session", autouse=True)
def _unheard() -> Iterator[None]:
    """The kernel's log is the host's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("appliance.update.boot.KMSG", Path("/nowhere/kmsg"))
        yield
