"""From a source to a deployment on trial: what `gatepost update` does, with slots or without.

The rule to know: nothing that runs is touched.  A release becomes what runs by the next start of
the unit (`launch`), and what is good by what it shows then (`probation`).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from appliance import __version__
from appliance.errors import UpdateError
from appliance.update import trial
from appliance.update.fetch import (
    Progress,
    fetch_artefact,
    fetch_keys,
    fetch_manifest,
    require_space,
)
from appliance.update.images import deploy, forget, unpack
from appliance.update.keys import Verify
from appliance.update.manifest import (
    Artefact,
    Choice,
    Manifest,
    Place,
    Release,
    artefacts_for,
    choose,
    read_manifest,
)
from appliance.update.rauc import Rauc, Writing
from appliance.update.shelf import Shelf
from appliance.update.slots import system
from appliance.update.source import Source
from appliance.update.system import KIND, install_bundle, require_home
from appliance.update.trial import Standing
from appliance.updatesection import Update

KINDS = ("app", "libraries", "models")
"""What a stock system takes, each an image of its own: a new package alone is small."""
SYSTEM_KINDS = (KIND,)
"""What a unit with slots takes: the whole root, with the package in it."""
COMPATIBLE = Path("/proc/device-tree/compatible")


@dataclass(frozen=True, slots=True)
class Unit:
    """What does not change between two updates.

    Attributes:
        unit: its id, as configured.
        product: whose manifests it takes.
        roots: public keys that may sign the first statement of keys.
        hardware: the board, see `hardware_name`.
        platform: of its programs, see `platform_name`; with slots, RAUC's name for the boards.
        reads: the highest schema of the database that what came with the system understands.
        kinds: of artefacts that it installs.
        version: of what came with the system.
    """

    unit: str
    product: str
    roots: tuple[bytes, ...]
    hardware: str
    platform: str
    reads: int
    kinds: tuple[str, ...] = KINDS
    version: str = __version__


@dataclass(frozen=True, slots=True)
class Offer:
    """A trusted manifest, and what it means here."""

    manifest: Manifest
    place: Place
    choice: Choice


def look(
    shelf: Shelf, unit: Unit, source: Source, verify: Verify, now: datetime, wanted: str = ""
) -> Offer:
    """What a source offers; what is seen of it is remembered, so that nobody can go behind it.

    Args:
        shelf: of this unit.
        unit: who it is.
        source: where from.
        verify: checks a signature.
        now: wall-clock time, which may be wrong; a time that was seen signed is not gone behind.
        wanted: a version; empty: the newest that is fit.

    Raises:
        UpdateError: keys or manifest are not to be trusted.
        SourceError: the source is away.
    """
    keyring = fetch_keys(shelf, unit.roots, source, verify)
    standing = shelf.standing()
    signed = fetch_manifest(source)
    at = max(now, datetime.fromtimestamp(standing.known_s, timezone.utc))
    manifest = read_manifest(signed, keyring, verify, unit.product, at, standing.sequence)
    issued = int(manifest.issued.timestamp())
    step = partial(trial.seen, sequence=manifest.sequence, known_s=issued)
    place = place_for(unit, shelf.change(step))
    return Offer(manifest, place, choose(manifest, place, wanted))


def forced(offer: Offer, wanted: str = "") -> Choice:
    """The same where a person stands before the unit and insists."""
    return choose(offer.manifest, offer.place, wanted, force=True)


def install(
    shelf: Shelf,
    release: Release,
    place: Place,
    source: Source,
    *,
    reached: bool,
    progress: Progress = lambda _have, _of: None,
    writing: Writing = lambda _percent: None,
) -> Standing:
    """Fetch a release, unpack it and put it on trial; the next start of the unit tries it.

    With slots it is written into the one that does not run, and the next boot tries it.

    Args:
        shelf: of this unit.
        release: of `choose`.
        place: the same that it was chosen for.
        source: where from.
        reached: whether the broker is reached now: then the release must reach it too.
        progress: told how many bytes of all that is to be fetched are here.
        writing: told how much of a slot is written, percent.

    Raises:
        UpdateError: it is not what the manifest says, or there is no room.
        SourceError: the source is away; the next call goes on.
        OSError: the card takes nothing.
    """
    has_slots = place.kinds == SYSTEM_KINDS
    if has_slots:
        require_home()  # before hundreds of megabytes are fetched
    archives = fetch_release(shelf, release, place, source, progress)
    artefacts = artefacts_for(release, place)
    if has_slots:
        bundle, rauc = archives[artefacts[0].sha256], Rauc()
        return install_bundle(shelf, release, place, bundle, rauc, reached=reached, writing=writing)
    for each in artefacts:
        _lay(shelf, each, archives)
    return _put_on_trial(shelf, release, artefacts, reached=reached)


def fetch_release(
    shelf: Shelf,
    release: Release,
    place: Place,
    source: Source,
    progress: Progress = lambda _have, _of: None,
) -> dict[str, Path]:
    """Fetch all of a release that is not here yet, and install nothing of it.

    Returns:
        What came, and is as the manifest says, by its checksum.

    Raises:
        UpdateError, SourceError, OSError: as of `install`.
    """
    artefacts = artefacts_for(release, place)
    forget(shelf, shelf.standing(), frozenset(each.sha256 for each in artefacts))
    shelf.disk.make_folder(shelf.folder)
    require_space(shelf, artefacts)
    missing = [each for each in artefacts if not shelf.image(each.sha256).exists()]
    total, done, archives = sum(each.size for each in missing), 0, {}
    for each in missing:
        onward = partial(_onward, progress, done, total)
        archives[each.sha256] = fetch_artefact(shelf, each, source, onward)
        done += each.size
    return archives


def place_for(unit: Unit, standing: Standing) -> Place:
    """The unit as it is now, for a manifest."""
    current, on_trial = standing.current, standing.trial
    return Place(
        unit=unit.unit,
        product=unit.product,
        hardware=unit.hardware,
        platform=unit.platform,
        kinds=unit.kinds,
        version=current.version if current else unit.version,
        reads=current.reads if current else unit.reads,
        trial=on_trial.deployment.version if on_trial else "",
        failed=standing.failed,
    )


def unit_of(name: str, update: Update, roots: tuple[bytes, ...], reads: int) -> Unit:
    """The unit as it is configured, on this board.

    Args:
        name: the unit's id.
        update: where from, and whose.
        roots: public keys that may sign the first statement of keys.
        reads: the highest schema of the database that this release understands.
    """
    runs, board = system(), hardware_name()
    if runs is None:
        return Unit(name, update.product, roots, board, platform_name(), reads)
    told = SYSTEM_KINDS, runs.version
    return Unit(name, update.product, roots, board, runs.compatible, reads, *told)


def platform_name() -> str:
    """Names what compiled modules must have been made for, such as linux-aarch64-cp311."""
    major, minor = sys.version_info[:2]
    return f"{sys.platform}-{platform.machine().lower()}-cp{major}{minor}"


def hardware_name(compatible: Path = COMPATIBLE) -> str:
    """Names the board as its device tree does, such as raspberrypi-4-model-b; a PC has none."""
    try:
        first = compatible.read_bytes().partition(b"\0")[0]
    except FileNotFoundError:
        return "pc"
    return first.decode("ascii", "replace").lower().replace(",", "-")


def _onward(progress: Progress, done: int, total: int, have: int, _of: int) -> None:
    """Tell how far all of it is, from how far one of several is."""
    progress(done + have, total)


def _put_on_trial(
    shelf: Shelf, release: Release, artefacts: tuple[Artefact, ...], *, reached: bool
) -> Standing:
    """Let the next start be of these images; what nobody goes back to any more is deleted."""
    images = {each.kind: each.sha256 for each in artefacts}
    deployment = deploy(shelf, release.version, release.reads, images)
    standing = shelf.change(partial(trial.put_on_trial, deployment=deployment, reached=reached))
    forget(shelf, standing)
    return standing


def _lay(shelf: Shelf, artefact: Artefact, archives: Mapping[str, Path]) -> None:
    """Unpack an image, unless it is here."""
    archive = archives.get(artefact.sha256)
    if archive is None:
        return
    try:
        unpack(shelf, archive, artefact.sha256, artefact.unpacked)
    except UpdateError:
        shelf.disk.remove(archive)
        raise
