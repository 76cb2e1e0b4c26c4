"""Plates drawn here, models with a known answer, and the models that ship."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.recognize.model import FakeModel, LiteModel

MODELS = Path(__file__).parents[2] / "models"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLATE_SIZE = (200, 44)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def drawn_plate(text: str = "7439BBG") -> NDArray[np.uint8]:
    """A plate of 200 x 44 pixels, dark on light."""
    width, height = 4 * PLATE_SIZE[0], 4 * PLATE_SIZE[1]
    plate = np.full((height, width, 3), 245, np.uint8)
    cv2.rectangle(plate, (4, 4), (width - 5, height - 5), (20, 20, 20), 6)
    (wide, high), _ = cv2.getTextSize(text, FONT, 4.2, 14)
    at = ((width - wide) // 2, (height + high) // 2)
    cv2.putText(plate, text, at, FONT, 4.2, (10, 10, 10), 14, cv2.LINE_AA)
    return np.asarray(cv2.resize(plate, PLATE_SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def drawn_scene(text: str = "7439BBG", at: tuple[int, int] = (60, 220)) -> NDArray[np.uint8]:
    """A picture of 640 x 480 with a red block that carries a plate at `at`."""
    scene = np.full((480, 640, 3), 90, np.uint8)
    scene[:160] = (180, 150, 120)
    x, y = at
    cv2.rectangle(scene, (x - 40, y - 120), (x + 240, y + 90), (40, 40, 120), cv2.FILLED)
    scene[y : y + PLATE_SIZE[1], x : x + PLATE_SIZE[0]] = drawn_plate(text)
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.7), np.uint8)


def spoken(*rows: str, sure: float = 0.9, width: int = 12) -> NDArray[np.float32]:
    """A reader's answer: each row's characters one a column, "-" and what is left being blank."""
    classes = len(CHARACTERS) + 1
    answer = np.full((len(rows), width, classes), (1 - sure) / (classes - 1), np.float32)
    for row, text in enumerate(rows):
        for column, character in enumerate(text.ljust(width, "-")):
            answer[row, column, CHARACTERS.find(character) + 1] = sure
    return answer


def reading(*rows: str, sure: float = 0.9) -> FakeModel:
    """A reader's model that sees the same on every crop of 48 x 160."""
    return FakeModel((48, 160, 1), (spoken(*rows, sure=sure),))


@pytest.fixture(scope="session")
def detect_model() -> LiteModel:
    """The detector that ships."""
    return LiteModel(MODELS / "detect.toml", threads=1)


@pytest.fixture(scope="session")
def read_model() -> LiteModel:
    """The reader that ships."""
    return LiteModel(MODELS / "read.toml", threads=1)
