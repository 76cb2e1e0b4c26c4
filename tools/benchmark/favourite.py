"""What the favourite does round its two networks, from a picture to a text.

Not its accuracy but its cost is wanted, so all that costs is done as its packages do it.  Random
weights find nothing: the scores are replaced before they are counted, and the true plate is cut
out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Box

SIDE = 384
HEIGHT, WIDTH = 64, 128
FILL = 114
LEAST, SAME_PLATE = 0.4, 0.45
ANSWERS = 20
"""Cells that claim the same plate, as in a trained YOLO; non-maximum suppression leaves one."""
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"


def letterbox(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The (H, W, 3) BGR picture in the middle of a grey square, as (1, 3, SIDE, SIDE) RGB 0..1."""
    scale = SIDE / max(image.shape[:2])
    width, height = round(image.shape[1] * scale), round(image.shape[0] * scale)
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    below, right = SIDE - height - top, SIDE - width - left
    grey = (FILL, FILL, FILL)
    square = cv2.copyMakeBorder(resized, top, below, left, right, cv2.BORDER_CONSTANT, value=grey)
    planes = np.ascontiguousarray(square[..., ::-1].transpose(2, 0, 1))
    return np.asarray(planes[None] / np.float32(255), np.float32)


def suppress(answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """The boxes (N, 4) that stay of (1, 5, cells): those above LEAST, of a group the best."""
    cells = answer[0].T
    good = cells[cells[:, 4] >= LEAST]
    corners = good[:, :2] - good[:, 2:4] / 2
    boxes = np.concatenate([corners, good[:, 2:4]], 1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), good[:, 4].tolist(), LEAST, SAME_PLATE)
    return np.asarray(boxes[np.asarray(kept, np.int64).reshape(-1)], np.float32)


def pretend(answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """The answer as if a trained network saw one plate: ANSWERS cells are sure, the others not."""
    said: NDArray[np.float32] = answer.copy()
    said[0, 4] = 0.01
    said[0, 4, :ANSWERS] = np.linspace(0.9, 0.5, ANSWERS)
    said[0, :4, :ANSWERS] = np.array([[200.0], [150.0], [60.0], [16.0]])
    return said


def cut(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The plate as the reader takes it, (1, HEIGHT, WIDTH, 3) RGB."""
    part = image[round(box.y1) : round(box.y2), round(box.x1) : round(box.x2)]
    colours = cv2.cvtColor(part, cv2.COLOR_BGR2RGB)
    resized = cv2.resize(colours, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized[None], np.uint8)


def spell(slots: NDArray[np.float32]) -> tuple[str, float]:
    """The text of (1, SLOTS, LETTERS) without its padding, and the mean confidence."""
    text = "".join(LETTERS[i] for i in slots[0].argmax(1)).rstrip("_")
    return text, float(slots[0].max(1).mean())
