"""What goes into the images of a release."""

from __future__ import annotations

from pathlib import Path

from tools.publish.pack import files_below, leave_out

KEPT = {
    "cv2/LICENSE-3RD-PARTY.txt",
    "cv2/data/__init__.py",
    "numpy-2.5.5.dist-info/licenses/numpy/_core/include/numpy/libdivide/LICENSE.txt",
    "numpy/_core/multiarray.py",
    "numpy/testing/__init__.py",
}
LEFT_OUT = {
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "bin/f2py",
    "cv2/__init__.pyi",
    "cv2/data/haarcascade_eye.xml",
    "numpy/_core/include/numpy/arrayobject.h",
    "numpy/_core/tests/data/a.csv",
    "numpy/typing/tests/data/fail/array.pyi",
    "setuptools-84.2.1.dist-info/METADATA",
    "setuptools/__init__.py",
}


def test_what_no_unit_needs_is_left_out(tmp_path: Path) -> None:
    """The library's own tests, headers and types; never a licence or what is imported."""
    for name in KEPT | LEFT_OUT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    leave_out(tmp_path)
    assert {str(name) for name in files_below(tmp_path, tmp_path)} == KEPT
