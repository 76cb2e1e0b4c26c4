"""Images: a tar that becomes a folder named by its checksum, and deployments that point to some.

The rule to know: what lies under its own name is whole and on the card; everything is made under
another name first.  A folder needs no loop device, no mount and no root, unlike a squashfs.
"""

from __future__ import annotations

import compileall
import lzma
import tarfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from py_compile import PycInvalidationMode

from appliance.errors import UpdateError
from appliance.update.disk import READ_ONLY
from appliance.update.shelf import Shelf
from appliance.update.trial import Deployment, Standing

PART = ".part"
MOST_FILES = 50_000
MOST_FILE = 300_000_000  # bytes; a file is held in memory while it is written


def unpack(shelf: Shelf, archive: Path, name: str, unpacked: int) -> Path:
    """The folder of an image, made from its tar, which must be trusted already.

    Python's own files are compiled on the way, for nothing is written there later.

    Args:
        shelf: where images lie.
        archive: a tar of plain files and folders, compressed or not.
        name: the checksum by which it is known.
        unpacked: bytes that its files may have in all.

    Raises:
        UpdateError: `image`: it holds something else, or more.
        OSError: the card takes nothing.
    """
    image = shelf.image(name)
    if image.exists():
        return image
    part = image.with_name(image.name + PART)
    shelf.disk.make_folder(image.parent)
    shelf.disk.remove(part)
    shelf.disk.make_folder(part)
    try:
        _extract(shelf, archive, part, unpacked)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as fault:
        raise UpdateError("image", f"{name[:12]}: not a tar: {fault}") from fault
    checked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(part, quiet=2, invalidation_mode=checked)
    shelf.disk.sync_all()
    shelf.disk.rename(part, image)
    shelf.disk.sync(image.parent)
    return image


def deploy(shelf: Shelf, version: str, reads: int, images: Mapping[str, str]) -> Deployment:
    """A deployment of these images.

    Args:
        shelf: where it is made.
        version: of the release.
        reads: the highest schema of the database that it understands.
        images: checksums by kind, which is the name of the link.
    """
    told = "".join(f"{kind}={images[kind]}\n" for kind in sorted(images))
    name = f"{version}-{sha256(told.encode()).hexdigest()[:12]}"
    deployment = Deployment(name, version, reads)
    folder = shelf.place(deployment)
    if not folder.exists():
        part = folder.with_name(folder.name + PART)
        shelf.disk.remove(part)
        shelf.disk.make_folder(part)
        for kind in sorted(images):
            shelf.disk.link(part / kind, f"../../images/{images[kind]}")
        shelf.disk.sync(part)
        shelf.disk.rename(part, folder)
        shelf.disk.sync(folder.parent)
    return deployment


def forget(shelf: Shelf, standing: Standing, coming: frozenset[str] = frozenset()) -> None:
    """Delete deployments that nobody goes back to, and images and downloads that none has.

    Args:
        shelf: where they lie.
        standing: what is remembered; all that it names is kept, and what was started last: it may
            run still and import more of itself, though another has taken its place on trial.
        coming: checksums of what is being installed.
    """
    on_trial = standing.trial.deployment if standing.trial else None
    kept = {each.name for each in (standing.current, standing.previous, on_trial) if each}
    kept |= {shelf.current.readlink().name} if shelf.current.is_symlink() else set()
    _keep_only(shelf, "deployments", kept)
    links = (shelf.folder / "deployments").glob("*/*")
    images = {each.readlink().name for each in links} | coming
    _keep_only(shelf, "images", images)
    _keep_only(shelf, "downloads", set(coming))


def _keep_only(shelf: Shelf, name: str, kept: set[str]) -> None:
    for each in sorted((shelf.folder / name).glob("*")):
        if each.name not in kept:
            shelf.disk.remove(each)


def _extract(shelf: Shelf, archive: Path, folder: Path, unpacked: int) -> None:
    """Write every member; what is neither a plain file nor a folder has no place in an image."""
    count = size = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            count, size = count + 1, size + member.size
            path = folder / _inside(member.name)
            if count > MOST_FILES or size > unpacked or member.size > MOST_FILE:
                told = f"{member.name}: more than {MOST_FILES} files or {unpacked} bytes"
                raise UpdateError("image", told)
            if member.isdir():
                shelf.disk.make_folder(path)
                continue
            file = tar.extractfile(member) if member.isreg() else None
            if file is None:
                raise UpdateError("image", f"{member.name}: neither a plain file nor a folder")
            shelf.disk.make_folder(path.parent)
            shelf.disk.write(path, file.read(), READ_ONLY)


def _inside(name: str) -> PurePosixPath:
    """A name that stays within the image, else UpdateError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise UpdateError("image", f"{name!r}: leads out of the image")
    return path
