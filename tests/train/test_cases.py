"""The contact sheets show every error once, and what it is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.train.judged import (
    FAR,
    PLATE,
    detected,
    examined,
    found,
    judged,
    labelled,
    photograph,
    read,
)
from tools.train import cases, contact
from tools.train.scoring import DetectedPicture, Looks


@pytest.fixture
def captions(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The captions of all cells drawn, where every picture is grey."""
    told: list[list[str]] = []

    def drawn(views: list[contact.View], caption: list[str]) -> np.ndarray:
        told.append(caption)
        return contact.cell(views, caption)

    monkeypatch.setattr(cases, "cell", drawn)
    monkeypatch.setattr(cases, "load", lambda _: np.full((400, 600, 3), 90, np.uint8))
    return told


def night() -> DetectedPicture:
    """One plate found, one missed by little, and two false detections."""
    labels = photograph(labelled(PLATE, corners=True), labelled(FAR))
    near = (FAR[0] + 30, *FAR[1:])  # 20 of 50 px: IoU 0.4
    return detected(labels, found(PLATE), found((0.0, 0.0, 40.0, 20.0), 0.4, "TAXI"), found(near))


def test_false_detections_come_surest_first(captions: list[list[str]]) -> None:
    """With what they read as and how near a plate they were."""
    assert len(list(cases.false_cells([night()]))) == 2
    assert [caption[0] for caption in captions] == ["false 0.90, reads AB123 0.90",
                                                    "false 0.40, reads TAXI 0.90"]  # fmt: skip
    assert [caption[1] for caption in captions] == ["20 x 20 px, best IoU 0.40",
                                                    "40 x 20 px, best IoU 0.00"]  # fmt: skip


def test_missed_plates_tell_how_nearly_they_were_found(captions: list[list[str]]) -> None:
    """0.50 would be a hit; nothing near is 0.00."""
    list(cases.missed_cells([detected(photograph(labelled(PLATE)), found(FAR))]))
    assert captions == [["missed, 100 x 50 px, best IoU 0.00", "one.jpg"]]


def test_what_only_the_first_labels_call_false_has_a_sheet_of_its_own(
    captions: list[list[str]],
) -> None:
    """True plates and unsure places, not what is false by both."""
    seen = found(PLATE), found(FAR), found((0.0, 0.0, 40.0, 20.0))
    came = detected(photograph(), *seen)
    mended = detected(photograph(labelled(PLATE), unsure=(FAR,)), *seen)
    list(cases.unlabelled_cells([came], [mended]))
    assert sorted(caption[0].split(" 0.")[0] for caption in captions) == ["a plate", "unsure"]


def test_a_misread_tells_the_difference(captions: list[list[str]]) -> None:
    """Right reads have no cell; the surest error comes first."""
    list(cases.misread_cells([read("PO1", "PO1"), read("PO2", "P02", 0.4), read("AB3", "B3")]))
    assert [caption[1] for caption in captions] == ["read B3  0.90  nothing for A",
                                                    "read P02  0.40  zero for O"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "truth", "told"),
    [
        ("P0522", "PO522", "zero for O"),
        ("AB1", "AB1", ""),
        ("LNG1", "NG1", "L for nothing"),
        ("A1", "AI", "one for I"),
        ("DZ0460", "PZ0460J", "D for P, nothing for J"),
    ],
)
def test_a_difference_names_what_was_read_for_what(text: str, truth: str, told: str) -> None:
    """In words where the font cannot tell."""
    assert cases.difference(text, truth) == told


@pytest.mark.usefixtures("captions")
def test_all_sheets_are_written(tmp_path: Path) -> None:
    """A page for each kind of error that there is, each of a size to be looked at."""
    wrong = read("ZG1", "ZG7")
    looks = Looks(("d", "r"), {}, {wrong.path: examined(found(PLATE))}, {}, {}, (), 1.0)
    both = judged(night(), reads=(wrong,), scenes=(wrong,))
    written = cases.save_sheets(tmp_path, looks, both, both)
    kinds = {"false", "missed", "missed_as_labelled", "corners", "misread", "scenes"}
    assert {path.name for path in written} == {f"{kind}-1.png" for kind in kinds}
    assert all(cv2.imread(str(path)) is not None for path in written)
