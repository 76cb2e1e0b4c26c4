"""Where packages come from: this machine's own configuration of apt, for another suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.errors import GatepostError
from tools.flash.sources import sources_for

RELEASE = 'ID=debian\nVERSION_CODENAME="bookworm"\n'
LINES = """\
# ours
deb [signed-by=/k] http://a.example/debian bookworm main
deb http://a.example/debian bookworm-updates main
deb-src http://a.example/debian bookworm main
deb http://b.example/apt other-bookworm main
"""
PARAGRAPHS = """\
Types: deb
URIs: http://a.example/debian
Suites: bookworm bookworm-security
Components: main
Signed-By: /k

Types: deb
URIs: http://b.example/apt
Suites: nodistro
Components: main

Types: deb
URIs: http://c.example/debian
Suites: bookworm
Enabled: no
"""
FORMS = {
    "one line": (
        "sources.list",
        LINES,
        """\
deb [signed-by=/k] http://a.example/debian trixie main
deb http://a.example/debian trixie-updates main
""",
    ),
    "paragraphs": (
        "sources.list.d/debian.sources",
        PARAGRAPHS,
        """\
Types: deb
URIs: http://a.example/debian
Suites: trixie trixie-security
Components: main
Signed-By: /k
""",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_debian_is_taken_and_nothing_else(tmp_path: Path, form: str) -> None:
    """Servers, keys and options stay; other suites, what is switched off and sources go."""
    name, text, wanted = FORMS[form]
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "os-release").write_text(RELEASE)
    (tmp_path / name).write_text(text)
    assert sources_for("trixie", tmp_path, tmp_path / "os-release") == wanted


def test_two_forms_in_one_file_are_nothing_that_apt_reads(tmp_path: Path) -> None:
    """Such as another's list beside Debian's own paragraphs: somebody must say which."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "os-release").write_text(RELEASE)
    for name, text, _ in FORMS.values():
        (tmp_path / name).write_text(text)
    with pytest.raises(GatepostError, match=r"in lines and in paragraphs, .*or --sources FILE"):
        sources_for("trixie", tmp_path, tmp_path / "os-release")


def test_a_machine_without_debian_is_told_what_to_do(tmp_path: Path) -> None:
    """`--sources` is for it."""
    (tmp_path / "os-release").write_text(RELEASE)
    with pytest.raises(GatepostError, match=r"no sources of bookworm, .*or --sources FILE"):
        sources_for("trixie", tmp_path, tmp_path / "os-release")
