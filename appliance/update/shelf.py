"""The folder in which updates lie, as the launcher needs it: what is on trial, and `current`.

    state.json              what `trial` remembers
    current                 link to the deployment that was started last
    deployments/<name>/     links `app`, `libraries`, `models`: one deployment
    images/<sha256>/        an image, unpacked, never changed
    downloads/<sha256>      what is being fetched
    keys/<n>.signed         statements of keys

The rule to know: the state is written first and the link follows, and a start mends what a power
cut left between the two.  Of the standard library only.
"""

from __future__ import annotations

import fcntl
import logging
import os
import pwd
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import IO

from appliance import __version__
from appliance.errors import StoreError
from appliance.update import trial
from appliance.update.disk import Disk
from appliance.update.trial import Deployment, Standing

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
OWNERS = 0o600
LOST = "its images are not there any more"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder, and how it is written to."""

    folder: Path
    disk: Disk

    @property
    def state(self) -> Path:
        """The file of what is remembered."""
        return self.folder / "state.json"

    @property
    def current(self) -> Path:
        """The link to what was started last."""
        return self.folder / "current"

    def place(self, deployment: Deployment) -> Path:
        """The folder of a deployment."""
        return self.folder / "deployments" / deployment.name

    def image(self, sha256: str) -> Path:
        """The folder of an image."""
        return self.folder / "images" / sha256

    def standing(self) -> Standing:
        """What is remembered; nothing where the file is missing or damaged.

        A damaged one was no power cut, for it is only ever replaced: the card is failing, and the
        unit goes on with what came with the system.
        """
        try:
            return trial.read(self.state.read_bytes())
        except FileNotFoundError:
            return Standing()
        except (OSError, ValueError) as fault:
            log.warning("%s: cannot be read, updates begin anew: %s", self.state, fault)
            return Standing()

    def change(self, step: Callable[[Standing], Standing]) -> Standing:
        """Take one step from what is remembered, and write down where it led if it led anywhere.

        No start and no command comes between the two.
        """
        self.disk.make_folder(self.folder)
        with _lock(self.folder / "state.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # held for the moment of a write
            before = self.standing()
            after = step(before)
            if after != before:
                self.disk.replace(self.state, trial.written(after))
        return after

    def start(self, boot: str, installed: str = __version__) -> Path | None:
        """Count a start and say what to start: a deployment's folder; None: what is installed.

        One whose folder is missing or not whole is given up as if it had failed.  One that does
        not supersede what is installed was overtaken by the system's own package.

        Args:
            boot: names this run of the kernel.
            installed: version of what came with the system.
        """
        chosen = self.change(lambda each: self._started(each, boot, installed)).starts_with
        if chosen is None:
            return None
        self.flip(chosen)
        return self.place(chosen)

    def flip(self, deployment: Deployment) -> None:
        """Let `current` point to a deployment."""
        target = f"deployments/{deployment.name}"
        if not self.current.is_symlink() or str(self.current.readlink()) != target:
            self.disk.point(self.current, target)

    def is_whole(self, deployment: Deployment) -> bool:
        """Whether all of its links lead to something."""
        links = list(self.place(deployment).glob("*"))
        return bool(links) and all(each.exists() for each in links)

    def supersedes(self, deployment: Deployment, installed: str = __version__) -> bool:
        """Whether it is newer than what came with the system, and not made for another Python.

        A system that moves on to the next Python brings a package for it, and leaves the images.
        """
        made = list((self.place(deployment) / "libraries").glob("*/*.cpython-*.so"))
        fits = not made or any(each.name.endswith(EXTENSION_SUFFIXES[0]) for each in made)
        return fits and trial.order(deployment.version) > trial.order(installed)

    def _started(self, standing: Standing, boot: str, installed: str) -> Standing:
        standing = trial.keep(standing, lambda each: self.supersedes(each, installed), installed)
        standing = trial.start(standing, boot)
        if standing.trial and not self.is_whole(standing.trial.deployment):
            standing = trial.give_up(standing, LOST)
        while standing.current and not standing.trial and not self.is_whole(standing.current):
            standing = trial.go_back(standing, LOST)
        return standing


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Hold the folder for this process: one command at a time fetches and installs.

    Raises:
        StoreError: another process holds it; it cannot be made; we are root and it is another's.
    """
    _require_ours(folder)
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        with _lock(folder / "lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as fault:
        raise StoreError(f"{folder}: another gatepost is at an update there") from fault
    except OSError as fault:
        raise StoreError(f"{fault.filename or folder}: {fault.strerror or fault}") from fault


def _require_ours(folder: Path) -> None:
    """Root could write anywhere, and the folder's owner could not write beside that any more."""
    if os.geteuid() != 0:
        return
    above = next(each for each in folder.absolute().parents if each.exists())
    for each in (above, folder):
        owner = each.stat().st_uid if each.exists() else 0
        if owner != 0:
            name = _name_of(owner)
            told = f"belongs to {name}, who could not go on with what root leaves there"
            command = f"sudo -u {shlex.quote(name)} gatepost update ..."
            raise StoreError(f"{each}: {told}; expected: {command}")


def _name_of(user: int) -> str:
    """As sudo takes it."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def _lock(path: Path) -> IO[bytes]:
    """A file to lock; its owner's alone, for whoever may read one may hold it for ever."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, OWNERS), "rb")


def boot_name() -> str:
    """Names this run of the kernel."""
    return BOOT_ID.read_text(encoding="ascii").strip()
