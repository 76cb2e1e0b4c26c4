"""The files of a package, laid into a folder as they shall lie on the system.

The rule to know: what is laid depends on the checkout, the wheels and the target alone; modes and
times are set here, whatever the builder's umask, so that two builds are equal byte for byte.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from tools.debian.control import Target, control
from tools.publish.pack import files_below, model_files
from tools.publish.signing import REPOSITORY

HOME = Path("opt/gatepost")
SCRIPTS = ("postinst", "prerm", "postrm")
EXECUTABLE = HOME / "bin" / "gatepost"
SYSTEMD = Path("usr/lib/systemd/system")
DOCUMENTS = Path("usr/share/doc/gatepost")
COPIED: tuple[tuple[str, Path], ...] = (
    ("firmware/systemd/*.service", SYSTEMD),
    ("firmware/systemd/*.path", SYSTEMD),
    ("firmware/systemd/*.timer", SYSTEMD),
    ("firmware/systemd/updates.conf", SYSTEMD / "gatepost.service.d"),
    ("firmware/systemd/provisioned.conf", SYSTEMD / "gatepost.service.d"),
    ("firmware/systemd/system.conf.d/gatepost.conf", Path("usr/lib/systemd/system.conf.d")),
    ("firmware/udev/*.rules", Path("usr/lib/udev/rules.d")),
    ("firmware/systemd/jetson.conf", DOCUMENTS / "examples"),
    ("firmware/systemd/network-camera.conf", DOCUMENTS / "examples"),
    ("firmware/config.txt", DOCUMENTS / "examples"),
    ("firmware/debian/gatepost.toml", DOCUMENTS / "examples"),
    ("firmware/debian/copyright", DOCUMENTS),
    ("CHANGELOG.md", DOCUMENTS),
)
"""Patterns of the checkout, and the folders that their files come into.

Drop-ins for some boards and cameras are examples; the two that any unit wants are not.
"""
IMAGE_ONLY = ("gatepost-commit.*", "gatepost-fallback.*", "gatepost-slots.*")
"""Units of a system with two slots, which our own image is and a stock one never."""
RENAMED = {
    "firmware/debian/sysusers.conf": Path("usr/lib/sysusers.d/gatepost.conf"),
    "firmware/debian/tmpfiles.conf": Path("usr/lib/tmpfiles.d/gatepost.conf"),
}
STARTER = """\
#!/opt/gatepost/bin/python -s
import sys

from appliance.begin import entry

sys.exit(entry())
"""
"""`-s`: whoever types it may have a numpy of his own below his home."""


def lay(root: Path, target: Target, release: str, epoch: int) -> None:
    """All files of a package, but for the libraries, which lie there already.

    Args:
        root: what becomes /, with a folder DEBIAN for the package's own files.
        target: what it is for.
        release: version of Gatepost.
        epoch: time of all files, seconds since 1970.
    """
    _lay_program(root, target)
    _lay_system(root)
    _lay_own(root, control(release, target, _installed_kib(root)))
    _make_even(root, epoch)


def modules_folder(target: Target) -> Path:
    """Where a Python that finds `pyvenv.cfg` looks for modules before it looks in the system's."""
    return HOME / "lib" / f"python{target.python}" / "site-packages"


def _lay_program(root: Path, target: Target) -> None:
    """An environment as `python3 -m venv --system-site-packages` makes it, with Gatepost in it."""
    modules = root / modules_folder(target)
    for name in files_below(REPOSITORY / "appliance", REPOSITORY):
        _copy(REPOSITORY / name, modules / name)
    for name in model_files(REPOSITORY / "models"):
        _copy(REPOSITORY / "models" / name, modules / "appliance" / "models" / name)
    (root / HOME / "bin").mkdir()
    (root / EXECUTABLE).write_text(STARTER, encoding="utf-8")
    (root / HOME / "bin" / "python").symlink_to(f"/usr/bin/python{target.python}")
    told = f"home = /usr/bin\ninclude-system-site-packages = true\nversion = {target.python}\n"
    (root / HOME / "pyvenv.cfg").write_text(told, encoding="utf-8")
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "gatepost").symlink_to("/" / EXECUTABLE)


def _lay_system(root: Path) -> None:
    for pattern, folder in COPIED:
        for source in sorted(REPOSITORY.glob(pattern)):
            if not any(source.match(each) for each in IMAGE_ONLY):
                _copy(source, root / folder / source.name)
    for name, place in RENAMED.items():
        _copy(REPOSITORY / name, root / place)


def _lay_own(root: Path, fields: str) -> None:
    own = root / "DEBIAN"
    own.mkdir()
    (own / "control").write_text(fields, encoding="utf-8")
    for name in SCRIPTS:
        _copy(REPOSITORY / "firmware" / "debian" / name, own / name)
    sums = [f"{_md5(root / name)}  {name}\n" for name in _content(root) if _is_plain(root / name)]
    (own / "md5sums").write_text("".join(sums), encoding="utf-8")


def _make_even(root: Path, epoch: int) -> None:
    executable = {root / EXECUTABLE, *(root / "DEBIAN" / name for name in SCRIPTS)}
    for path in [*root.rglob("*"), root]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in executable else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _installed_kib(root: Path) -> int:
    """As Debian's policy counts: each file rounded up, and 1 for a folder or a link."""
    names = _content(root)
    return sum(
        -(-(root / name).stat().st_size // 1024) if _is_plain(root / name) else 1 for name in names
    )


def _content(root: Path) -> list[Path]:
    found = sorted(path.relative_to(root) for path in root.rglob("*"))
    return [name for name in found if name.parts[0] != "DEBIAN"]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _md5(path: Path) -> str:
    """As `dpkg --verify` compares; nothing is trusted for it."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)
