"""A Debian 13 for arm64 in a folder, with the locked wheels: what the tests run in.

The rule to know: packages are unpacked and none of their scripts runs, so that nothing is emulated
to make it (16 s instead of 8 minutes); what the scripts would have made and the tests need is the
table of users and the name `awk`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from tools.flash.board import SUITE
from tools.flash.root import bootstrap
from tools.flash.sources import sources_for
from tools.publish.pack import install_wheels
from tools.publish.signing import REPOSITORY

PLATFORM = "linux-aarch64-cp313"
LOCK = REPOSITORY / "requirements" / "test.txt"
SITE = "usr/local/lib/python3.13/dist-packages"
"""Where Debian's Python looks, so that whatever a test starts finds the libraries."""
PACKAGES = (
    "base-files",
    "base-passwd",
    "bash",
    "ca-certificates",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "libstdc++6",
    "mawk",
    "media-types",
    "mosquitto",
    "openssl",
    "procps",
    "python3",
    "sed",
    "tzdata",
    "util-linux",
)
"""numpy's wheel wants libstdc++6; mosquitto and openssl are what the tests call."""


def cache() -> Path:
    """Where it is kept from run to run."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "gatepost" / "arm64"


def made_root() -> Path:
    """The root file system; made only where the cache has none of the same packages and wheels."""
    told = "\n".join([SUITE, *PACKAGES, SITE, LOCK.read_text()])
    folder = cache() / hashlib.sha256(told.encode()).hexdigest()[:16]
    if not folder.exists():
        print(f"making {folder}", file=sys.stderr)
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        _unpack(half)
        install_wheels(PLATFORM, half / SITE, LOCK)
        half.rename(folder)
    return folder


def _unpack(folder: Path) -> None:
    """Debian's packages, and what the scripts of base-passwd and mawk would lay."""
    bootstrap("extract", PACKAGES, sources_for(SUITE), folder, "--mode=root")
    for name in ("passwd", "group"):
        master = folder / "usr/share/base-passwd" / f"{name}.master"
        shutil.copyfile(master, folder / "etc" / name)
    (folder / "usr/bin/awk").symlink_to("mawk")
    (folder / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
