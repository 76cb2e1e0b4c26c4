"""The Debian package: equal byte for byte, owned by root, and what its scripts name is in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

import pytest

from appliance import __version__
from appliance.config import load_config
from tools.debian.control import PYTHONS, Target, control, package_version
from tools.debian.package import build, commit_time
from tools.debian.tree import IMAGE_ONLY, SCRIPTS, modules_folder
from tools.publish.signing import REPOSITORY

DPKG = shutil.which("dpkg-deb")
pytestmark = pytest.mark.skipif(DPKG is None, reason="dpkg-deb is not installed here")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TARGET = Target("arm64", HERE if HERE in PYTHONS else "3.11")
EPOCH = 1_800_000_000
OWN = REPOSITORY / "firmware" / "debian"


def few_libraries(_platform: str, folder: Path) -> None:
    """In place of 120 MB of wheels: a module, its licence, and a file with a space in its name."""
    (folder / "shelves-1.dist-info").mkdir(parents=True)
    (folder / "shelves-1.dist-info" / "LICENSE").write_text("as you like")
    (folder / "shelves.py").write_text("answer = 42\n")
    (folder / "a file").write_bytes(b"\0" * 3000)


def told(*command: str | Path) -> str:
    """What a program says."""
    alone = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=alone, cwd="/"
    ).stdout


def is_plain(path: Path) -> bool:
    """Whether it is a file and no link."""
    return path.is_file() and not path.is_symlink()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for this Python, if there are packages for it."""
    return build(tmp_path_factory.mktemp("package"), TARGET, EPOCH, few_libraries)


@pytest.fixture(scope="module")
def root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it unpacks to."""
    folder = tmp_path_factory.mktemp("root")
    told("dpkg-deb", "--raw-extract", package, folder)
    return folder


def test_two_builds_are_equal(package: Path, tmp_path: Path) -> None:
    """Byte for byte, with another umask and at another time."""
    before = os.umask(0o077)
    try:
        again = build(tmp_path, TARGET, EPOCH, few_libraries)
    finally:
        os.umask(before)
    assert again.name == package.name
    assert again.read_bytes() == package.read_bytes()


def test_its_time_is_that_of_the_last_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what the builder says."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert commit_time() == int(told("git", "-C", REPOSITORY, "log", "-1", "--format=%ct"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")
    assert commit_time() == 7


@pytest.mark.parametrize(
    ("python", "bounds"),
    [
        ("3.10", "python3 (>= 3.10~), python3 (<< 3.11~)"),
        ("3.11", "python3 (>= 3.11~), python3 (<< 3.12~)"),
        ("3.13", "python3 (>= 3.13~), python3 (<< 3.14~)"),
    ],
)
def test_it_wants_the_python_that_it_was_made_for(python: str, bounds: str) -> None:
    """And nothing that is of a Pi alone where it is for a PC."""
    text = control("1.2.3", Target("amd64", python), 7)
    assert bounds in text
    assert "lgpio" not in text
    assert "Suggests" not in text
    assert "lgpio" in control("1.2.3", Target("arm64", "3.13"), 7)


def test_a_later_python_is_a_later_package() -> None:
    """So a system that moves on takes it; a later release counts for more."""
    ordered = [("1.2.3", python) for python in PYTHONS] + [("1.10.0", PYTHONS[0])]
    versions = [package_version(release, Target("arm64", python)) for release, python in ordered]
    for older, newer in pairwise(versions):
        told("dpkg", "--compare-versions", older, "lt", newer)


def test_what_it_says_of_itself(package: Path, root: Path) -> None:
    """Name, version and size, as dpkg reads them."""
    fields = "Package", "Version", "Architecture", "Installed-Size"
    name, version, arch, size = (told("dpkg-deb", "--field", package, each) for each in fields)
    assert (name, arch) == ("gatepost\n", "arm64\n")
    assert version == f"{__version__}+py{TARGET.python.replace('.', '')}\n"
    assert package.name == f"gatepost_{version.strip()}_arm64.deb"
    paths = [path for path in root.rglob("*") if "DEBIAN" not in path.parts]
    kib = sum(path.stat().st_size for path in paths if is_plain(path)) / 1024
    assert kib < int(size) < kib + len(paths)


def test_all_is_owned_by_root_and_nobody_else_writes(package: Path) -> None:
    """Folders and programs 0755, files 0644; nothing in /etc, /var, /run or /usr/local."""
    lines = [line.split() for line in told("dpkg-deb", "--contents", package).splitlines()]
    assert {line[1] for line in lines} == {"root/root"}
    assert {line[0] for line in lines} == {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"}
    programs = [line[5] for line in lines if line[0] == "-rwxr-xr-x"]
    assert programs == ["./opt/gatepost/bin/gatepost"]
    tops = {tuple(line[5].split("/")[1:3]) for line in lines}
    assert tops == {("",), ("opt", ""), ("opt", "gatepost"), ("usr", "")} | {
        ("usr", each) for each in ("bin", "lib", "share")
    }
    assert not [line for line in lines if "__pycache__" in line[5]]


def test_its_sums_are_right(root: Path) -> None:
    """As `dpkg --verify` compares them; every file has one."""
    sums = (root / "DEBIAN" / "md5sums").read_text(encoding="utf-8")
    subprocess.run(["md5sum", "--check", "--quiet"], input=sums, text=True, cwd=root, check=True)
    plain = [path for path in root.rglob("*") if is_plain(path)]
    assert len(sums.splitlines()) == len(plain) - len(SCRIPTS) - 2  # control and md5sums


def test_systemd_finds_what_it_starts(root: Path) -> None:
    """Each program of Gatepost's units is in the package, and each unit that they want."""
    units = sorted((root / "usr/lib/systemd/system").rglob("gatepost*"))
    texts = [path.read_text(encoding="utf-8") for path in units if path.is_file()]
    drop_ins = root / "usr/lib/systemd/system/gatepost.service.d"
    texts += [path.read_text(encoding="utf-8") for path in drop_ins.iterdir()]
    programs = set(re.findall(r"/opt/gatepost/\S+", "".join(texts)))
    assert programs >= {"/opt/gatepost/bin/gatepost", "/opt/gatepost/bin/python"}
    for each in programs:
        assert os.path.lexists(root / each.lstrip("/")), each
    texts += [(root / "DEBIAN" / name).read_text(encoding="utf-8") for name in SCRIPTS]
    names = {path.name for path in units}
    assert set(re.findall(r"gatepost[a-z-]*\.(?:service|path|timer)", "".join(texts))) <= names
    assert {path.name for path in drop_ins.iterdir()} == {"provisioned.conf", "updates.conf"}


def test_units_of_an_image_stay_out(root: Path) -> None:
    """A stock system has no slots; each of those units exists, so that no name is out of date."""
    laid = root / "usr/lib/systemd/system"
    for pattern in IMAGE_ONLY:
        assert list((REPOSITORY / "firmware" / "systemd").glob(pattern)), pattern
        assert not list(laid.glob(pattern)), pattern


@pytest.mark.skipif(
    not Path(f"/usr/bin/python{HERE}").exists(), reason="no such Python of Debian's"
)
def test_its_python_finds_the_package_and_what_the_system_has(root: Path) -> None:
    """Gatepost's own modules first, then the system's, such as picamera2."""
    program = root / "opt" / "gatepost" / "bin" / "python"
    asks = "import sys, appliance.update.launch as l; print(l.__file__, *sys.path, sep='\\n')"
    file, *path = told(program, "-c", asks).splitlines()
    own = str(root / modules_folder(TARGET))
    assert file == f"{own}/appliance/update/launch.py"
    assert path.index(own) < path.index("/usr/lib/python3/dist-packages")
    assert told(program, "-c", "import shelves; print(shelves.answer)") == "42\n"


def test_the_models_are_in_it(root: Path) -> None:
    """Where the package looks for them."""
    models = root / modules_folder(TARGET) / "appliance" / "models"
    for name in ("detect.tflite", "detect.toml", "read.tflite", "read.toml", "regions/de.toml"):
        assert (models / name).read_bytes() == (REPOSITORY / "models" / name).read_bytes()


def test_no_licence_is_left_out(root: Path) -> None:
    """Of a library, nor ours, and the copyright says where they are."""
    assert (root / modules_folder(TARGET) / "shelves-1.dist-info" / "LICENSE").exists()
    told_of = (root / "usr/share/doc/gatepost/copyright").read_text(encoding="utf-8")
    assert "Apache-2.0" in told_of
    assert "dist-info" in told_of


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_sound(name: str) -> None:
    """It ends at the first fault, and shellcheck, where there is one, has nothing to say."""
    script = OWN / name
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n# ")
    assert "\nset -e\n" in script.read_text(encoding="utf-8")
    subprocess.run(["sh", "-n", script], check=True)
    if shutil.which("shellcheck"):
        assert told("shellcheck", script) == ""


def test_nothing_of_ours_runs_while_its_files_are_replaced(root: Path) -> None:
    """An upgrade ends every service of the package but the one that runs once, at the boot."""
    script = (root / "DEBIAN" / "prerm").read_text(encoding="utf-8")
    (line,) = re.findall(r'^    upgrade\) ended="(.*)"', script, re.MULTILINE)
    units = {path.name for path in (root / "usr/lib/systemd/system").glob("gatepost*.service")}
    ended = {name for name in units for each in line.split() if fnmatchcase(name, each)}
    assert units - ended == {"gatepost-provision.service"}
    assert not any(fnmatchcase("gatepost-hawkbit.timer", each) for each in line.split())


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers here")
def test_the_user_is_made_with_its_groups(tmp_path: Path) -> None:
    """Also where a board has no group `gpio`: systemd starts nothing with one that is missing."""
    (tmp_path / "etc").mkdir()
    told("systemd-sysusers", f"--root={tmp_path}", OWN / "sysusers.conf")
    users = (tmp_path / "etc" / "passwd").read_text(encoding="utf-8")
    groups = re.findall(r"^(\w+):", (tmp_path / "etc" / "group").read_text(), re.MULTILINE)
    assert re.search(r"^gatepost:.*:/var/lib/gatepost:/usr/sbin/nologin$", users, re.MULTILINE)
    unit = (REPOSITORY / "firmware" / "systemd" / "gatepost.service").read_text(encoding="utf-8")
    (wanted,) = re.findall(r"^SupplementaryGroups=(.*)$", unit, re.MULTILINE)
    assert set(groups) >= {"gatepost", *wanted.split()}


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    """Also with the lines that wait behind a #."""
    text = (OWN / "gatepost.toml").read_text(encoding="utf-8")
    assert load_config(OWN / "gatepost.toml").mqtt.host is None
    (tmp_path / "whole.toml").write_text(re.sub(r"^# (?=\[|\w+ =)", "", text, flags=re.MULTILINE))
    assert load_config(tmp_path / "whole.toml").mqtt.host == "broker.example"
