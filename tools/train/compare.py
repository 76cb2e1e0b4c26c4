"""What got better and worse between two pairs of models: `tools/train/compare A B`.

A and B are folders of models, int8 or float (`models/float models` tells what eight bits cost).
Prints both sets of figures with their difference, and how many pictures of each set B has fixed
and broken, with the probability that as uneven a split comes by chance (McNemar's exact test).
Contact sheets of both, `fixed-1.png` and `broken-1.png`, go to --out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train.cases import outlines, scene_views, texts
from tools.train.contact import View, cell, save_pages
from tools.train.labels import PLATES, load
from tools.train.measures import Figure, figures
from tools.train.pairs import models_folder, open_pair
from tools.train.scoring import (
    DetectedPicture,
    Judged,
    Looks,
    ReadPicture,
    judge,
    look,
    plates_folder,
)
from tools.train.table import EXTRAS, MEASURES, markdown

Rights = Mapping[Path, bool]


@dataclass(frozen=True, slots=True)
class Change:
    """The pictures of one set that B gets right and A did not, and the reverse."""

    set_name: str
    count: int
    fixed: tuple[Path, ...]
    broken: tuple[Path, ...]

    @property
    def chance(self) -> float:
        """Probability of a split at least as uneven if both were equally good (McNemar, exact)."""
        changed = len(self.fixed) + len(self.broken)
        tail = sum(comb(changed, k) for k in range(min(len(self.fixed), len(self.broken)) + 1))
        return min(1.0, float(2 * tail / 2**changed))


def main() -> None:
    """Parse the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("a", type=models_folder, help="folder of models")
    parser.add_argument("b", type=models_folder, help="folder of models, hoped to be better")
    parser.add_argument(
        "--plates", type=plates_folder, default=str(PLATES), help="with detect, read, scenes, clips"
    )
    parser.add_argument("--out", type=Path, default=Path("out/compare"))
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    looks = look(open_pair(asked.a), asked.plates), look(open_pair(asked.b), asked.plates)
    report = _figures_part(looks, asked.plates)
    a, b = (judge(seen, asked.plates, corrected=True) for seen in looks)
    changes = all_changes(a, b)
    report += "\n" + changes_table(changes)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "compare.md").write_text(report, encoding="utf-8")
    for name in ("fixed", "broken"):
        save_pages(asked.out, name, changed_cells(looks, a, b, _paths(changes, name)))
    print(report)
    print(f"contact sheets of what is fixed and broken: {asked.out}")


def figures_table(
    names: Sequence[str], labels: str, a: Mapping[str, Figure], b: Mapping[str, Figure]
) -> str:
    """Both sets of figures with B minus A, the better ones marked."""
    rows = []
    for measure in (*MEASURES, *EXTRAS):
        one, other = a[measure.key], b[measure.key]
        gain = other.value - one.value
        word = "" if gain == 0 else "better" if (gain > 0) == measure.more_is_better else "worse"
        change = f"{gain:+{measure.form}}" if gain else "0"
        rows.append([measure.words, measure.told(one), measure.told(other), change, word])
    return markdown([labels, *names, "difference", ""], rows)


def largest_loss(a: Mapping[str, Figure], b: Mapping[str, Figure]) -> str:
    """Where B is most behind A among the shares that have a goal: eight bits may cost a point."""
    losses = {
        m.words: (a[m.key].value - b[m.key].value) * (100 if m.more_is_better else -100)
        for m in MEASURES
        if m.form != ".0f"
    }
    worst = max(losses, key=lambda words: losses[words])
    if losses[worst] <= 0:
        return "B is behind A nowhere.\n"
    return f"B is most behind A in {worst}: {losses[worst]:.1f} points.\n"


def all_changes(a: Judged, b: Judged) -> list[Change]:
    """For each set, and for each folder as a whole, what was fixed and broken."""
    found = [changed("detect", _clean(a.detected), _clean(b.detected))]
    for folder, ours, theirs in (("read", a.read, b.read), ("scenes", a.scenes, b.scenes)):
        found.append(changed(folder, _right(ours), _right(theirs)))
        for name in sorted({p.set_name for p in ours}):
            one, other = (_right([p for p in some if p.set_name == name])
                          for some in (ours, theirs))  # fmt: skip
            found.append(changed(f"{folder}, {name}", one, other))
    return found


def changed(set_name: str, a: Rights, b: Rights) -> Change:
    """What differs between two sets of answers to the same pictures."""
    fixed = tuple(path for path in a if b[path] and not a[path])
    broken = tuple(path for path in a if a[path] and not b[path])
    return Change(set_name, len(a), fixed, broken)


def changes_table(changes: Sequence[Change]) -> str:
    """Fixed and broken pictures of each set, with how likely that is by chance."""
    rows = [
        [c.set_name, str(c.count), str(len(c.fixed)), str(len(c.broken)), f"{c.chance:.3f}"]
        for c in changes
    ]
    return markdown(["set, labels mended", "pictures", "fixed", "broken", "by chance"], rows)


def changed_cells(
    looks: tuple[Looks, Looks], a: Judged, b: Judged, paths: Sequence[Path]
) -> Iterator[NDArray[np.uint8]]:
    """A cell for each path: A at the left or above, B at the right or below."""
    detected = {d.photograph.path: (d, e) for d, e in zip(a.detected, b.detected, strict=True)}
    read = {p.path: (p, q) for p, q in zip(a.read, b.read, strict=True)}
    scenes = {p.path: (p, q) for p, q in zip(a.scenes, b.scenes, strict=True)}
    for path in paths:
        if path in detected:
            yield _detected_cell(*detected[path])
        elif path in read:
            yield _read_cell(*read[path], [View(load(path))])
        else:
            views = [scene_views(path, seen.scenes[path])[-1] for seen in looks]
            yield _read_cell(*scenes[path], views)


def _figures_part(looks: tuple[Looks, Looks], plates: Path) -> str:
    names = [f"{side}: {' + '.join(seen.names)}" for side, seen in zip("AB", looks, strict=True)]
    tables = []
    for corrected, labels in ((False, "labels as they came"), (True, "labels mended")):
        a, b = (figures(judge(seen, plates, corrected)) for seen in looks)
        tables.append(figures_table(names, labels, a, b) + "\n" + largest_loss(a, b))
    return "\n".join(tables)


def _paths(changes: Sequence[Change], name: str) -> list[Path]:
    """Fixed or broken pictures of the whole folders, each once."""
    some = [change.fixed if name == "fixed" else change.broken for change in changes]
    return list(dict.fromkeys(path for paths in some for path in paths))


def _clean(detected: Sequence[DetectedPicture]) -> dict[Path, bool]:
    """Whether every plate is found and nothing else."""
    return {d.photograph.path: not d.missed and not d.false for d in detected}


def _right(pictures: Sequence[ReadPicture]) -> dict[Path, bool]:
    return {p.path: p.right for p in pictures}


def _detected_cell(a: DetectedPicture, b: DetectedPicture) -> NDArray[np.uint8]:
    image = load(a.photograph.path)
    told = [
        f"{side} misses {len(d.missed)}, false {len(d.false)}"
        for side, d in zip("AB", (a, b), strict=True)
    ]
    views = [View(image, None, outlines(d)) for d in (a, b)]
    return cell(views, [*told, a.photograph.path.name])


def _read_cell(a: ReadPicture, b: ReadPicture, views: Sequence[View]) -> NDArray[np.uint8]:
    true, ours = texts(a)
    return cell(views, [f"{true}   {a.path.name}", f"A {ours}", f"B {texts(b)[1]}"])


if __name__ == "__main__":
    main()
