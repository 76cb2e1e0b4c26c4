"""Who is trusted, and who takes which release: each refusal by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import UpdateError
from appliance.update.keys import MOST_BYTES, Keyring, sealed
from appliance.update.lot import place_of
from appliance.update.manifest import (
    HINDRANCES,
    REFUSALS,
    Manifest,
    Place,
    choose,
    read_manifest,
)
from appliance.update.source import MANIFEST, FolderSource
from tests.update.conftest import BOARD, NOW, PLATFORM, Device, Publisher, verified
from tools.publish.signing import PrivateKey
from tools.publish.site import Site, Table, rolled_out

PLACE = Place("u1", "gatepost", BOARD, PLATFORM, ("app", "models"), "1.0.0", reads=1)
HEX = "0" * 64


def refusal(publisher: Publisher, signed: bytes, known: int = 0) -> str:
    """The name by which a manifest is refused; empty where it is not."""
    keyring = publisher.site.keyring((publisher.root.public(),))
    try:
        read_manifest(signed, keyring, verified, "gatepost", NOW, known)
    except UpdateError as fault:
        return fault.name if fault.name in REFUSALS else f"unheard of: {fault.name}"
    return ""


def resealed(signed: bytes, key: PrivateKey, change: Callable[[Table], Table]) -> bytes:
    """A manifest with something else in it, signed by a key."""
    content = json.dumps(change(json.loads(signed.partition(b"\n")[2]))).encode()
    return sealed(content, key.sign(content))


@pytest.fixture
def signed(publisher: Publisher) -> bytes:
    """A manifest with one release."""
    publisher.release("1.1.0")
    return (publisher.site.folder / MANIFEST).read_bytes()


def test_the_publishers_manifest_is_trusted(publisher: Publisher, signed: bytes) -> None:
    """What the tool signs, the unit takes."""
    assert refusal(publisher, signed) == ""


def test_a_strangers_signature_is_refused(
    publisher: Publisher, signed: bytes, keys: dict[str, PrivateKey]
) -> None:
    """A good signature of a key that does not count is none, not even the root's own."""
    for name in ("other", "root"):
        assert refusal(publisher, resealed(signed, keys[name], dict)) == "signature"


def test_no_bit_can_be_flipped(publisher: Publisher, signed: bytes) -> None:
    """Neither in the content nor in the signature; of the whole file every 97th bit is tried."""
    for bit in range(0, 8 * len(signed), 97):
        altered = bytearray(signed)
        altered[bit // 8] ^= 1 << bit % 8
        assert refusal(publisher, bytes(altered)) == "signature"


@pytest.mark.parametrize("file", [b"", b"\n", b"{}", b"A" * 88, b"x" * (MOST_BYTES + 1)])
def test_what_is_no_signed_file_is_refused(publisher: Publisher, file: bytes) -> None:
    """And nobody looks into it."""
    assert refusal(publisher, file) == "signature"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("product", {"product": "lawnmower"}),
        ("expired", {"expires": "2026-11-21T11:59:59Z"}),
        ("key", {"issued": "2026-11-01T00:00:00Z"}),  # before the key counted
        ("key", {"issued": "2028-11-01T00:00:00Z"}),
        ("format", {"format": 2, "releases": "of another kind"}),
        ("malformed", {"sequence": "1"}),
        ("malformed", {"type": "gatepost-keys"}),
        ("malformed", {"issued": "2026-11-21T11:00:00"}),  # in whose time zone?
        ("", {"what a later release adds": 1}),
    ],
)
def test_what_is_signed_may_still_be_refused(
    publisher: Publisher, signed: bytes, name: str, change: Table
) -> None:
    """Other product, too old, outside the key's dates, of another format, or not a manifest."""
    assert refusal(publisher, resealed(signed, publisher.key, lambda m: m | change)) == name


def test_an_older_manifest_is_refused(publisher: Publisher, signed: bytes) -> None:
    """The sequence never falls; the same one again is what a unit sees most often."""
    assert refusal(publisher, signed, known=1) == ""
    assert refusal(publisher, signed, known=2) == "replayed"


def test_a_key_that_ran_out_signs_no_more(publisher: Publisher, signed: bytes) -> None:
    """Also not what it dates back."""
    keyring = publisher.site.keyring((publisher.root.public(),))
    late = NOW + timedelta(days=401)
    with pytest.raises(UpdateError) as fault:
        read_manifest(signed, keyring, verified, "gatepost", late, 0)
    assert fault.value.name == "key"


def test_a_unit_that_has_seen_a_time_does_not_go_behind_it(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """A clock that is wrong does not make an expired manifest good."""
    publisher.release("1.1.0")
    device.look(source)
    device.shelf.change(lambda s: replace(s, known_s=int((NOW + timedelta(days=91)).timestamp())))
    with pytest.raises(UpdateError) as fault:
        device.look(source, now=NOW - timedelta(days=365))
    assert fault.value.name == "expired"


def test_a_publisher_whose_clock_was_ahead_is_told(
    publisher: Publisher, device: Device, source: FolderSource, keys: dict[str, PrivateKey]
) -> None:
    """Units that saw that manifest take its time for passed: the next ones must outlive it."""
    ahead = Site(publisher.site.folder, NOW + timedelta(days=100))
    Publisher(ahead, keys["root"], keys["key"]).release("1.1.0")
    assert device.look(source).manifest.sequence == 1
    with pytest.raises(UpdateError, match=r"expired: .* clock ahead\?\), expected more --days"):
        publisher.publish(publisher.site.table())
    assert device.look(source).manifest.sequence == 1
    publisher.site.publish(publisher.site.table(), publisher.key, "gatepost", 150)
    assert device.look(source).manifest.sequence == 2
    with pytest.raises(UpdateError, match="expired"):
        publisher.publish(publisher.site.table())


def test_a_replay_is_refused_by_a_unit_that_saw_more(
    publisher: Publisher, device: Device, source: FolderSource, signed: bytes
) -> None:
    """What was seen is remembered, whether or not it was installed."""
    publisher.release("1.2.0")
    device.look(source)
    (publisher.site.folder / MANIFEST).write_bytes(signed)
    with pytest.raises(UpdateError) as fault:
        device.look(source)
    assert fault.value.name == "replayed"


def manifest_of(*releases: Table) -> Manifest:
    """A manifest that is trusted already."""
    return Manifest.model_validate_json(
        json.dumps(
            {"type": "gatepost-manifest", "format": 1, "sequence": 1, "product": "gatepost"}
            | {"issued": NOW.isoformat(), "expires": NOW.isoformat(), "releases": releases}
        )
    )


def release_of(version: str, percent: float = 100, **more: object) -> Table:
    """One of its releases."""
    size = {"sha256": HEX, "size": 1, "unpacked": 1}
    artefacts = [
        {"kind": "app", "platform": PLATFORM} | size,
        {"kind": "models", "platform": "any"} | size,
        {"kind": "of a later release", "platform": "any"} | size,
    ]
    artefacts[2]["kind"] = "firmware"
    rollout = {"percent": percent, "salt": "12345678"}
    told = {"version": version, "artefacts": artefacts, "rollout": rollout}
    return told | {"hardware": [], "writes": 1, "reads": 1} | more


@pytest.mark.parametrize(
    ("name", "release", "place"),
    [
        ("", release_of("1.0.1"), PLACE),
        ("", release_of("1.0.10"), replace(PLACE, version="1.0.9")),
        ("hardware", release_of("1.1.0", hardware=["jetson"]), PLACE),
        ("platform", release_of("1.1.0"), replace(PLACE, platform="linux-aarch64-cp313")),
        ("platform", release_of("1.1.0"), replace(PLACE, kinds=("system",))),
        ("least", release_of("3.0.0", least="2.0.0"), PLACE),
        ("schema", release_of("1.1.0", writes=2), PLACE),
        ("withdrawn", release_of("1.1.0", withdrawn="opens for all"), PLACE),
        ("failed", release_of("1.1.0"), replace(PLACE, failed={"1.1.0": "no frame"})),
        ("on trial", release_of("1.1.0"), replace(PLACE, trial="1.1.0")),
        ("paused", rolled_out(release_of("1.1.0"), paused=True), PLACE),
        ("stage", release_of("1.1.0", 0), PLACE),
        ("none", release_of("1.0.0"), PLACE),
        ("none", release_of("0.9.9"), PLACE),
    ],
)
def test_a_release_that_is_not_for_this_unit_is_named(
    name: str, release: Table, place: Place
) -> None:
    """Each hindrance has a name, and words that name the version."""
    choice = choose(manifest_of(release), place)
    assert choice.name == name
    assert (choice.release is None) == bool(name)
    assert name in {"", *HINDRANCES}


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("0.9.0", "downgrade"), ("1.0.0", "installed"), ("7.0.0", "unknown"), ("1.1.0", "")],
)
def test_who_names_a_version_gets_it_or_the_reason(wanted: str, name: str) -> None:
    """A downgrade is refused, also where it is forced: its code may not read what is stored."""
    manifest = manifest_of(*(release_of(each) for each in ("0.9.0", "1.0.0", "1.1.0")))
    assert choose(manifest, PLACE, wanted).name == name
    assert choose(manifest, PLACE, wanted, force=True).name == name


def test_force_passes_over_what_is_a_matter_of_time() -> None:
    """Not over what makes it unfit."""
    held = replace(PLACE, failed={"1.1.0": "no frame"})
    waiting = rolled_out(release_of("1.1.0", 0), paused=True)
    assert choose(manifest_of(waiting), held, force=True).name == ""
    assert choose(manifest_of(release_of("1.1.0", withdrawn="bad")), held, force=True).name


def test_the_newest_that_is_fit_is_taken() -> None:
    """While a release is rolled out to few, the others get the one before."""
    manifest = manifest_of(release_of("1.2.0", 0), release_of("1.1.0"), release_of("1.0.5"))
    chosen = choose(manifest, PLACE).release
    assert chosen is not None
    assert chosen.version == "1.1.0"


def test_what_is_on_trial_makes_no_room_for_something_older() -> None:
    """Who installs twice, as a nightly job does, keeps the newest; a newer one may take over."""
    held = replace(PLACE, trial="1.2.0")
    older, same = release_of("1.1.0"), release_of("1.2.0")
    assert choose(manifest_of(older, same), held).name == "on trial"
    assert choose(manifest_of(older), held).name == "none"
    newer = choose(manifest_of(older, same, release_of("1.3.0")), held).release
    assert newer is not None
    assert newer.version == "1.3.0"
    assert choose(manifest_of(older, same), held, "1.1.0").release is not None, "a person may"


@given(st.text(max_size=20), st.text(max_size=20), st.floats(0, 100), st.floats(0, 100))
def test_a_wider_stage_keeps_who_was_in_it(unit: str, salt: str, one: float, two: float) -> None:
    """A unit has one place in a roll-out; it lies within 0 and 100, and 100 % are all."""
    place = place_of(unit, salt)
    assert 0 <= place < 100
    assert not place < min(one, two) or place < max(one, two)


@given(st.integers(0, 2**32))
def test_a_stage_is_the_share_that_it_says(salt: int) -> None:
    """Of 2,000 units 25 % are 500, give or take six standard deviations (116)."""
    inside = sum(place_of(f"unit-{number}", f"{salt}") < 25 for number in range(2000))
    assert abs(inside - 500) <= 116


def test_another_salt_is_another_order() -> None:
    """It is not always the same units that go first."""
    first, second = (
        {n for n in range(1000) if place_of(f"u{n}", salt) < 10} for salt in ("one", "two")
    )
    assert len(first & second) < 40


def test_a_keyring_without_keys_trusts_nobody(signed: bytes) -> None:
    """A unit whose keys were all taken back takes nothing."""
    with pytest.raises(UpdateError, match="signature"):
        read_manifest(signed, Keyring(()), verified, "gatepost", NOW, 0)
