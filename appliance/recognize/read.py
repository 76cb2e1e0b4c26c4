"""Reading plates: an upright crop goes in, a text with candidates and confidences comes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Read
from appliance.recognize.ctc import candidates, character_confidences
from appliance.recognize.model import Model
from appliance.recognize.regions import Regions

BEAM_RESULTS = 8


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

    def read(self, crop: NDArray[np.uint8]) -> Read:
        """What a (height, width, 1) grey crop says; an empty text where it says nothing."""
        (rows,) = self._model.run(crop)
        columns = rows.reshape(-1, rows.shape[-1])
        columns = columns / columns.sum(1, keepdims=True)  # eight bits do not quite add up to 1
        seen = candidates(columns, self._characters, BEAM_RESULTS)
        best = seen[0]
        raw = Read(
            text=best.text,
            confidence=best.confidence if best.text else 0.0,
            characters=self._spoken(columns, best.text),
            candidates=tuple(candidate for candidate in seen if candidate.text),
        )
        return self._regions.rank(raw, self._home)

    def _spoken(self, columns: NDArray[np.float32], text: str) -> tuple[float, ...]:
        return character_confidences(columns, [self._characters.index(c) + 1 for c in text])
