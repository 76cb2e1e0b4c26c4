"""The one who publishes, in the simulation of `tools/rollout`: stages, and stopping a bad release.

The rule to know: the manifests are signed and read as a real publisher's are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from appliance.update import signature
from appliance.update.install import KINDS
from appliance.update.manifest import Manifest, read_manifest
from appliance.update.source import MANIFEST
from tools.publish.members import PLATFORM
from tools.publish.signing import PrivateKey
from tools.publish.site import Site, Table, new_release, rolled_out

BAD, MENDED = "1.1.0", "1.2.0"
SIZES = {"app": 225_700, "libraries": 46_700_000, "models": 1_208_708}  # of tools/bundle image
STAGE_H = 24.0  # before the next stage, where nobody complains
MEND_H = 24.0  # until there is a mended release
EPOCH = datetime(2026, 11, 21, tzinfo=timezone.utc)
verified = lru_cache(1000)(signature.verify)


@dataclass(slots=True)
class Operator:
    """Publishes, looks at reports, and acts.

    Attributes:
        site: of this scenario.
        root: the root key.
        key: the release key.
        stages: percent, one after the other.
        seed: of the salts, which a real publisher draws.
        plan: what is done when: hour, and what.
        manifest: as a unit would trust it.
        alarmed: whether the bad release was stopped.
    """

    site: Site
    root: PrivateKey
    key: PrivateKey
    stages: tuple[float, ...]
    seed: int
    plan: list[tuple[float, Callable[[float], None]]] = field(default_factory=list)
    manifest: Manifest | None = None
    alarmed: bool = False

    def publish(self, table: Table, now_h: float) -> None:
        """Sign a manifest, and read it as a unit does."""
        at = EPOCH + timedelta(hours=now_h)
        Site(self.site.folder, at).publish(table, self.key, "gatepost", 90)
        signed = (self.site.folder / MANIFEST).read_bytes()
        keyring = self.site.keyring((self.root.public(),))
        self.manifest = read_manifest(signed, keyring, verified, "gatepost", at, 0)

    def release(self, version: str, now_h: float) -> None:
        """Begin a roll-out."""
        artefacts = [artefact(kind, version) for kind in KINDS]
        told = {"hardware": [], "writes": 1, "reads": 1}
        new = new_release(version, artefacts, self.stages[0], **told)
        new = rolled_out(new, salt=f"{version} {self.seed:08}")
        table = self.site.table()
        self.publish(table | {"releases": [*table["releases"], new]}, now_h)
        for number, percent in enumerate(self.stages[1:], 1):
            self.plan.append((now_h + number * STAGE_H, self._widening(version, percent)))

    def stop(self, now_h: float) -> None:
        """Take the bad release back, and mend it."""
        why = {"withdrawn": "bad"}
        self.publish(self.site.changed(BAD, lambda one: one | why), now_h)
        self.plan = [(now_h + MEND_H, lambda at: self.release(MENDED, at))]

    def alarm(self, at_h: float) -> None:
        """Stop it at an hour, once."""
        if not self.alarmed:
            self.alarmed = True
            self.plan.append((at_h, self.stop))

    def act(self, now_h: float) -> None:
        """Do what is due."""
        for each in sorted(self.plan, key=lambda one: one[0]):
            if each[0] <= now_h and each in self.plan:
                self.plan.remove(each)
                each[1](each[0])

    def _widening(self, version: str, percent: float) -> Callable[[float], None]:
        change = {"percent": percent}

        def widen(now_h: float) -> None:
            table = self.site.changed(version, lambda one: rolled_out(one, **change))
            self.publish(table, now_h)

        return widen


def artefact(kind: str, version: str) -> Table:
    """Of a release in which the package and the models are new, and the libraries as before."""
    told = {"kind": kind, "platform": PLATFORM if kind == "libraries" else "any"}
    size = 1 if kind == "libraries" else SIZES[kind]
    digest = hashlib.sha256(f"{kind} {version}".encode()).hexdigest()
    return told | {"sha256": digest, "size": size, "unpacked": size}
