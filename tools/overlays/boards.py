"""The device trees and kernels that the overlays are tried on: Debian's packages for arm64.

Fetched from the mirror that this machine has, with lists of their own: nothing is installed, nobody
need be root, and what has come is kept in the user's cache.

The rule to know: a tree carries an overlay only if it has symbols.  Debian's have them for the Pi 3
and 4 since Linux 6.12; of the Pi 5 upstream has neither RP1's PWM nor a thermal zone, so ours for
the Pi 5 can be applied only to Raspberry Pi's own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Package:
    """A package: the suite, what its name is like, and what of it is wanted."""

    name: str
    suite: str
    pattern: str
    wanted: str


TREES = Package("trees", "trixie-backports", r"linux-base-[\d.]+\+deb\d+-arm64", r".*/bcm2.*\.dtb")
"""Since Linux 7.2 a package by itself: 5 MB."""
KERNEL = Package(
    "kernel",
    "trixie",
    r"linux-image-6\.12\.\d+\+deb\d+-arm64",
    r".*/(bcm2.*\.dtb|vmlinuz-.*|(pwm-bcm2835|leds-gpio|leds-pwm|gpio-fan|bcm2835_\w+)\.ko\.xz)",
)
"""Kernel, modules and trees: 93 MB."""
BUSYBOX = Package("busybox", "trixie", r"busybox-static", r"./(usr/)?bin/busybox")

CONFIGURATION = """\
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; }};
APT::Sandbox::User "{user}";
Acquire::Languages "none";
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
"""


class NotHadError(Exception):
    """A package cannot be had here; the text says why."""


def cache() -> Path:
    """Where packages are kept from run to run."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "gatepost" / "overlays"


def package(source: Package) -> Path:
    """The folder with what is wanted of a package, the newest that its suite has.

    What is in the cache is taken as it is: remove the folder to have a newer one.

    Raises:
        NotHadError: no network, no such package, or not a Debian.
    """
    unpacked = cache() / source.name
    if not unpacked.exists():
        half = unpacked.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as folder:
            _unpack(_fetched(source, Path(folder)), source.wanted, half)
        half.rename(unpacked)
    return unpacked


def trees(unpacked: Path) -> dict[str, Path]:
    """The Raspberry Pis' trees of a package by their names, such as bcm2711-rpi-4-b."""
    return {path.stem: path for path in sorted(unpacked.glob("bcm2*-rpi-*.dtb"))}


def _fetched(source: Package, folder: Path) -> Path:
    _configure(folder, source.suite)
    _run(["apt-get", "-qq", "update", "--error-on=any"], folder)
    name = _newest(_run(["apt-cache", "pkgnames"], folder).split(), source.pattern)
    _run(["apt-get", "-qq", "download", name], folder)
    (archive,) = folder.glob(f"{name}_*.deb")
    return archive


def _unpack(archive: Path, wanted: str, folder: Path) -> None:
    """What is wanted of a package, each file under its own name: no two have the same."""
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as unpacking,  # noqa: S603
        tarfile.open(fileobj=unpacking.stdout, mode="r|") as files,
    ):
        for member in files:
            content = files.extractfile(member) if re.fullmatch(wanted, member.name) else None
            if content is not None:
                (folder / Path(member.name).name).write_bytes(content.read())
    if unpacking.returncode:
        raise NotHadError(f"dpkg-deb: exit {unpacking.returncode} for {archive.name}")


def _configure(folder: Path, suite: str) -> None:
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    user = "root" if os.geteuid() == 0 else "_apt"
    (folder / "apt.conf").write_text(CONFIGURATION.format(folder=folder, user=user))
    source = f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n"
    (folder / "sources.list").write_text(source)


def _mirror() -> str:
    """Where this machine itself has Debian from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    found = _run([*command, "Created-By: Packages", "Label: Debian"], None).split()
    if not found:
        raise NotHadError("apt knows no mirror of Debian here")
    return found[0]


def _newest(names: list[str], pattern: str) -> str:
    fitting = [name for name in names if re.fullmatch(pattern, name)]
    if not fitting:
        raise NotHadError(f"no package {pattern}: none of the suite's {len(names)} has the name")
    return max(fitting, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])


def _run(command: list[str], folder: Path | None) -> str:
    environment = os.environ | ({"APT_CONFIG": str(folder / "apt.conf")} if folder else {})
    try:
        done = subprocess.run(  # noqa: S603  # fixed words and names of packages
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
    except (OSError, subprocess.SubprocessError) as fault:
        told = getattr(fault, "stderr", None) or fault
        raise NotHadError(f"{' '.join(command)}: {str(told).strip()}") from fault
    return done.stdout
