"""Releases for the tests: one root, changed in a file or two, as a slot, a bundle and a manifest.

The rule to know: what a release is made of comes from `tools/image`, and is packed and signed by
`tools/bundle`; only what a thief or a fault would do is done by hand.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from appliance.store.database import VERSION
from appliance.update.keys import sealed
from appliance.update.manifest import FORMAT
from appliance.update.signature import pem_of, public_keys
from appliance.update.source import MANIFEST
from tools.machine.card import run
from tools.publish.bundle import main as bundle
from tools.publish.signing import PrivateKey
from tools.publish.site import Site, Table, new_release
from tools.publish.system import TOLD

BOOT, SYSTEM = "boot.vfat", "system.squashfs"
"""Of `tools/image`, in the folder of what it has built."""
SYSTEM_JSON = "usr/lib/gatepost/system.json"
LEVEL = "3"
"""Of zstd: a variant is packed in seconds, and is some percent larger than what is shipped."""
CRASH = 'raise RuntimeError("broken on purpose")\n'
HANG = """import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
    line.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
while True:
    time.sleep(3600)
"""
"""What `gatepost run` does in a broken release; HANG says that it is ready, and no more."""


PACKING = threading.RLock()
"""There is one unpacked root for all variants, and a bundle is made once."""


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs releases.

    Attributes:
        folder: of the keys: root.pem, release.pem and their public keys, Ed25519.
        certificate, key: of RAUC's bundles.
    """

    folder: Path
    certificate: Path
    key: Path

    @property
    def root(self) -> bytes:
        """The public root key, PEM."""
        return pem_of(public_keys(self.folder / "root.pub")[0]).encode()

    @property
    def release(self) -> PrivateKey:
        """Signs manifests."""
        return PrivateKey(self.folder / "release.pem")


def signers(folder: Path, certificate: Path, key: Path) -> Signers:
    """Make the keys, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("root", "release"):
        private = PrivateKey(folder / f"{name}.pem")
        if not private.path.exists():
            private.make()
            (folder / f"{name}.pub").write_text(pem_of(private.public()))
    return Signers(folder, certificate, key)


@dataclass(frozen=True, slots=True)
class Shop:
    """Makes the slots of releases, from the one that was built.

    Attributes:
        built: the folder of `tools/image`.
        folder: for what is made here.
    """

    built: Path
    folder: Path

    @property
    def compatible(self) -> str:
        """RAUC's name for the board."""
        return str(self._told()["compatible"])

    def slot(self, version: str, *, app: str = "", initramfs: bytes = b"") -> Path:
        """A folder with the two files of a slot.

        Args:
            version: of the release.
            app: what `gatepost run` is to be instead.
            initramfs: what stands in the place of it.
        """
        out = self.folder / f"slot-{version}"
        with PACKING:
            return out if (out / SYSTEM).exists() else self._packed(out, version, app, initramfs)

    def _packed(self, out: Path, version: str, app: str, initramfs: bytes) -> Path:
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.built / BOOT, out / BOOT)
        _tell(out, self.compatible, version)
        if initramfs:
            run(["mcopy", "-o", "-i", str(out / BOOT), "-", "::initramfs"], initramfs)
            changed = self._little(out, self.compatible, version)  # nobody comes so far
        else:
            changed = self._changed(version, app)
        packing = ["-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", LEVEL]
        run(["mksquashfs", str(changed), str(out / "packing"), "-noappend", *packing])
        (out / "packing").rename(out / SYSTEM)
        return out

    def size(self, version: str) -> int:
        """Bytes that an installation of a slot writes."""
        slot = self.slot(version)
        return sum((slot / each).stat().st_size for each in (BOOT, SYSTEM))

    def small(self, out: Path, version: str, compatible: str) -> Path:
        """A slot of a megabyte, for bundles that nobody must install."""
        if not (out / SYSTEM).exists():
            out.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.built / BOOT, out / BOOT)
            _tell(out, compatible, version)
            root = self._little(out, compatible, version)
            run(["mksquashfs", str(root), str(out / SYSTEM), "-noappend", "-quiet", "-no-progress"])
        return out

    def _little(self, out: Path, compatible: str, version: str) -> Path:
        """A root of a megabyte, which cannot be booted."""
        root = out / "root"
        told = {"compatible": compatible, "version": version}
        (root / SYSTEM_JSON).parent.mkdir(parents=True, exist_ok=True)
        _replace(root / SYSTEM_JSON, json.dumps(told))
        (root / "noise").write_bytes(os.urandom(1 << 20))
        return root

    def _changed(self, version: str, app: str) -> Path:
        """The root with another version, and other files where they are wanted."""
        root = self._root()
        package = next(root.glob("opt/gatepost/**/appliance"))
        told = {"compatible": self.compatible, "version": version}
        _replace(root / SYSTEM_JSON, json.dumps(told))
        begun = (package / "__init__.py").read_text()
        begun = re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', begun)
        _replace(package / "__init__.py", begun)
        kept = self.folder / "app.py"
        if not kept.exists():
            shutil.copyfile(package / "app.py", kept)
        _replace(package / "app.py", app or kept.read_text())
        return root

    def _root(self) -> Path:
        """What was built, unpacked."""
        root, part = self.folder / "root", self.folder / "unpacking"
        with PACKING:
            if not root.exists():
                shutil.rmtree(part, ignore_errors=True)
                packed = str(self.built / SYSTEM)
                run(["unsquashfs", "-quiet", "-no-progress", "-d", str(part), packed])
                part.rename(root)
        return root

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self._root() / SYSTEM_JSON).read_bytes())
        return told


def _tell(slot: Path, compatible: str, version: str) -> None:
    """What `tools/bundle system` asks of a slot."""
    told = {"compatible": compatible, "version": version}
    (slot / TOLD).write_text(json.dumps(told) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write a file, and delete what Python has compiled of it: that would be taken instead."""
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o644)
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def pack(slot: Path, out: Path, by: Signers) -> Path:
    """A slot as a signed bundle, by `tools/bundle system`; two boards may want the same one."""
    part = out.with_name(f"part-{out.name}")
    with PACKING:
        if not out.exists():
            files = ["--image", str(slot), "--cert", str(by.certificate), "--key", str(by.key)]
            if bundle(["system", str(part), *files]):
                raise RuntimeError(f"tools/bundle system {out} failed")
            part.rename(out)
    return out


class Offers:
    """The folder that one unit fetches from.

    Attributes:
        site: the files.
    """

    def __init__(self, folder: Path, by: Signers, compatible: str) -> None:
        """Begin with a statement of which keys count.

        Args:
            folder: that is served.
            by: who signs.
            compatible: of the unit.
        """
        self.site = Site(folder, datetime.now(timezone.utc))
        self._by, self._compatible = by, compatible
        self._sequence = int(time.time())  # a kept card has seen the numbers of the run before
        if not self.site.statements:
            keys = {"2026": (by.release.public(), 400)}
            root = PrivateKey(by.folder / "root.pem")
            self.site.statement(root, [root.public()], keys)

    def offer(self, version: str, file: Path, **more: str) -> None:
        """Publish one release, in the place of all before; `more` changes its artefact."""
        now = datetime.now(timezone.utc).replace(microsecond=0).isoformat()
        span: Table = {"issued": now, "expires": now, "sequence": self._sequence}
        head = {
            "type": "gatepost-manifest",
            "format": FORMAT,
            "product": "gatepost",
            "releases": [],
        }
        before = _json(head | span)
        self._put(sealed(before, self._by.release.sign(before)))
        self.site.publish(self._table(version, file, **more), self._by.release, "gatepost", 30)
        self._sequence += 1

    def offer_by_hand(
        self, version: str, file: Path, key: PrivateKey | None = None, **head: object
    ) -> None:
        """The same with what `tools/bundle` would refuse to publish.

        Args:
            version: of the release.
            file: its bundle.
            key: that signs it; None: the right one.
            head: what the manifest says instead.
        """
        self.offer(version, file)
        content = _json(self.site.table() | head)
        self._put(sealed(content, (key or self._by.release).sign(content)))

    def swap(self, file: Path, other: Path) -> None:
        """Let another file lie where an artefact should."""
        lying = self.site.folder / "artefacts" / checksum(file)
        lying.unlink()
        os.link(other, lying)

    def damage(self) -> None:
        """Flip one bit in the middle of the manifest."""
        content = bytearray((self.site.folder / MANIFEST).read_bytes())
        content[len(content) // 2] ^= 1
        self._put(bytes(content))

    def _put(self, signed: bytes) -> None:
        (self.site.folder / MANIFEST).write_bytes(signed)

    def _table(self, version: str, file: Path, **more: str) -> Table:
        artefact = {"kind": "system", "platform": self._compatible, "unpacked": 0}
        artefact |= {"sha256": checksum(file), "size": file.stat().st_size} | more
        lying = self.site.folder / "artefacts" / str(artefact["sha256"])
        lying.parent.mkdir(parents=True, exist_ok=True)
        lying.unlink(missing_ok=True)
        os.link(file, lying)
        schema = {"hardware": [], "least": "0.0.0", "writes": VERSION, "reads": VERSION}
        return {"releases": [new_release(version, [artefact], 100.0, **schema, summary="")]}


def _json(table: Table) -> bytes:
    return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"


def checksum(file: Path) -> str:
    """SHA-256 of a file."""
    return run(["sha256sum", str(file)]).decode().split()[0]
