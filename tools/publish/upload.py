"""What somebody uploads to hawkBit for one release: all its files, by names without a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from appliance.errors import GatepostError
from appliance.update.hawkbit import flat
from appliance.update.source import ARTEFACT, MANIFEST, STATEMENT
from tools.publish.site import Site


def laid_flat(site: Site, version: str, folder: Path) -> list[str]:
    """Copy a release's manifest, images and all statements of keys; gives their names there.

    Raises:
        GatepostError: there is no such release, or the folder has something in it.
    """
    releases = {each["version"]: each for each in site.table()["releases"]}
    if version not in releases:
        raise GatepostError(f"{version}: not in {site.folder / MANIFEST}")
    if folder.exists() and any(folder.iterdir()):
        raise GatepostError(f"{folder}: is not empty: an old file would be uploaded too")
    folder.mkdir(parents=True, exist_ok=True)
    names = [MANIFEST, *(STATEMENT.format(each + 1) for each in range(site.statements))]
    names += [ARTEFACT.format(each["sha256"]) for each in releases[version]["artefacts"]]
    for name in names:
        shutil.copyfile(site.folder / name, folder / flat(name))
    return [flat(name) for name in names]
