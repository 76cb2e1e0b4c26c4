"""Where packages come from: apt's own configuration on this machine, for another suite.

The rule to know: no server is named here.  Whoever wants others gives `--sources`.
"""

from __future__ import annotations

import re
from pathlib import Path

from appliance.errors import GatepostError

ETC = Path("/etc/apt")
RELEASE = Path("/etc/os-release")
SUITES = re.compile(r"^Suites:.*$", re.MULTILINE)


def sources_for(suite: str, etc: Path = ETC, release: Path = RELEASE) -> str:
    """This machine's sources of Debian, with another suite in the place of its own.

    Raises:
        GatepostError: it has none, or some in each of apt's two forms, which no file may mix.
    """
    own = _codename(release)
    folder = etc / "sources.list.d"
    lists = [etc / "sources.list", *sorted(folder.glob("*.list"))]
    lines = "".join(_one_line(path, own, suite) for path in lists)
    paragraphs = [_deb822(path, own, suite) for path in sorted(folder.glob("*.sources"))]
    forms = [text for text in (lines, "\n".join(filter(None, paragraphs))) if text]
    if len(forms) != 1:
        found = "sources in lines and in paragraphs" if forms else f"no sources of {own}, Debian's"
        raise GatepostError(f"{etc}: {found}, expected those of one form, or --sources FILE")
    return forms[0]


def _codename(release: Path) -> str:
    found = re.search(r'^VERSION_CODENAME="?(\w+)', release.read_text(), re.MULTILINE)
    if found is None:
        raise GatepostError(f"{release}: no VERSION_CODENAME, expected that of a Debian")
    return found[1]


def _one_line(path: Path, own: str, suite: str) -> str:
    """Of the old form: `deb [options] uri suite component`."""
    lines = path.read_text().splitlines() if path.exists() else []
    wanted = [line for line in lines if re.match(rf"deb\s.*\s{own}(-updates|-security)?\s", line)]
    return "".join(re.sub(rf"\s{own}", f" {suite}", line) + "\n" for line in wanted)


def _deb822(path: Path, own: str, suite: str) -> str:
    """Of the form of paragraphs, sources.list(5)."""
    kept = []
    for part in re.split(r"\n\s*\n", path.read_text()):
        named = SUITES.search(part)
        ours = [
            each.replace(own, suite)
            for each in (named[0].split()[1:] if named else [])
            if each in {own, f"{own}-updates", f"{own}-security"}
        ]
        if ours and not re.search(r"^Enabled:\s*no", part, re.MULTILINE):
            kept.append(SUITES.sub("Suites: " + " ".join(ours), part).strip() + "\n")
    return "\n".join(kept)
