"""What `tools/image` is given: what would make units that do not start, or tell a secret."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path
from typing import IO

import pytest

from appliance.errors import GatepostError
from tools.flash.application import keep, package_version
from tools.flash.image import keyring
from tools.flash.programs import feed, run
from tools.flash.tree import Tree, file

ROOT: Tree = {"usr/bin/python3.13": file(b"")}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"


def packed(folder: Path, name: str, architecture: str, version: str) -> Path:
    """A package with nothing in it."""
    above = folder / "package"
    (above / "DEBIAN").mkdir(parents=True)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
    control += "Maintainer: x <x@x>\nDescription: tiny\n"
    (above / "DEBIAN/control").write_text(control)
    run(["dpkg-deb", "--build", "--root-owner-group", above, folder / "a.deb"])
    return folder / "a.deb"


WRONG = {
    "another package": ("gate", "arm64", "1.2.3+py313", "gate for arm64, expected gatepost for"),
    "another processor": ("gatepost", "amd64", "1.2.3+py313", "gatepost for amd64, expected"),
    "another Python": ("gatepost", "arm64", "1.2.3+py311", r"py311: the root has Python 3\.13"),
}


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="apt-get install dpkg")
@pytest.mark.parametrize("case", WRONG)
def test_a_package_that_would_not_run_there_is_refused(tmp_path: Path, case: str) -> None:
    """No apt looks at it: the image unpacks it."""
    name, architecture, version, told = WRONG[case]
    with pytest.raises(GatepostError, match=told):
        package_version(packed(tmp_path, name, architecture, version), ROOT)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="apt-get install dpkg")
def test_the_version_is_the_packages_without_its_python(tmp_path: Path) -> None:
    """As the manifest of a release has it."""
    deb = packed(tmp_path, "gatepost", "arm64", "1.2.3+py313")
    assert package_version(deb, ROOT) == "1.2.3"


@pytest.mark.parametrize(
    ("text", "told"),
    [(CERTIFICATE + KEY, "a private key, expected certificates alone"), ("", "no certificate")],
)
def test_a_keyring_is_certificates_and_nothing_else(tmp_path: Path, text: str, told: str) -> None:
    """A key in it would lie on every card, and could sign for every unit."""
    path = tmp_path / "ca.pem"
    path.write_text(CERTIFICATE)
    assert keyring(path) == CERTIFICATE.encode()
    path.write_text(text)
    with pytest.raises(GatepostError, match=told):
        keyring(path)


def test_a_keyring_that_is_not_there_is_named(tmp_path: Path) -> None:
    """In words, before half an hour of building."""
    with pytest.raises(GatepostError, match=r"ca\.pem: No such file or directory, expected"):
        keyring(tmp_path / "ca.pem")


def pour(out: IO[bytes]) -> None:
    """More than a pipe holds."""
    for _ in range(100):
        out.write(b"\0" * 65536)


def test_a_program_that_ends_too_early_is_a_fault(tmp_path: Path) -> None:
    """Whether it fails before all was written, or is not there at all; else all comes."""
    with pytest.raises(GatepostError, match=r"^false: exit code 1, expected 0"):
        feed(["false"], pour, {})
    with pytest.raises(GatepostError, match=r"^no-such-program: not found"):
        feed(["no-such-program"], pour, {})
    feed(["dd", f"of={tmp_path / 'out'}", "status=none"], pour, {})
    assert (tmp_path / "out").stat().st_size == 100 * 65536


def test_a_clean_program_that_reads_little_is_no_fault() -> None:
    """It has what it wanted: its exit code says so."""
    feed(["true"], pour, {})


def test_a_cache_on_a_full_disk_keeps_no_half_file(tmp_path: Path) -> None:
    """The compiler's folder is often another file system's, from which a move is a copy."""
    made, target = Path("/dev/shm", tmp_path.name), tmp_path / "cache" / "kept"  # noqa: S108
    if Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:  # noqa: S108
        pytest.skip("one file system, where a move is a rename")
    made.write_bytes(bytes(10_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            keep(made, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not target.exists()
    keep(made, target)
    assert target.read_bytes() == bytes(10_000)
    assert [each.name for each in target.parent.iterdir()] == ["kept"]
