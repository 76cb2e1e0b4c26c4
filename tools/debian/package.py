"""Make the package that a stock system installs: `tools/package OUT --arch arm64 --python 3.13`.

The rule to know: nothing of the target runs here, so any machine builds for any; what must be
compiled for its Python is compiled as it is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance import __version__
from appliance.errors import GatepostError
from tools.debian.control import MACHINES, PYTHONS, Target, file_name
from tools.debian.tree import lay, modules_folder
from tools.publish.pack import lay_libraries
from tools.publish.signing import REPOSITORY

Libraries = Callable[[str, Path], None]
"""Lays the libraries for a platform into a folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build one package and print its name; returns the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        print(build(asked.out, Target(asked.arch, asked.python), commit_time()))
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    return 0


def build(out: Path, target: Target, epoch: int, libraries: Libraries = lay_libraries) -> Path:
    """Build a package; returns it.

    Args:
        out: folder to put it into.
        target: what it is for.
        epoch: time of all its files, seconds since 1970.
        libraries: lays what Gatepost needs.

    Raises:
        GatepostError: dpkg-deb is not there, or refuses.
    """
    out.mkdir(parents=True, exist_ok=True)
    package = out / file_name(__version__, target)
    with TemporaryDirectory() as name:
        root = Path(name) / "root"
        libraries(target.platform, root / modules_folder(target))
        lay(root, target, __version__, epoch)
        _pack(root, package, epoch)
    return package


def commit_time() -> int:
    """SOURCE_DATE_EPOCH; without it the time of the last commit, seconds since 1970."""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told is None:
        command = ["git", "-C", str(REPOSITORY), "log", "-1", "--format=%ct"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  # fixed
    return int(told)


def _pack(root: Path, package: Path, epoch: int) -> None:
    """Owned by root, whoever builds; one thread, whose bytes no number of cores changes."""
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(package)]
    told = {"SOURCE_DATE_EPOCH": str(epoch), "DPKG_DEB_THREADS_MAX": "1"}
    try:
        done = subprocess.run(command, env=os.environ | told, capture_output=True, text=True)  # noqa: S603, PLW1510  # fixed; judged below
    except FileNotFoundError as fault:
        raise GatepostError("dpkg-deb: not installed (apt install dpkg)") from fault
    if done.returncode:
        raise GatepostError(f"{package}: dpkg-deb: {done.stderr.strip()}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/package", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for gatepost_VERSION_ARCH.deb")
    parser.add_argument("--arch", choices=MACHINES, required=True)
    told = "3.10: JetPack 6 (Ubuntu 22.04); 3.11: Debian 12; 3.13: Debian 13, Raspberry Pi OS 13"
    parser.add_argument("--python", choices=PYTHONS, required=True, help=told)
    return parser


if __name__ == "__main__":
    sys.exit(main())
