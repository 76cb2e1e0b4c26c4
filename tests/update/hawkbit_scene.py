"""A unit, a publisher, and a stand-in of a hawkBit server that has the unit among its targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from appliance.update import trial
from appliance.update.assigned import Here
from appliance.update.ddi import Base
from appliance.update.disk import Disk
from appliance.update.hawkbit import HawkbitServer, flat
from appliance.update.install import install
from appliance.update.manifest import Place, Release
from appliance.update.progress import Phase
from appliance.update.rauc import Writing
from appliance.update.source import ARTEFACT, MANIFEST, FolderSource, Source
from appliance.update.trial import Standing
from appliance.update.turn import take_turn
from appliance.updatesection import Hawkbit
from tests.standin.hawkbit import HawkbitStandIn
from tests.standin.hawkbit_state import Action, Module, Target
from tests.update.conftest import NOW, Device, Publisher, device_in, publisher_in, verified
from tools.publish.signing import PrivateKey

UNIT, TOKEN = "u1", "bH7XXAprK1ChnLfKSdtlsp7NOlPnZAYY"
OLD, NEW = "1.1.0", "1.2.0"


@dataclass
class Heard:
    """What the unit's own files would say."""

    told: list[tuple[Phase, int | None]] = field(default_factory=list)

    def tell(self, phase: Phase, percent: float | None = None, why: str = "") -> None:
        """Note it."""
        assert not why
        self.told.append((phase, None if percent is None else int(percent)))

    @contextmanager
    def reports(self, version: str) -> Iterator[Heard]:
        """As `progress.reporting` does."""
        assert version
        yield self


@dataclass
class Scene:
    """All of them.

    Attributes:
        folder: of the unit and the publisher.
        keys: of the publisher.
        server: the stand-in.
        device: the unit.
        now_s: what its clock says; a look for a cancellation is due every minute of it.
        is_due: now are its owner's hours.
    """

    folder: Path
    keys: dict[str, PrivateKey]
    server: HawkbitStandIn
    device: Device
    publisher: Publisher
    heard: Heard = field(default_factory=Heard)
    described: dict[str, str] = field(default_factory=lambda: {"version": OLD})
    now_s: float = 0.0
    is_due: bool = True
    etag: str = ""

    @property
    def target(self) -> Target:
        """The unit, as the server knows it."""
        return self.server.fleet.targets[UNIT]

    @property
    def hawkbit(self) -> Hawkbit:
        """The unit's configuration."""
        return Hawkbit(url=self.server.url, token_file=self.folder / "token")

    @cached_property
    def speaker(self) -> HawkbitServer:
        """The unit's place on the server, made once: it reads the system's authorities."""
        return HawkbitServer(self.hawkbit, UNIT)

    def upload(self, version: str, **more: object) -> Module:
        """Publish one more release, and upload what belongs to it."""
        table = self.publisher.release(version, **more)  # type: ignore[arg-type]
        return self.server.fleet.module(version, self.files(table["releases"][-1]["artefacts"]))

    def files(self, artefacts: list[dict[str, str]]) -> dict[str, bytes]:
        """What lies on the publisher's site, by hawkBit's flat names."""
        site = self.publisher.site
        names = [MANIFEST, *(f"keys/{n}.signed" for n in range(1, site.statements + 1))]
        names += [ARTEFACT.format(each["sha256"]) for each in artefacts]
        return {flat(name): (site.folder / name).read_bytes() for name in names}

    def assign(self, version: str, kind: str = "forced", **more: object) -> Action:
        """Upload a release and decide for it."""
        return self.server.fleet.assign(UNIT, self.upload(version, **more), kind=kind)

    def turn(self, device: Device | None = None) -> Base | None:
        """Take one, by this unit or by the same with another card."""
        device = device or self.device
        here = Here(
            shelf=device.shelf,
            unit=device.unit,
            verify=verified,
            now=NOW,
            install=partial(installed, device),
            give_up=lambda why: device.shelf.change(partial(trial.give_up, why=why)),
            reports=self.heard.reports,
            described=self.described,
            is_due=self.is_due,
            monotonic=lambda: self.now_s,
        )
        base, self.etag = take_turn(here, self.speaker, self.etag)
        return base

    def device_source(self) -> FolderSource:
        """What is published, as it lies on a stick."""
        return FolderSource(self.publisher.site.folder)

    def start(self, boot: str = "boot") -> str:
        """Start the unit; gives the version that starts."""
        place = self.device.shelf.start(boot)
        return place.name.partition("-")[0] if place else ""

    def fail(self) -> None:
        """Let what is on trial end by itself until it is left."""
        while self.device.shelf.standing().trial:
            self.start()

    def asked_since(self, count: int) -> list[str]:
        """The server's questions after so many, without what they have in common."""
        common = f"/DEFAULT/controller/v1/{UNIT}"
        return [each.replace(common, "") for each in self.server.asked[count:]]


def installed(
    device: Device, release: Release, place: Place, source: Source, writing: Writing
) -> Standing:
    """As a stock system does."""
    return install(device.shelf, release, place, source, reached=False, writing=writing)


@contextmanager
def scene_in(folder: Path, keys: dict[str, PrivateKey], name: str = "unit") -> Iterator[Scene]:
    """With an old release that is good, until the end of the block."""
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "token").chmod(0o600)
    with HawkbitStandIn().running() as server:
        server.fleet.targets[UNIT] = Target(TOKEN)
        device = device_in(folder / name, keys, Disk())
        publisher = publisher_in(folder / "site", keys)
        yield Scene(folder, keys, server, device, publisher)
