"""The folder that units fetch from, as any web server serves it.

The rule to know: what a unit would refuse is not written.  Artefacts go first and the manifest
last, each in place of the one before at once, so that a unit meets the old state or the new one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from appliance.errors import GatepostError, UpdateError
from appliance.update.disk import Disk
from appliance.update.keys import Content, Keyring, Statement, extended, opened, parsed, sealed
from appliance.update.manifest import FORMAT, Manifest, read_manifest
from appliance.update.signature import verify
from appliance.update.source import ARTEFACT, MANIFEST, STATEMENT
from tools.publish.pack import unpacked_bytes
from tools.publish.signing import PrivateKey

SYSTEM = "system"
Table = dict[str, Any]
"""A manifest, or a part of one, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is published.

    Attributes:
        folder: where.
        now: the time that goes into what is signed.
        trusted: public keys whose manifest is gone on with, beside the one that signs the next.
    """

    folder: Path
    now: datetime
    trusted: tuple[bytes, ...] = ()

    @property
    def statements(self) -> int:
        """How many statements of keys there are."""
        number = 0
        while (self.folder / STATEMENT.format(number + 1)).exists():
            number += 1
        return number

    def require_root(self, root: PrivateKey) -> None:
        """Raise UpdateError where units would stop at a statement that this key has signed.

        Of the first one only the units know: they are set up with their root keys.
        """
        if self.statements and root.public() not in self._counting().roots:
            told = f"{root.path}: no root key that statement {self.statements} names"
            raise UpdateError("signature", f"{told}: every unit would refuse the next one")

    def statement(
        self, root: PrivateKey, roots: list[bytes], releases: dict[str, tuple[bytes, int]]
    ) -> int:
        """Sign which keys count from now on, and publish it; gives its number.

        A key that counted before keeps its dates, else what it has signed would count no more.

        Args:
            root: the key that signs it.
            roots: public keys that may sign the next one.
            releases: by name, a public key and for how many days it may sign manifests.
        """
        number = self.statements + 1
        known = {each.key: each for each in self._counting().releases} if number > 1 else {}
        keys = [
            known[key.hex()].model_dump(mode="json")
            if key.hex() in known
            else {"name": name, "key": key.hex(), **self._span(days)}
            for name, (key, days) in releases.items()
        ]
        table = {"type": "gatepost-keys", "number": number, "releases": keys}
        content = _json(table | {"roots": [each.hex() for each in roots]})
        parsed(Statement, content)
        self._put(STATEMENT.format(number), sealed(content, root.sign(content)))
        return number

    def keyring(self, roots: tuple[bytes, ...]) -> Keyring:
        """What a unit with these root keys makes of the statements."""
        keyring = Keyring(roots)
        for number in range(1, self.statements + 1):
            signed = (self.folder / STATEMENT.format(number)).read_bytes()
            keyring = extended(keyring, signed, verify)
        return keyring

    def table(self) -> Table:
        """The manifest that is published, as JSON has it; without releases where there is none.

        Raises:
            GatepostError: it is damaged.
        """
        if not (self.folder / MANIFEST).exists():
            return {"sequence": 0, "releases": []}
        table: Table = json.loads(self._content(MANIFEST, Manifest)[0])
        return table

    def publish(self, table: Table, key: PrivateKey, product: str, days: int) -> Manifest:
        """Sign a manifest with the next sequence, and put it in the place of the one before.

        No manifest is issued before the one before: units go by the latest time that they saw
        signed, and one that follows a clock that was ahead must outlive that.

        Args:
            table: with its releases; what else a manifest has is set here.
            key: a release key.
            product: whose units it is for.
            days: until it expires: in which the next one must be published; its key may end sooner.

        Raises:
            GatepostError: a unit would refuse it, or the one before was signed by somebody else.
        """
        self._require_ours(key)
        before, keyring = self.table(), self._counting()
        sequence = int(before["sequence"]) + 1
        own = {each.key: each for each in keyring.releases}.get(key.public().hex())
        if own is None:
            counting = ", ".join(each.name for each in keyring.releases)
            told = f"{key.path}: no release key that counts, expected one of {counting}"
            raise UpdateError("signature", told)
        span, ends = self._span(days), own.until.isoformat()
        until = min(span["until"], ends, key=_time)
        issued = max(span["since"], before.get("issued", span["since"]), key=_time)
        if _time(until) < _time(issued):
            told = (
                f"it would end on {until}, which units take for past since the manifest of {issued}"
            )
            raise UpdateError("expired", f"{told} (was a clock ahead?), expected more --days")
        head = {"type": "gatepost-manifest", "format": FORMAT, "sequence": sequence}
        dates = {"issued": issued, "expires": until, "product": product}
        content = _json(table | head | dates)
        signed = sealed(content, key.sign(content))
        at = max(self.now, _time(issued))
        manifest = read_manifest(signed, keyring, verify, product, at, sequence)
        self._put(MANIFEST, signed)
        return manifest

    def artefact(self, kind: str, platform: str, file: Path) -> Table:
        """Put a file among the artefacts; gives what a release says of it."""
        content = file.read_bytes()
        name = hashlib.sha256(content).hexdigest()
        self._put(ARTEFACT.format(name), content)
        unpacked = 0 if kind == SYSTEM else unpacked_bytes(file)  # a slot is there already
        sizes = {"size": len(content), "unpacked": unpacked}
        return {"kind": kind, "platform": platform, "sha256": name, **sizes}

    def changed(self, version: str, change: Callable[[Table], Table]) -> Table:
        """The manifest with one release changed; GatepostError where it has no such release."""
        table = self.table()
        if version not in [each["version"] for each in table["releases"]]:
            raise GatepostError(f"{version}: not in {self.folder / MANIFEST}")
        releases = [
            change(each) if each["version"] == version else each for each in table["releases"]
        ]
        return table | {"releases": releases}

    def sweep(self) -> list[str]:
        """Delete artefacts that no release has; gives their names."""
        kept = {each["sha256"] for one in self.table()["releases"] for each in one["artefacts"]}
        left = [path for path in (self.folder / "artefacts").glob("*") if path.name not in kept]
        for path in left:
            path.unlink()
        return [path.name for path in left]

    def _require_ours(self, key: PrivateKey) -> None:
        """Whoever can write to the folder must not be signed for: the next manifest has his too."""
        path = self.folder / MANIFEST
        if path.exists():
            try:
                opened(path.read_bytes(), [key.public(), *self.trusted], verify, str(path))
            except UpdateError as fault:
                told = f"{fault}; expected the signature of {key.path}, or of a key in --signed-by"
                raise GatepostError(told) from fault

    def _counting(self) -> Keyring:
        """The keys of the newest statement; who signed that the units will see."""
        if not self.statements:
            raise GatepostError(f"{self.folder}: no statement of keys yet: tools/bundle keys")
        _, statement = self._content(STATEMENT.format(self.statements), Statement)
        roots = tuple(bytes.fromhex(root) for root in statement.roots)
        return Keyring(roots, statement.releases, statement.number)

    def _content(self, name: str, kind: type[Content]) -> tuple[bytes, Content]:
        """What a file of the site says, without its signature; GatepostError: it is damaged."""
        content = (self.folder / name).read_bytes().partition(b"\n")[2]
        try:
            return content, parsed(kind, content)
        except UpdateError as fault:
            raise GatepostError(f"{self.folder / name}: damaged, or not ours: {fault}") from fault

    def _span(self, days: int) -> dict[str, str]:
        since = self.now.astimezone(timezone.utc).replace(microsecond=0)
        until = since + timedelta(days=days)
        return {"since": since.isoformat(), "until": until.isoformat()}

    def _put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Disk().replace(path, content)


def new_release(version: str, artefacts: list[Table], percent: float, **more: object) -> Table:
    """A release as a manifest has it, with a salt of its own."""
    rollout = {"percent": percent, "salt": secrets.token_hex(8), "paused": False}
    return {"version": version, "artefacts": artefacts, "rollout": rollout, **more}


def rolled_out(release: Table, **change: object) -> Table:
    """A release with another roll-out: the salt stays, so who was in it stays in it."""
    return release | {"rollout": release["rollout"] | change}


def copied(source: Site, folder: Path) -> None:
    """Put the same files elsewhere, as on a USB stick."""
    shutil.copytree(source.folder, folder, dirs_exist_ok=True)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _json(table: Table) -> bytes:
    return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"
