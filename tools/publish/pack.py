"""Images: the package, what it needs, and the models, each a tar that is always the same.

The rule to know: a tar depends on the names and contents of its files and on nothing else, so that
whoever builds the same gets the same checksum, and a unit that has it fetches nothing.
"""

from __future__ import annotations

import io
import lzma
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from appliance.errors import GatepostError
from tools.publish.signing import REPOSITORY

BLOCK = 4096  # bytes: what a file takes on the card is rounded up to
UNWANTED = (
    *("setuptools*", "pkg_resources", "_distutils_hack", "distutils-precedence.pth", "bin"),
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "cv2/data/*.xml",
    "numpy/**/tests",
    "numpy/_core/include",
    "**/*.pyi",
)
"""Of the build; a graphics processor's inference, which is opened by name where it is asked for;
what finds faces; the library's own tests and headers; types.  A third of what else comes."""
INIT = "appliance/__init__.py"
LOCK = REPOSITORY / "requirements" / "run.txt"
MODEL_FILES = ("*.tflite", "*.toml", "regions/*.toml")


def pack_tree(folder: Path, names: Iterable[Path], out: Path) -> None:
    """Write files of a folder into a tar, compressed by xz; says how far it is on a terminal.

    Args:
        folder: their common folder.
        names: of the files, relative to it.
        out: the tar.
    """
    sizes = {name: (folder / name).stat().st_size for name in sorted(names)}
    bulk = sum(sizes.values())
    print(f"{out}: packing {len(sizes)} files, {bulk / 1e6:.1f} MB", file=sys.stderr)
    bar = tqdm(total=bulk, unit="B", unit_scale=True, disable=None)
    with bar, tarfile.open(out, "w:xz", format=tarfile.USTAR_FORMAT, preset=6) as tar:
        for name, size in sizes.items():
            content = (folder / name).read_bytes()
            member = tarfile.TarInfo(name.as_posix())  # time, owner and mode as they are by default
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            bar.update(size)


def pack_models(models: Path, out: Path) -> None:
    """The image of the models."""
    pack_tree(models, model_files(models), out)


def model_files(models: Path) -> list[Path]:
    """What a unit needs of their folder, relative to it."""
    return [path.relative_to(models) for each in MODEL_FILES for path in models.glob(each)]


def pack_app(out: Path) -> None:
    """The image of the package, for every system: it is Python alone."""
    pack_tree(REPOSITORY, files_below(REPOSITORY / "appliance", REPOSITORY), out)


def pack_libraries(platform: str, out: Path) -> None:
    """The image of what it needs, for a system such as linux-aarch64-cp311."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        lay_libraries(platform, folder)
        pack_tree(folder, files_below(folder, folder), out)


def lay_libraries(platform: str, folder: Path) -> None:
    """What it needs, into a folder, for a system such as linux-aarch64-cp311."""
    install_wheels(platform, folder)
    leave_out(folder)


def leave_out(folder: Path) -> None:
    """Delete of installed libraries what a unit never needs; licences stay."""
    for each in UNWANTED:
        for path in list(folder.glob(each)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def unpacked_bytes(archive: Path) -> int:
    """What an image takes on the card, with Python's files compiled: at most as long again.

    Raises:
        GatepostError: it is no tar, or not the whole of one.
    """
    try:
        with tarfile.open(archive) as tar:
            sizes = [(member.name, -(-member.size // BLOCK) * BLOCK) for member in tar]
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError) as fault:
        raise GatepostError(f"{archive}: not an image: {fault}") from fault
    return sum(size * (2 if name.endswith(".py") else 1) for name, size in sizes)


def package_version(archive: Path) -> str:
    """The version that the package in an image tells when it runs.

    Raises:
        GatepostError: it is no image, or has no package with one.
    """
    try:
        with tarfile.open(archive) as tar:
            file = tar.extractfile(INIT)
            text = file.read().decode("utf-8", "replace") if file else ""
    except KeyError:
        text = ""
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError) as fault:
        raise GatepostError(f"{archive}: not an image: {fault}") from fault
    found = re.search(r'^__version__ = "(\d+\.\d+\.\d+)"$', text, re.MULTILINE)
    if found is None:
        raise GatepostError(f'{archive}: expected {INIT} with a line __version__ = "1.2.3"')
    return found[1]


def files_below(folder: Path, above: Path) -> list[Path]:
    """Every file of a folder but what Python has compiled, relative to one above it."""
    found = [path.relative_to(above) for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if "__pycache__" not in path.parts]


def install_wheels(platform: str, folder: Path, lock: Path = LOCK) -> None:
    """What a requirement file locks, as wheels for a system such as linux-aarch64-cp311."""
    found = re.fullmatch(r"linux-(\w+)-cp(\d)(\d+)", platform, re.ASCII)
    if found is None:
        raise GatepostError(f"{platform}: no platform, expected one such as linux-aarch64-cp311")
    machine, version = found[1], f"{found[2]}.{found[3]}"
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--target", str(folder), "--no-deps"]
    command += ["--python-platform", f"{machine}-manylinux_2_28", "--python-version", version]
    command += ["--only-binary", ":all:", "--require-hashes", "--link-mode", "copy"]
    command += ["--requirement", str(lock)]
    print(f"fetching the wheels for {platform}", file=sys.stderr)
    done = subprocess.run(command, check=False)  # noqa: S603  # our own venv's program
    if done.returncode:  # it has said why
        raise GatepostError(f"{platform}: no wheels of {lock}: uv ended with {done.returncode}")
