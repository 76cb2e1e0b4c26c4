"""Reading plates: an upright crop goes in, a text with candidates and confidences comes out."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Candidate, Read
from appliance.recognize.ctc import candidates, character_confidences
from appliance.recognize.model import Model
from appliance.recognize.regions import Regions

BEAM_RESULTS = 8
UNLISTED, LEAST = 300, 1e-6
"""Texts that a crop may have missed, and the least probability that it gives: one must not veto."""


class Reader:
    """Plate reader on one TFLite model, its candidates weighed by plate syntax.

    Args:
        model: input (1, H, W, 1) grey, output (1, rows, columns, 1 + characters) probabilities,
            class 0 the blank; the rows are read one after the other.
        characters: the text character of class 1 and following.
        regions: known plate syntaxes.
        home: codes of the regions that most vehicles come from; empty for anywhere.
    """

    def __init__(
        self, model: Model, characters: str, regions: Regions, home: tuple[str, ...] = ()
    ) -> None:
        self._model = model
        self._characters = characters
        self._regions = regions
        self._home = home

    @property
    def crop_size(self) -> tuple[int, int]:
        """Width and height of the crop that `read` takes."""
        height, width, _ = self._model.input_shape
        return width, height

    def read(self, *crops: NDArray[np.uint8]) -> Read:
        """What one plate says, in one or several (height, width, 1) grey crops of it.

        An empty text where they say nothing.
        """
        return self.tell([self.look(crop) for crop in crops])

    def tell(self, said: Sequence[NDArray[np.float32]]) -> Read:
        """What several looks at one plate say together."""
        seen = together([candidates(c, self._characters, BEAM_RESULTS) for c in said])
        best = seen[0]
        raw = Read(
            text=best.text,
            confidence=best.confidence if best.text else 0.0,
            characters=self._spoken(said, best.text),
            candidates=tuple(candidate for candidate in seen if candidate.text),
        )
        return self._regions.rank(raw, self._home)

    def look(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The model's probabilities, (columns of the upper and then of the lower row, classes)."""
        (rows,) = self._model.run(crop)
        columns = rows.reshape(-1, rows.shape[-1])
        whole = columns / columns.sum(1, keepdims=True)  # eight bits do not quite add up to 1
        return np.asarray(whole, np.float32)

    def _spoken(self, said: Sequence[NDArray[np.float32]], text: str) -> tuple[float, ...]:
        """The probability of each character of `text`, the mean over the crops."""
        classes = [self._characters.index(c) + 1 for c in text]
        each = [character_confidences(columns, classes) for columns in said]
        return tuple(float(p) for p in np.mean(each, 0))


def together(lists: Sequence[Sequence[Candidate]]) -> tuple[Candidate, ...]:
    """The candidates of several crops of one plate as one list, likeliest first.

    A text's probability is the geometric mean of what the crops give it, so that many crops are no
    surer than one: they show the same pixels.  A crop that does not list a text gives it an even
    share of what it left over.
    """
    if len(lists) == 1:
        return tuple(lists[0])
    known = [{candidate.text: candidate.confidence for candidate in some} for some in lists]
    over = [max(LEAST, 1 - sum(some.values())) for some in known]
    texts = sorted({text for some in known for text in some})

    def score(text: str) -> float:
        given = (some.get(text, o / UNLISTED) for some, o in zip(known, over, strict=True))
        return exp(fmean(log(max(LEAST, p)) for p in given))

    scores = {text: score(text) for text in texts}
    whole = sum(scores.values()) + exp(fmean(map(log, over)))
    ranked = sorted(texts, key=lambda text: -scores[text])
    return tuple(Candidate(text, scores[text] / whole) for text in ranked)
