"""The real pictures: mended labels are applied, and what is measured on is never trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.train import corrections, labels
from tools.train.labels import PLATES

Row = dict[str, Any]
ORIGIN = {"source": "drawn here", "licence": "Apache-2.0", "region": "eu"}
REAL = pytest.mark.skipif(
    not PLATES.is_dir(),
    reason=f"the real pictures are not in {PLATES}; they stay off the repository",
)


def crop(name: str, text: str, split: str = "train", lines: int | None = 1) -> Row:
    """A line of `read/labels.jsonl`."""
    return {**ORIGIN, "image": f"images/{name}.jpg", "text": text, "lines": lines, "split": split}


def photograph(name: str, *boxes: tuple[float, float, float, float], split: str = "train") -> Row:
    """A line of `detect/labels.jsonl`; a box there is left, top, width, height."""
    plates = [{"box": list(box), "quad": None, "text": None} for box in boxes]
    return {**ORIGIN, "image": f"images/{name}.jpg", "plates": plates, "split": split}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder for pictures' labels."""
    return tmp_path


def put(root: Path, folder: str, *rows: Row) -> None:
    """Write the labels of a folder."""
    (root / folder).mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (root / folder / "labels.jsonl").write_text(lines, encoding="utf-8")


@pytest.fixture
def mend(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401  # a function
    """Makes some lines the corrections that apply."""

    def with_lines(*lines: str) -> None:
        path = root / "corrections.csv"
        path.write_text("image,field,old,new\n" + "\n".join(lines) + "\n", encoding="utf-8")
        mended = corrections.by_image(path)
        monkeypatch.setattr(corrections, "by_image", lambda: mended)

    return with_lines


def texts(root: Path, split: str, **options: bool) -> list[str]:
    """The texts of a split's crops."""
    return [found.text for found in labels.crops(split, root, **options)]


def test_a_mended_text_replaces_the_label(root: Path, mend: Any) -> None:  # noqa: ANN401
    """The crop is trained with what it shows; its neighbours keep their labels."""
    put(root, "read", crop("eu_1", "AB123"), crop("eu_2", "CD456"))
    mend("read/images/eu_1.jpg,text,AB123,AB128")
    assert texts(root, "train") == ["AB128", "CD456"]
    assert texts(root, "train", corrected=False) == ["AB123", "CD456"]


def test_a_crop_that_does_not_show_its_text_is_taken_out(root: Path, mend: Any) -> None:  # noqa: ANN401
    """An empty mended text removes the crop, from either split."""
    put(root, "read", crop("eu_1", "AB123"), crop("eu_2", "CD456"), crop("eu_3", "EF789", "valid"))
    mend("read/images/eu_1.jpg,text,AB123,", "read/images/eu_3.jpg,text,EF789,")
    assert texts(root, "train") == ["CD456"]
    assert texts(root, "valid") == []


def test_a_mended_text_does_not_bring_a_text_of_valid_into_train(root: Path, mend: Any) -> None:  # noqa: ANN401
    """Where mending makes a text of train that of a crop of valid, train goes without it."""
    put(root, "read", crop("eu_1", "AB123"), crop("eu_2", "CD456"), crop("eu_3", "AB128", "valid"))
    mend("read/images/eu_1.jpg,text,AB123,AB128")
    assert texts(root, "train") == ["CD456"]
    assert texts(root, "valid") == ["AB128"]


def test_a_mended_text_of_valid_leaves_train_too(root: Path, mend: Any) -> None:  # noqa: ANN401
    """Where mending makes a text of valid that of a crop of train, train goes without it."""
    put(root, "read", crop("eu_1", "AB128"), crop("eu_2", "CD456"), crop("eu_3", "AB123", "valid"))
    mend("read/images/eu_3.jpg,text,AB123,AB128")
    assert texts(root, "train") == ["CD456"]
    assert texts(root, "valid") == ["AB128"]


def test_a_crop_says_its_set_and_its_lines(root: Path) -> None:
    """The set is the file's name without its number; unknown lines are 0."""
    put(root, "read", crop("vn_xemay_0012", "AB123", lines=None))
    (found,) = labels.crops("train", root)
    assert (found.set_name, found.lines) == ("vn_xemay", 0)
    assert found.path == root / "read" / "images" / "vn_xemay_0012.jpg"


def boxes(root: Path, **options: bool) -> list[tuple[float, float, float, float] | None]:
    """The boxes of the only photograph."""
    (found,) = labels.photographs("detect", "train", root, **options)
    return [plate.box for plate in found.plates]


def test_a_missing_plate_is_added(root: Path, mend: Any) -> None:  # noqa: ANN401
    """A plate that nobody labelled joins those that were."""
    put(root, "detect", photograph("a", (10, 20, 100, 40)))
    mend("detect/images/a.jpg,plate,,200 30 260 50")
    assert boxes(root) == [(10, 20, 110, 60), (200, 30, 260, 50)]
    assert boxes(root, corrected=False) == [(10, 20, 110, 60)]


def test_a_mended_box_replaces_the_one_it_names(root: Path, mend: Any) -> None:  # noqa: ANN401
    """The plate that is meant gets its new box; the other keeps its own."""
    put(root, "detect", photograph("a", (10, 20, 100.4, 40), (200, 30, 60, 20)))
    mend("detect/images/a.jpg,box,10 20 110 60,12 22 90 58")
    assert boxes(root) == [(12, 22, 90, 58), (200, 30, 260, 50)]


def test_a_box_without_a_plate_is_removed(root: Path, mend: Any) -> None:  # noqa: ANN401
    """An empty new box takes out the plate that is meant, and no other."""
    put(root, "detect", photograph("a", (10, 20, 100, 40), (200, 30, 60, 20)))
    mend("detect/images/a.jpg,box,10 20 110 60,")
    assert boxes(root) == [(200, 30, 260, 50)]


def test_a_mended_box_drops_the_corners_of_the_wrong_one(root: Path, mend: Any) -> None:  # noqa: ANN401
    """Corners belong to the box that was wrong: they go, the text stays."""
    row = photograph("a", (10, 20, 100, 40))
    quad = [[10, 20], [110, 20], [110, 60], [10, 60]]
    row["plates"][0] |= {"quad": quad, "text": "AB123"}
    put(root, "detect", row)
    mend("detect/images/a.jpg,box,10 20 110 60,12 22 90 58")
    (found,) = labels.photographs("detect", "train", root)
    assert (found.plates[0].quad, found.plates[0].text) == (None, "AB123")


def test_an_unsure_box_is_no_plate(root: Path, mend: Any) -> None:  # noqa: ANN401
    """It stands beside the plates, so that a photograph without plates stays a negative."""
    put(root, "detect", photograph("a"))
    mend("detect/images/a.jpg,unsure,,5 6 25 16")
    (found,) = labels.photographs("detect", "train", root)
    assert (found.plates, found.unsure) == ((), ((5, 6, 25, 16),))


def test_a_split_gives_its_own_photographs(root: Path) -> None:
    """Photographs of one split are not among those of the other."""
    put(root, "detect", photograph("a"), photograph("b", split="valid"))
    assert [p.path.stem for p in labels.photographs("detect", "train", root)] == ["a"]
    assert [p.path.stem for p in labels.photographs("detect", "valid", root)] == ["b"]


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    """What cannot be decoded is told with its path."""
    path = tmp_path / "torn.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"torn\.jpg"):
        labels.load(path)


@REAL
def test_no_text_that_is_measured_on_is_trained_on() -> None:
    """With the shipped corrections no text of valid is in train, and both are there."""
    train, valid = ({found.text for found in labels.crops(split)} for split in ("train", "valid"))
    assert len(train) > 1000
    assert len(valid) > 100
    assert not train & valid


@REAL
def test_every_shipped_correction_meets_the_label_that_it_names() -> None:
    """A correction whose label is not as its `old` says would mend nothing, or the wrong thing."""
    read = {f"read/images/{c.path.name}": c.text for s in ("train", "valid")
            for c in _uncorrected(s)}  # fmt: skip
    seen = {
        f"detect/images/{p.path.name}": p
        for split in ("train", "valid")
        for p in labels.photographs("detect", split, corrected=False)
    }
    for image, mended in corrections.by_image().items():
        for correction in mended:
            if correction.field == "text":
                assert read[image] == correction.old, image
            else:
                assert image in seen
            if correction.field == "box":
                met = [p for p in seen[image].plates if p.box and correction.is_of(p.box)]
                assert len(met) == 1, correction


def _uncorrected(split: str) -> list[labels.PlateCrop]:
    return [labels._crop(PLATES, row, False) for row in labels._rows(PLATES / "read", split)]


@REAL
def test_every_box_holds_something() -> None:
    """Every box of train has its corners in order, and some width and height."""
    for found in labels.photographs("detect", "train"):
        for box in [p.box for p in found.plates if p.box] + list(found.unsure):
            x1, y1, x2, y2 = np.array(box)
            assert (x2 - x1, y2 - y1) > (0, 0), found.path
