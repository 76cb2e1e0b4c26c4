"""A card whose power goes at one step, and which forgets what was not synced by then.

The rule to know: a file's content and its name are two things.  After a cut a file may be there and
empty, or its new name may be gone; what `sync` returned for stays.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.update.disk import FILE_MODE, Disk


class PowerCut(BaseException):
    """The power is gone; nothing of the program goes on."""


@dataclass
class Undone:
    """What is lost unless a sync comes first: of `path` (its content), or of a name in `folder`."""

    path: Path | None
    folder: Path | None
    undo: Callable[[Path | None], None]
    moved: tuple[Path, Path] | None = None


class CuttingDisk(Disk):
    """Counts steps, and cuts in the middle of one of them."""

    def __init__(self, aside: Path, cut_at: int = 0) -> None:
        """Keep what was replaced in `aside`; cut at a step, counted from 1; 0: never."""
        self.steps: list[str] = []
        self._cut_at = cut_at
        self._aside = aside
        self._undone: list[Undone] = []

    def write(self, path: Path, content: bytes, mode: int = FILE_MODE) -> None:
        """Half of it comes where the power goes."""
        self._keep_name(path)
        cut = self._is_cut("write", path)
        super().write(path, content[: len(content) // 2] if cut else content, mode)
        self._undone.append(Undone(path, None, lambda at: _truncate(at, 0)))
        self._cut_if(cut)

    def append(self, path: Path, content: bytes) -> None:
        """The same."""
        size = path.stat().st_size if path.exists() else None
        cut = self._is_cut("append", path)
        if size is None:
            self._keep_name(path)
        super().append(path, content[: len(content) // 2] if cut else content)
        self._undone.append(Undone(path, None, lambda at: _truncate(at, size or 0)))
        self._cut_if(cut)

    def sync(self, path: Path) -> None:
        """What was undone until now stays."""
        self._step("sync", path)
        for each in [each for each in self._undone if path in {each.path, each.folder}]:
            self._undone.remove(each)
            if each.moved:
                self._follow(*each.moved)

    def sync_all(self) -> None:
        """The same of everything."""
        self._step("sync all", self._aside)
        self._undone.clear()

    def rename(self, old: Path, new: Path) -> None:
        """Lost with the name."""
        self._step("rename", new)
        kept = self._copy(new)
        super().rename(old, new)

        def undo(_: Path | None) -> None:
            new.rename(old)
            _bring_back(kept, new)

        self._undone.append(Undone(None, new.parent, undo, (old, new)))

    def link(self, path: Path, target: str) -> None:
        """The same."""
        self._step("link", path)
        super().link(path, target)
        self._undone.append(Undone(None, path.parent, lambda _: path.unlink()))

    def make_folder(self, path: Path) -> None:
        """Lost with all that is in it."""
        self._step("make folder", path)
        missing = [each for each in (path, *path.parents) if not each.exists()]
        super().make_folder(path)
        for each in reversed(missing):
            gone = Undone(None, each.parent, lambda _, at=each: shutil.rmtree(at))  # type: ignore[misc]
            self._undone.append(gone)

    def remove(self, path: Path) -> None:
        """It comes back."""
        self._step("remove", path)
        self._keep_name(path)
        super().remove(path)

    def lose(self, share: float) -> None:
        """Forget the newest part of what was not synced: 1 all of it, 0 nothing."""
        kept = round(len(self._undone) * (1 - share))
        for each in reversed(self._undone[kept:]):
            each.undo(each.path)

    def _step(self, what: str, path: Path) -> None:
        self._cut_if(self._is_cut(what, path))

    def _is_cut(self, what: str, path: Path) -> bool:
        self.steps.append(f"{what} {path.name}")
        return len(self.steps) == self._cut_at

    def _cut_if(self, cut: bool) -> None:
        if cut:
            raise PowerCut(self.steps[-1])

    def _keep_name(self, path: Path) -> None:
        """What stood there comes back, unless the folder is synced."""
        kept = self._copy(path)
        self._undone.append(Undone(None, path.parent, lambda _: _bring_back(kept, path)))

    def _copy(self, path: Path) -> Path | None:
        if not path.exists() and not path.is_symlink():
            return None
        kept = self._aside / f"{len(self.steps)}-{path.name}"
        _copied(path, kept)
        return kept

    def _follow(self, old: Path, new: Path) -> None:
        """A rename that lasts: what is still unsynced of the file is lost under its new name."""
        for each in self._undone:
            if each.path is not None and (each.path == old or old in each.path.parents):
                each.path = new / each.path.relative_to(old)


def _truncate(path: Path | None, size: int) -> None:
    if path is not None and path.exists():
        path.chmod(0o644)
        with path.open("r+b") as file:
            file.truncate(size)


def _bring_back(kept: Path | None, path: Path) -> None:
    Disk().remove(path)
    if kept is not None:
        _copied(kept, path)


def _copied(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.copytree(path, to, symlinks=True)
    else:
        shutil.copy2(path, to, follow_symlinks=False)
