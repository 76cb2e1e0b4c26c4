"""Mended labels: what a line of the file may say, and which label it mends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.train.corrections import FIELDS, NEAR, Correction, by_image, parse_box

HEAD = "image,field,old,new\n"
BOX = (10.0, 20.0, 110.0, 60.0)


def written(folder: Path, *lines: str) -> Path:
    """A file of corrections."""
    path = folder / "corrections.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_lines_of_an_image_stay_together_and_in_order(tmp_path: Path) -> None:
    """All corrections of an image are given in the file's order, wherever its lines stand."""
    path = written(tmp_path, "a.jpg,plate,,1 2 3 4", "b.jpg,text,AB1,", "a.jpg,unsure,,5 6 7 8")
    found = by_image(path)
    assert found["a.jpg"] == (
        Correction("a.jpg", "plate", "", "1 2 3 4"),
        Correction("a.jpg", "unsure", "", "5 6 7 8"),
    )
    assert found["b.jpg"] == (Correction("b.jpg", "text", "AB1", ""),)


def test_an_unknown_field_is_named_with_its_image(tmp_path: Path) -> None:
    """A field that means nothing stops the reading, and the message says which and where."""
    with pytest.raises(ValueError, match=r"b\.jpg: field 'txet', expected one of .*'text'"):
        by_image(written(tmp_path, "a.jpg,text,AB1,AB2", "b.jpg,txet,AB1,AB2"))


@pytest.mark.parametrize(
    ("text", "box"),
    [("1 2 3 4", (1, 2, 3, 4)), ("0.5 2 30.25 4", (0.5, 2, 30.25, 4))],
    ids=["whole numbers", "fractions"],
)
def test_a_box_is_four_numbers(text: str, box: tuple[float, ...]) -> None:
    """A box is read as left, top, right, bottom."""
    assert parse_box(text) == box


@pytest.mark.parametrize(
    "text",
    ["", "1 2 3", "1 2 3 4 5", "3 2 1 4", "1 4 3 2", "1 2 1 4"],
    ids=["empty", "three", "five", "right of left", "upside down", "no width"],
)
def test_what_is_no_box_is_named(text: str) -> None:
    """Anything but four numbers in order is refused with the text itself."""
    with pytest.raises(ValueError, match=f"box '{text}', expected 'x1 y1 x2 y2'"):
        parse_box(text)


@pytest.mark.parametrize(
    ("moved", "same"),
    [(0.0, True), (NEAR - 0.1, True), (NEAR + 0.1, False)],
    ids=["the same", "rounded", "another"],
)
@pytest.mark.parametrize("side", range(4))
def test_a_correction_knows_its_box_by_all_four_sides(moved: float, same: bool, side: int) -> None:
    """A labelled box is meant if no side differs by more than the file's rounding."""
    box = list(BOX)
    box[side] += moved
    correction = Correction("a.jpg", "box", "10 20 110 60", "")
    assert correction.is_of((box[0], box[1], box[2], box[3])) is same


def test_the_shipped_file_can_be_applied() -> None:
    """Crops have one mended text each, photographs only boxes, and every box can be read."""
    shipped = by_image()
    assert shipped
    for image, corrections in shipped.items():
        fields = [correction.field for correction in corrections]
        if image.startswith("read/"):
            assert fields == ["text"], image
            continue
        assert image.startswith("detect/"), image
        assert set(fields) <= set(FIELDS) - {"text"}, image
        assert len(set(corrections)) == len(corrections), f"{image}: a line stands twice"
        for correction in corrections:
            if correction.field == "box":
                parse_box(correction.old)
            if correction.field != "box" or correction.new:
                parse_box(correction.new)
