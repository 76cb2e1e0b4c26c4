"""System bundles, as RAUC reads them, and their place in a release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from appliance.update.source import MANIFEST
from tools.publish.bundle import main

pytestmark = pytest.mark.skipif(shutil.which("rauc") is None, reason="apt-get install rauc")
TOLD = {"compatible": "gatepost-tiny", "version": "1.2.0"}
LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
OTHER_DISK = "/dev/shm"  # noqa: S108  # a folder of its own is made there


def openssl(*words: str | Path) -> None:
    """As README.md's commands for these keys."""
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a certificate that it has signed."""
    folder = tmp_path_factory.mktemp("keys")
    ca, key, request = folder / "ca.key", folder / "release.key", folder / "release.csr"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    uses = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl(
        "req", "-x509", *kind, "-keyout", ca, "-out", folder / "ca.pem", "-subj", "/CN=ca", *uses
    )
    openssl("req", *kind, "-keyout", key, "-out", request, "-subj", "/CN=release 2026")
    (folder / "leaf").write_text(LEAF + "extendedKeyUsage=emailProtection\n")
    signing = (
        "-CA",
        folder / "ca.pem",
        "-CAkey",
        ca,
        "-CAcreateserial",
        "-extfile",
        folder / "leaf",
    )
    openssl(
        "x509", "-req", "-in", request, *signing, "-out", folder / "release.pem", "-days", "400"
    )
    return folder


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """What tools/image has built, but small."""
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "system.json").write_text(json.dumps(TOLD))
    (folder / "system.squashfs").write_bytes(os.urandom(9000))
    (folder / "boot.vfat").write_bytes(os.urandom(9000))
    return folder


def packed(image: Path, keys: Path, out: Path, *more: str) -> int:
    """Make a bundle."""
    signer = ["--cert", str(keys / "release.pem"), "--key", str(keys / "release.key")]
    return main(["system", str(out), "--image", str(image), *signer, *more])


def seen(bundle: Path, keyring: Path) -> dict[str, object]:
    """What RAUC makes of a bundle."""
    command = ["rauc", "info", "--output-format=json", f"--keyring={keyring}", str(bundle)]
    done = subprocess.run(command, check=True, capture_output=True)
    table: dict[str, object] = json.loads(done.stdout)
    return table


def test_a_bundle_has_both_files_of_a_slot(image: Path, keys: Path, tmp_path: Path) -> None:
    """Signed, and read block by block as it was signed; it says for what it is."""
    bundle = tmp_path / "a.raucb"
    assert packed(image, keys, bundle) == 0
    table = seen(bundle, keys / "ca.pem")
    assert {name: table[name] for name in TOLD} == TOLD
    assert [sorted(each) for each in table["images"]] == [["rootfs"], ["boot"]]  # type: ignore[attr-defined]
    assert packed(image, keys, bundle, "--version", "1.3.0") == 0
    assert seen(bundle, keys / "ca.pem")["version"] == "1.3.0"


def test_what_was_not_built_is_no_system(
    image: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fault names what is missing."""
    (image / "boot.vfat").unlink()
    assert packed(image, keys, tmp_path / "a.raucb") != 0
    assert f"{image}: no boot.vfat, expected what tools/image has built" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", '{"version": "1.2.0"}'])
def test_a_damaged_system_json_is_named(
    image: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """With what it should say, and no bundle."""
    (image / "system.json").write_text(text)
    assert packed(image, keys, tmp_path / "a.raucb") != 0
    assert f'{image}/system.json: expected {{"compatible"' in capsys.readouterr().err
    assert not (tmp_path / "a.raucb").exists()


@pytest.mark.skipif(not os.access(OTHER_DISK, os.W_OK), reason="no second disk here")
def test_a_bundle_may_lie_on_another_disk(image: Path, keys: Path) -> None:
    """A stick that goes to the units, say, and into a folder that is not there yet."""
    with TemporaryDirectory(dir=OTHER_DISK) as name:
        bundle = Path(name, "new", "a.raucb")
        assert packed(image, keys, bundle) == 0
        assert seen(bundle, keys / "ca.pem")["version"] == "1.2.0"


@pytest.mark.parametrize(
    ("named", "version"), [("gatepost-tiny", "1.3.0"), ("gatepost-other", "1.2.0")]
)
def test_a_bundle_that_units_would_refuse_is_not_published(
    image: Path,
    keys: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    named: str,
    version: str,
) -> None:
    """The fault tells both, and the site stays as it was."""
    bundle, site = tmp_path / "a.raucb", tmp_path / "site"
    packed(image, keys, bundle)
    main(["key", str(tmp_path / "2026.pem")])
    words = ["release", str(site), "--key", str(tmp_path / "2026.pem"), "--version", version]
    assert main([*words, "--system", f"{named}={bundle}"]) != 0
    told = f"it says 1.2.0 for gatepost-tiny, expected {version} for {named}"
    assert told in capsys.readouterr().err
    assert not list(site.rglob("*.signed"))


def test_a_release_has_a_system_for_each_board(
    image: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Units with our image need nothing else; without a version nobody knows what it is."""
    bundle, site, root = tmp_path / "a.raucb", tmp_path / "site", tmp_path / "root.pem"
    packed(image, keys, bundle)
    main(["key", str(root)])
    (tmp_path / "2026.pub").write_text(capsys.readouterr().out.partition("\n")[2])
    main(["key", str(tmp_path / "2026.pem")])
    (tmp_path / "2026.pub").write_text(capsys.readouterr().out)
    main(["keys", str(site), "--root", str(root), "--release", str(tmp_path / "2026.pub")])
    words = ["release", str(site), "--key", str(tmp_path / "2026.pem")]
    words += ["--system", f"gatepost-tiny={bundle}"]
    assert main(words) != 0
    assert "or --system and --version" in capsys.readouterr().err
    assert main([*words, "--version", "1.2.0"]) == 0
    manifest = json.loads((site / MANIFEST).read_bytes().partition(b"\n")[2])
    (artefact,) = manifest["releases"][0]["artefacts"]
    assert (artefact["kind"], artefact["platform"]) == ("system", "gatepost-tiny")
    assert artefact["size"] == bundle.stat().st_size
    assert artefact["unpacked"] == 0
