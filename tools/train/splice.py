"""New texts out of real crops: the left of one plate with the right of another of the same kind.

Where the characters stand is what a reader says about the crop: only crops that it reads as they
are labelled are cut, and only what it reads as it should is kept.  One-line plates are cut between
two characters, two-line plates between the lines; both plates have the same set, the same length
and as many characters in the upper line, so the new text follows the same syntax.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from appliance.domain import Quad
from appliance.recognize.ctc import character_columns
from appliance.recognize.rectify import MARGIN_X, rectify
from tools.train.alphabet import encode_text
from tools.train.labels import PlateCrop

Picture = NDArray[np.uint8]
Columns = Callable[[Picture], NDArray[np.float32]]
MOST_TRIES = 6
Kind = tuple[str, int, int]  # set, length, characters in the upper line


@dataclass(frozen=True, slots=True)
class Cuttable:
    """A crop and where it may be cut: in pixels from the left, after each character but the last.

    `cuts` is empty for a two-line plate.
    """

    crop: PlateCrop
    kind: Kind
    cuts: tuple[float, ...]


class Splicer:
    """Puts crops together.

    Args:
        crops: labelled crops.
        columns: what a reader says of a (HEIGHT, WIDTH, 1) grey crop, (2 rows, T, classes).
        size: width and height of the crop that the reader takes.
        picture: the pixels of a crop.
        avoid: texts that are not to be made, such as those that are measured on.
    """

    def __init__(
        self,
        crops: Sequence[PlateCrop],
        columns: Columns,
        size: tuple[int, int],
        picture: Callable[[PlateCrop], Picture],
        avoid: Collection[str] = (),
    ) -> None:
        self._picture, self._columns, self._size = picture, columns, size
        self._avoid = frozenset(avoid)
        kinds: dict[Kind, list[Cuttable]] = defaultdict(list)
        for crop in tqdm(crops, desc="where to cut", unit="crop"):
            found = self._cuttable(crop)
            if found is not None:
                kinds[found.kind].append(found)
        self._kinds = {kind: some for kind, some in kinds.items() if len(some) > 1}
        self._all = [cuttable for some in self._kinds.values() for cuttable in some]

    def __len__(self) -> int:
        return len(self._all)

    def draw(self, rng: np.random.Generator) -> tuple[Picture, str]:
        """A picture (H, W, 3) of two plates in one, and its text.

        A whole crop where nothing that was tried is legible.  ValueError: there is nothing to cut.
        """
        if not self._all:
            raise ValueError("no crop can be cut: the reader reads none as it is labelled")
        for _ in range(MOST_TRIES):
            one = self._all[rng.integers(len(self._all))]
            same = self._kinds[one.kind]
            picture, text = self._put_together(rng, one, same[rng.integers(len(same))])
            if text not in self._avoid and _spoken(self._said(picture)) == encode_text(text):
                return picture, text
        return self._picture(one.crop), one.crop.text

    def _put_together(
        self, rng: np.random.Generator, one: Cuttable, other: Cuttable
    ) -> tuple[Picture, str]:
        first, whole = self._picture(one.crop), self._picture(other.crop)
        second = _toned(_to_height(whole, len(first)), first)
        if not one.cuts:
            upper = one.kind[2]
            return _stacked(first, second), one.crop.text[:upper] + other.crop.text[upper:]
        place = int(rng.integers(len(one.cuts)))
        left = first[:, : round(one.cuts[place])]
        right = second[:, round(other.cuts[place] * second.shape[1] / whole.shape[1]) :]
        text = one.crop.text[: place + 1] + other.crop.text[place + 1 :]
        return np.asarray(np.hstack([left, right]), np.uint8), text

    def _said(self, picture: Picture) -> NDArray[np.float32]:
        return self._columns(rectify(picture, _whole(picture), self._size))

    def _cuttable(self, crop: PlateCrop) -> Cuttable | None:
        """Where a crop may be cut, or None where the reader does not read its label."""
        picture = self._picture(crop)
        said = self._said(picture)
        classes = encode_text(crop.text)
        if _spoken(said) != classes or len(classes) < 2:
            return None
        places = character_columns(said.reshape(-1, said.shape[-1]), classes)
        steps = said.shape[1]
        upper = int(np.sum(places < steps))
        kind = (crop.set_name, len(classes), upper)
        if 0 < upper < len(classes):
            return Cuttable(crop, kind, ())
        shares = (places % steps + 0.5) / steps * (1 + 2 * MARGIN_X) - MARGIN_X
        between = (shares[1:] + shares[:-1]) / 2 * picture.shape[1]
        return Cuttable(crop, kind, tuple(float(x) for x in between))


def _whole(picture: Picture) -> Quad:
    height, width = picture.shape[:2]
    return Quad(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))


def _spoken(said: NDArray[np.float32]) -> list[int]:
    """The classes on the likeliest path, without repeats and blanks."""
    best = said.reshape(-1, said.shape[-1]).argmax(1)
    kept = best[np.flatnonzero(np.diff(best, prepend=0))]
    return [int(c) for c in kept if c]


def _to_height(picture: Picture, height: int) -> Picture:
    scale = height / len(picture)
    size = (max(2, round(picture.shape[1] * scale)), height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _toned(picture: Picture, like: Picture) -> Picture:
    """The picture with the mean and the contrast of `like`, channel by channel."""
    mean, spread = picture.mean((0, 1)), picture.std((0, 1)) + 1
    moved = (picture - mean) / spread * (like.std((0, 1)) + 1) + like.mean((0, 1))
    return np.asarray(np.clip(moved, 0, 255), np.uint8)


def _stacked(first: Picture, second: Picture) -> Picture:
    """The upper half of one picture on the lower half of another."""
    height, width = first.shape[:2]
    wide = cv2.resize(second, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.vstack([first[: height // 2], wide[height // 2 :]]), np.uint8)
