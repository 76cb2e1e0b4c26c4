"""Fetching: the keys, the manifest, and what a release consists of.

The rule to know: a download is trusted when its checksum is that of the manifest, and not before;
until then it lies under `downloads`, where nothing is started from.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from appliance.errors import SourceError, UpdateError
from appliance.update import trial
from appliance.update.keys import MOST_BYTES, Keyring, Verify, extended
from appliance.update.manifest import Artefact
from appliance.update.shelf import Shelf
from appliance.update.source import ARTEFACT, MANIFEST, STATEMENT, Source

LEFT_FREE = 200_000_000
"""Bytes that an update leaves free on the card: what `vigil` calls nearly full, and a day more."""
LEAST_GAIN = 1_000_000
"""Bytes that an attempt must have brought for another to follow at once."""
DURABLE_BYTES = 4_000_000
"""A power cut takes no more of a download than that; by itself the kernel writes after 30 s."""

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are here."""


def fetch_keys(shelf: Shelf, roots: tuple[bytes, ...], source: Source, verify: Verify) -> Keyring:
    """The keys that count, from those of the set-up through all statements there are.

    Statements that were seen are kept, so that nobody can withhold them later.  Those kept are
    verified anew each time.  The root keys of the set-up are the owner's own word: where they are
    others than before, what was seen before is forgotten.

    Raises:
        UpdateError: a statement is not signed by a root key of the one before.
        SourceError: the source is away.
    """
    keyring = Keyring(roots)
    _forget_others(shelf, keyring, verify)
    while (path := _kept(shelf, keyring)).exists():
        try:
            keyring = extended(keyring, path.read_bytes(), verify)
        except UpdateError as fault:
            told = f"{path}, kept here: damaged; once deleted it is fetched again"
            raise UpdateError(fault.name, told) from fault
    while signed := source.read(STATEMENT.format(keyring.number + 1), MOST_BYTES):
        path, keyring = _kept(shelf, keyring), extended(keyring, signed, verify)
        shelf.disk.make_folder(path.parent)
        shelf.disk.replace(path, signed)
    return keyring


def fetch_manifest(source: Source) -> bytes:
    """The signed manifest, not trusted yet; SourceError where there is none."""
    signed = source.read(MANIFEST, MOST_BYTES)
    if signed is None:
        raise SourceError(f"{MANIFEST}: there is none where updates come from")
    return signed


def require_space(shelf: Shelf, artefacts: tuple[Artefact, ...], free: int | None = None) -> None:
    """Raise UpdateError `space` where the card has too little room for all that is not here yet.

    Args:
        shelf: where they go.
        artefacts: of the release.
        free: bytes; None: as the card says.
    """
    missing = [each for each in artefacts if not shelf.image(each.sha256).exists()]
    needed = sum(each.size - here(shelf, each) + each.unpacked for each in missing) + LEFT_FREE
    free = shutil.disk_usage(shelf.folder).free if free is None else free
    if missing and needed > free:
        told = f"{needed / 1e6:.0f} MB needed, of which {LEFT_FREE / 1e6:.0f} stay free"
        raise UpdateError("space", f"{told}; {free / 1e6:.0f} MB are free at {shelf.folder}")


def fetch_artefact(
    shelf: Shelf, artefact: Artefact, source: Source, progress: Progress = lambda _a, _b: None
) -> Path:
    """The file of an artefact, whole and as the manifest says; goes on where it broke off.

    Raises:
        SourceError: the source is away or broke off; what came is kept for the next time.
        UpdateError: `size` or `hash`: it is another file; it is deleted.
    """
    path = _download(shelf, artefact)
    shelf.disk.make_folder(path.parent)
    while (before := here(shelf, artefact)) < artefact.size:
        try:
            _go_on(shelf, artefact, source, progress)
        except SourceError:
            if here(shelf, artefact) - before < LEAST_GAIN:
                raise
    _require_same(shelf, artefact)
    shelf.disk.sync(path)
    return path


def here(shelf: Shelf, artefact: Artefact) -> int:
    """How many bytes of an artefact have come."""
    try:
        return _download(shelf, artefact).stat().st_size
    except FileNotFoundError:
        return 0


def _forget_others(shelf: Shelf, keyring: Keyring, verify: Verify) -> None:
    """Forget what was seen by other root keys, in an order that a power cut cannot turn.

    What is kept stays where its first statement verifies: a root key was added, or nobody wrote
    down yet by which ones it was seen, as releases before this did not.
    """
    roots = hashlib.sha256(b"".join(sorted(keyring.roots))).hexdigest()
    if shelf.standing().roots == roots:
        return
    first = _kept(shelf, keyring)
    goes_on = _is_signed(first, keyring, verify)
    if first.parent.exists() and not goes_on:
        shelf.disk.remove(first.parent)
        shelf.disk.sync(shelf.folder)
    shelf.change(partial(trial.rooted, roots=roots, goes_on=goes_on))


def _is_signed(path: Path, keyring: Keyring, verify: Verify) -> bool:
    """Whether there is a next statement, and these root keys signed it."""
    try:
        extended(keyring, path.read_bytes(), verify)
    except FileNotFoundError:
        return False
    except UpdateError as fault:
        return fault.name != "signature"
    return True


def _go_on(shelf: Shelf, artefact: Artefact, source: Source, progress: Progress) -> None:
    path, count = _download(shelf, artefact), here(shelf, artefact)
    durable = count
    for part in source.parts(ARTEFACT.format(artefact.sha256), count):
        count += len(part)
        if count > artefact.size:
            break  # _require_same deletes it
        shelf.disk.append(path, part)
        if count - durable >= DURABLE_BYTES:
            shelf.disk.sync(path)
            shelf.disk.sync(path.parent)
            durable = count
        progress(count, artefact.size)
    if count < artefact.size:
        told = f"broke off after {count} of {artefact.size} bytes, which are kept"
        raise SourceError(f"{artefact.kind}: {told}")
    if count > artefact.size:
        shelf.disk.remove(path)
        told = f"longer than the {artefact.size} bytes of the manifest"
        raise UpdateError("size", f"{artefact.kind}: {told}")


def _require_same(shelf: Shelf, artefact: Artefact) -> None:
    path = _download(shelf, artefact)
    size, found = here(shelf, artefact), _checksum(path)
    if size == artefact.size and found == artefact.sha256:
        return
    shelf.disk.remove(path)
    told = f"sha256 {found[:12]}..., expected {artefact.sha256[:12]}..."
    raise UpdateError("hash", f"{artefact.kind}: {told}")


def _checksum(path: Path) -> str:
    """SHA-256 of a file; `hashlib.file_digest` came with Python 3.11."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _download(shelf: Shelf, artefact: Artefact) -> Path:
    return shelf.folder / "downloads" / artefact.sha256


def _kept(shelf: Shelf, keyring: Keyring) -> Path:
    """Where the next statement lies, if it was seen before."""
    return shelf.folder / "keys" / f"{keyring.number + 1}.signed"
