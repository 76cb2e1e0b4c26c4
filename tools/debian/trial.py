"""Install, use, upgrade, remove and purge the package in a Debian root: `tools/test-package`.

The rule to know: nothing is asserted that is not printed, and nothing is printed that was not run
in that root; systemd does not run in it, so what it would start is asked of its files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from appliance import __version__
from tools.debian.control import Target, file_name, package_version
from tools.debian.package import build, commit_time
from tools.debian.tree import modules_folder
from tools.publish.signing import REPOSITORY

SUITES = {"bookworm": Target("amd64", "3.11"), "trixie": Target("amd64", "3.13")}
NEXT = "99.0.0"
"""Version of the package that the first is upgraded to: the same files but for their version."""
CLIP = REPOSITORY / "tests" / "data" / "lane.mp4"
PLATES = ("ZG4827KT", "LK63XNR", "HKT4926", "RKM4E73", "59X346728", "HHKM3674")
ACCOUNTS = "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"
APT = "DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o APT::Install-Recommends=0"


@dataclass(frozen=True, slots=True)
class Root:
    """A Debian root file system.

    Attributes:
        folder: what is / in it.
    """

    folder: Path

    def run(self, command: str) -> str:
        """Run a line of shell as root in it, show it with what it says, and give that.

        Of apt and dpkg only what names Gatepost, or an account.

        Raises:
            subprocess.CalledProcessError: it fails.
        """
        print(f"# {command}", flush=True)
        inside = ["unshare", "--mount", "--pid", "--fork", "chroot", str(self.folder), "sh", "-c"]
        began = monotonic()
        done = subprocess.run(  # noqa: S603  # our own commands, in a root of our own
            [*inside, f"mount -t proc proc /proc && {{ {command}; }} 2>&1"],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        shown = [each for each in lines if not command.startswith(APT) or _names_us(each)]
        print("\n".join([*shown, f"  ({monotonic() - began:.1f} s)"]), flush=True)
        done.check_returncode()
        return done.stdout

    def files(self) -> set[str]:
        """All that lies in it but logs, lists and caches of apt, and what dpkg remembers."""
        roots = {"proc", "sys", "dev", "tmp", "run"}
        ours = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log")
        found = set()
        for folder, names, files in os.walk(self.folder):
            place = Path(folder).relative_to(self.folder)
            names[:] = [] if place.parts[:1] and place.parts[0] in roots else names
            found |= {str(place / each) for each in [*names, *files]}
        return {each for each in found if not each.startswith(ours)}


def _names_us(line: str) -> bool:
    return "gatepost" in line or line.startswith(("Creating", "E: ", "dpkg: "))


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the packages, make the root, and go through the life of an installation."""
    asked = _parser().parse_args(arguments)
    target = SUITES[asked.suite]
    with TemporaryDirectory() as name:
        work = Path(name)
        first = asked.package or build(work, target, commit_time())
        print(f"{first.name}: {first.stat().st_size / 1e6:.1f} MB, for {asked.suite}", flush=True)
        root = Root(work / "root")
        make_root(root.folder, asked.root or bootstrap(work, asked.suite, target))
        shutil.copy(first, root.folder / "root" / first.name)
        shutil.copy(CLIP, root.folder / "tmp" / CLIP.name)
        upgrade = remade(first, work, target)
        upgrade.rename(root.folder / "root" / upgrade.name)
        live(root, first.name, upgrade.name)
    print("all as it should be")
    return 0


def live(root: Root, first: str, upgrade: str) -> None:
    """From the installation to what is left of it; AssertionError where that is not as it should.

    Args:
        root: without Gatepost.
        first: name of the package, in /root.
        upgrade: of a later one.
    """
    before = root.files()
    root.run(f"{APT} install /root/{first}")
    installed = root.files()
    root.run("dpkg --verify gatepost; systemctl is-enabled gatepost; du -sm /opt/gatepost")
    assert __version__ in root.run("gatepost version")
    root.run("systemd-analyze verify gatepost.service gatepost-update.path")
    use(root)
    root.run(f"{APT} install /root/{upgrade}")
    assert NEXT in root.run("gatepost version && gatepost check")
    root.run(f"{APT} remove gatepost")
    kept = root.run("ls -d /opt/gatepost; find /etc/gatepost /var/lib/gatepost | sort")
    assert "/etc/gatepost/gatepost.toml" in kept
    assert "/var/lib/gatepost/passages.sqlite" in kept
    assert "cannot access '/opt/gatepost'" in kept
    root.run(f"{APT} purge gatepost")
    report(before, installed, root)


def use(root: Root) -> None:
    """Settings, a check, and the bundled clip, by the unit's own user."""
    root.run("cp /usr/share/doc/gatepost/examples/gatepost.toml /etc/gatepost/")
    root.run("ls -ld /etc/gatepost /var/lib/gatepost; id gatepost")
    root.run("runuser -u gatepost -- gatepost check")
    replay = "runuser -u gatepost -- gatepost replay --config /etc/gatepost/gatepost.toml"
    told = root.run(f"{replay} /tmp/{CLIP.name}")
    assert all(plate in told for plate in PLATES), "not the plates of the clip"
    launcher = "/opt/gatepost/bin/python -m appliance.update.launch /var/lib/gatepost/updates"
    assert __version__ in root.run(f"runuser -u gatepost -- {launcher} version")
    root.run("find /opt/gatepost -newer /etc/gatepost/gatepost.toml -not -type d | wc -l")


def report(before: set[str], installed: set[str], root: Root) -> None:
    """What an installation adds, and what is left of it after a purge."""
    left = sorted(root.files() - before)
    own = {each for each in installed - before if "gatepost" in each}
    print(f"files and folders with gatepost in their path, installed: {len(own)}")
    print(f"left after purge, but for what it depends on: {_own(left)}")
    assert not _own(left)
    for each in ACCOUNTS[:2]:
        text = (root.folder / each).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "gatepost" in line]
        print(f"left in /{each}: {lines}")


def _own(names: list[str]) -> list[str]:
    return [each for each in names if "gatepost" in each]


def bootstrap(work: Path, suite: str, target: Target) -> Path:
    """A small Debian with a systemd, as a tar, from the mirror that this machine's apt uses."""
    tar = work / f"{suite}.tar"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--arch={target.arch}"]
    command += ["--include=systemd,udev", "--skip=cleanup/apt/lists", suite, str(tar), mirror()]
    subprocess.run(command, check=True)  # noqa: S603  # fixed
    return tar


def make_root(folder: Path, tar: Path) -> None:
    """Unpack it; it shall find the mirror as this machine does."""
    folder.mkdir()
    subprocess.run(["tar", "-C", str(folder), "-xf", str(tar)], check=True)  # noqa: S603, S607
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")


def mirror() -> str:
    """The first of Debian's own that apt is told of here."""
    command = ["apt-get", "indextargets", "--format", "$(SITE) $(ORIGIN)", "Created-By: Packages"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return next(line.split()[0] for line in told.splitlines() if line.endswith(" Debian"))


def remade(package: Path, work: Path, target: Target) -> Path:
    """A package as the first but of version NEXT, hardly compressed."""
    tree = work / "upgrade"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(tree)], check=True)  # noqa: S603, S607
    old, new = package_version(__version__, target), package_version(NEXT, target)
    _replace(tree / "DEBIAN" / "control", f"Version: {old}", f"Version: {new}")
    init = tree / modules_folder(target) / "appliance" / "__init__.py"
    _replace(init, f'__version__ = "{__version__}"', f'__version__ = "{NEXT}"')
    out = work / file_name(NEXT, target)
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    shutil.rmtree(tree)
    return out


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: expected {old} once"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/test-package", description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default="bookworm")
    told = "built before for that suite (default: build it)"
    parser.add_argument("--package", type=Path, help=told)
    told = "a tar of that suite with systemd, udev and apt's lists (default: made by mmdebstrap)"
    parser.add_argument("--root", type=Path, help=told)
    return parser


if __name__ == "__main__":
    sys.exit(main())
