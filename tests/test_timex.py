"""What the kernel of this machine says of its clock."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest

from appliance.timex import Timex, most_error_s

OFFSETS = """
#include <stddef.h>
#include <stdio.h>
#include <sys/timex.h>
int main(void) {
    printf("%zu %zu", offsetof(struct timex, maxerror), sizeof(struct timex));
}
"""


def test_the_kernel_tells_no_more_than_its_limit() -> None:
    """NTP_PHASE_LIMIT is where it begins, and where it stops to grow."""
    told = most_error_s()
    assert told is None or 0 <= told <= 16


def test_the_structure_is_the_systems(tmp_path: Path) -> None:
    """The field is where the headers have it, and the call writes no further than there is room."""
    compiler = which("cc")
    if compiler is None:
        pytest.skip("no compiler (apt-get install gcc libc6-dev)")
    (tmp_path / "offsets.c").write_text(OFFSETS)
    subprocess.run([compiler, "-o", "offsets", "offsets.c"], cwd=tmp_path, check=True)
    told = subprocess.run([tmp_path / "offsets"], capture_output=True, check=True).stdout
    offset, size = map(int, told.split())
    assert Timex.maxerror.offset == offset
    assert size <= Timex.rest.offset + Timex.rest.size
