"""The manifest: which releases there are, for whom, and who is to take them already.  Pure.

The rule to know: `read_manifest` trusts or refuses, `choose` only picks from what is trusted.  A
manifest has no time of its own to go by: the caller says what time it is, as far as is known.

Each refusal has a name that stays; see REFUSALS and HINDRANCES.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from appliance.errors import UpdateError
from appliance.update.keys import Hexadecimal, Keyring, Part, Verify, opened, parsed
from appliance.update.lot import place_of
from appliance.update.source import MANIFEST
from appliance.update.trial import order

REFUSALS = {
    "signature": "no key that counts signed it, or it was altered",
    "malformed": "it is signed, and yet not what a manifest looks like",
    "format": "it is made for units of a later format",
    "product": "it is another product's",
    "key": "the key that signed it was not valid at its date, or is not any more",
    "expired": "it is too old: somebody may be withholding a newer one",
    "replayed": "this unit has seen a newer one",
}
HINDRANCES = {
    "none": "nothing is offered",
    "unknown": "there is no such release",
    "installed": "it is what runs",
    "on trial": "it is being tried",
    "downgrade": "it is older than what runs",
    "withdrawn": "it was taken back",
    "hardware": "it is not for this board",
    "platform": "it holds nothing for this system",
    "least": "what runs is too old to go to it at once",
    "schema": "what runs could not read its database after a fall-back",
    "failed": "it failed here before",
    "paused": "its roll-out is paused",
    "stage": "its roll-out has not come to this unit yet",
}
FORCED = frozenset({"failed", "paused", "stage"})
"""What a person may pass over, who stands before the unit."""
ANY = "any"
FORMAT = 1
Version = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


class Artefact(Part):
    """One file of a release."""

    kind: Name  # app, libraries, models, system; a unit passes over those that it does not know
    platform: Name  # such as "linux-aarch64-cp311"; ANY: for all
    sha256: Hexadecimal
    size: int = Field(ge=1, le=4_000_000_000)
    unpacked: int = Field(ge=0, le=8_000_000_000)  # bytes on the card, beside the file itself


class Rollout(Part):
    """Who is to take it: the share of all units below `percent`, by `place_of` with this salt."""

    percent: float = Field(ge=0, le=100, strict=False)
    salt: str = Field(min_length=8, max_length=64)
    paused: bool = False


class Release(Part):
    """A version, and what it consists of."""

    version: Version
    hardware: Annotated[tuple[Name, ...], Field(max_length=32)]  # none: any
    rollout: Rollout
    artefacts: Annotated[tuple[Artefact, ...], Field(min_length=1, max_length=32)]
    least: Version = "0.0.0"  # version from which one may come to this one
    writes: int = Field(ge=1)  # schema of the database
    reads: int = Field(ge=1)  # highest schema that it understands
    withdrawn: str = Field("", max_length=255)  # why; empty: it was not
    summary: str = Field("", max_length=255)  # as long as Home Assistant shows


class Manifest(Part):
    """What is offered now; a later one, with a higher sequence, takes its place altogether."""

    type: Literal["gatepost-manifest"]
    format: int = Field(ge=1)
    sequence: int = Field(ge=1)
    issued: AwareDatetime
    expires: AwareDatetime
    product: Name
    releases: Annotated[tuple[Release, ...], Field(max_length=16)]


@dataclass(frozen=True, slots=True)
class Place:
    """What the unit is, as far as updates go.

    Attributes:
        unit: its id.
        product: whose manifests it takes.
        hardware: the board.
        platform: of its programs.
        kinds: of artefacts that it installs; each release must have one of each.
        version: that runs, or would after a fall-back.
        reads: the highest schema of the database that this version understands.
        trial: the version on trial; empty: none.
        failed: why versions failed here.
    """

    unit: str
    product: str
    hardware: str
    platform: str
    kinds: tuple[str, ...]
    version: str
    reads: int
    trial: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a manifest means for one unit.

    Attributes:
        release: to install; None where there is none for now.
        name: one of HINDRANCES where there is none, else empty.
        words: the same for a person.
    """

    release: Release | None
    name: str
    words: str


def read_manifest(
    signed: bytes, keyring: Keyring, verify: Verify, product: str, now: datetime, known: int
) -> Manifest:
    """What a signed file says, if all of it is to be trusted.

    Args:
        signed: the file.
        keyring: who may sign it.
        verify: checks a signature.
        product: whose manifests this unit takes.
        now: the latest time that is known to have passed.
        known: the highest sequence that this unit has seen.

    Raises:
        UpdateError: by the names of REFUSALS.
    """
    keys = {bytes.fromhex(each.key): each for each in keyring.releases}
    content, signer = opened(signed, keys, verify, MANIFEST)
    if parsed(_Kind, content).format > FORMAT:
        raise UpdateError("format", f"of a later one than {FORMAT}: install a newer gatepost")
    manifest, key = parsed(Manifest, content), keys[signer]
    if manifest.product != product:
        raise UpdateError("product", f"for {manifest.product}, expected {product}")
    if not key.since <= manifest.issued <= key.until or now > key.until:
        valid = f"{key.since:%Y-%m-%d} to {key.until:%Y-%m-%d}"
        raise UpdateError("key", f"{key.name} signs from {valid}")
    if now > manifest.expires:
        told = f"on {manifest.expires:%Y-%m-%d %H:%MZ}; a newer one may be withheld from this unit"
        raise UpdateError("expired", told)
    if manifest.sequence < known:
        told = f"sequence {manifest.sequence}, but {known} was seen here before"
        raise UpdateError("replayed", told)
    return manifest


def choose(manifest: Manifest, place: Place, wanted: str = "", *, force: bool = False) -> Choice:
    """The newest release that this unit is to install, or why there is none.

    Args:
        manifest: trusted.
        place: the unit.
        wanted: a version; empty: any that is newer than what runs, and than what is on trial.
        force: passes over FORCED; what makes a release unfit stands.
    """
    newest = sorted(manifest.releases, key=lambda each: order(each.version), reverse=True)
    held = Choice(None, "none", f"nothing is newer than {place.version}")
    if wanted:
        newest = [each for each in newest if each.version == wanted]
        held = Choice(None, "unknown", f"{wanted} is not in the manifest")
    else:
        newest = [each for each in newest if _is_onward(each.version, place)]
    for release in reversed(newest):
        name, words = _hindrance(release, place, force=force)
        held = Choice(None, name, f"{release.version}: {words}") if name else held
    for release in newest:
        if not _hindrance(release, place, force=force)[0]:
            return Choice(release, "", release.version)
    return held


def artefacts_for(release: Release, place: Place) -> tuple[Artefact, ...]:
    """What the unit installs of a release, in the order of its kinds; one of each, if there is."""
    found = (_artefact(release, kind, place.platform) for kind in place.kinds)
    return tuple(each for each in found if each is not None)


def withdrawn(manifest: Manifest, version: str) -> str:
    """Why a version was taken back; empty where it was not."""
    return next((each.withdrawn for each in manifest.releases if each.version == version), "")


class _Kind(Part):
    """What stands in the manifests of every format."""

    type: Literal["gatepost-manifest"]
    format: int


def _is_onward(version: str, place: Place) -> bool:
    """Newer than what runs, and not older than what may run soon: else that would make room."""
    return order(version) > order(place.version) and not (
        place.trial and order(version) < order(place.trial)
    )


def _artefact(release: Release, kind: str, platform: str) -> Artefact | None:
    """Of that platform, or of all."""
    for wanted in (platform, ANY):
        for each in release.artefacts:
            if each.kind == kind and each.platform == wanted:
                return each
    return None


def _hindrance(release: Release, place: Place, *, force: bool) -> tuple[str, str]:
    """The first reason, name and words, why a release is not for this unit now; empty: none."""
    return next(
        (
            (name, words)
            for name, applies, words in _reasons(release, place)
            if applies and not (force and name in FORCED)
        ),
        ("", ""),
    )


def _reasons(release: Release, place: Place) -> Iterator[tuple[str, bool, str]]:
    """Every reason with whether it applies; those that no force passes over come first."""
    version, runs, rollout = order(release.version), order(place.version), release.rollout
    at = place_of(place.unit, rollout.salt)
    missing = len(place.kinds) - len(artefacts_for(release, place))
    schema = f"writes schema {release.writes}, {place.version} reads {place.reads} at most"
    yield "installed", version == runs, "runs already"
    yield "on trial", release.version == place.trial, "is on trial"
    yield "downgrade", version < runs, f"older than {place.version}, which runs"
    yield "withdrawn", bool(release.withdrawn), f"withdrawn: {release.withdrawn}"
    fits = not release.hardware or place.hardware in release.hardware
    yield "hardware", not fits, f"not for {place.hardware}, for {', '.join(release.hardware)}"
    yield "platform", missing > 0, f"lacks {missing} of {', '.join(place.kinds)}, {place.platform}"
    too_old = runs < order(release.least)
    yield "least", too_old, f"needs {release.least} first, {place.version} runs"
    yield "schema", release.writes > place.reads, schema
    yield "failed", release.version in place.failed, place.failed.get(release.version, "")
    yield "paused", rollout.paused, "its roll-out is paused"
    yield "stage", at >= rollout.percent, f"rolled out to {rollout.percent:g} %, this is {at:.2f} %"
