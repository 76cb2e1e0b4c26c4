"""The server of plain files: which bytes a Range asks for."""

from __future__ import annotations

import pytest

from tools.machine.site import span_of


@pytest.mark.parametrize(
    ("wanted", "span"),
    [
        (None, None),
        ("bytes=0-", (0, 99)),
        ("bytes=40-", (40, 99)),
        ("bytes=40-49", (40, 49)),
        ("bytes=40-400", (40, 99)),
        ("bytes=100-", None),
        ("bytes=-5", None),
        ("lines=1-2", None),
    ],
)
def test_span(wanted: str | None, span: tuple[int, int] | None) -> None:
    """A range within the file is served as such, and all else as the whole file."""
    assert span_of(wanted, 100) == span
