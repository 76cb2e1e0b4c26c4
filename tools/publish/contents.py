"""What a release consists of, as the command line of `tools/bundle release` names it.

The rule to know: what no unit could take, or each would take otherwise, is refused here by name.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from appliance.errors import GatepostError
from appliance.update.manifest import ANY
from tools.publish.pack import package_version
from tools.publish.site import SYSTEM, Site, Table
from tools.publish.system import check_system


def artefacts_of(asked: argparse.Namespace, site: Site, version: str) -> list[Table]:
    """Lay what a release consists of into the site.

    Raises:
        GatepostError: a file is no image, or one is named without its platform, or twice.
    """
    named = [(kind, each) for kind in ("libraries", SYSTEM) for each in getattr(asked, kind)]
    found = [(kind, *_named(kind, each)) for kind, each in named]
    for (kind, platform), count in Counter(each[:2] for each in found).items():
        if count > 1:
            told = f"{count} files, expected one for each platform"
            raise GatepostError(f"--{kind} {platform}: {told}")
    for kind, platform, file in found:
        if kind == SYSTEM:
            check_system(file, platform, version)
    stock = [(kind, ANY, getattr(asked, kind)) for kind in ("app", "models")]
    return [site.artefact(*each) for each in [*stock, *found] if each[2]]


def version_of(asked: argparse.Namespace) -> str:
    """Of a release: its package's; of one that is nothing but systems, the one that was told.

    Raises:
        GatepostError: there is none, or they differ.
    """
    stock = [asked.app, asked.models, *asked.libraries]
    if not any(stock) and asked.system and asked.version:
        return str(asked.version)
    if not all([asked.app, asked.models, asked.libraries]):
        told = "expected --app, --models and --libraries together, or --system and --version"
        raise GatepostError(f"a release that no unit could take: {told}")
    version = package_version(asked.app)
    if asked.version not in {None, version}:
        told = f"its package says that it is {version}, expected {asked.version} (--version)"
        raise GatepostError(f"{asked.app}: {told}")
    return version


def _named(kind: str, told: str) -> tuple[str, Path]:
    """Platform and file of `PLATFORM=FILE`."""
    platform, _, file = told.partition("=")
    if not platform or not file:
        raise GatepostError(f"--{kind} {told}: expected what it is for, = and a file")
    return platform, Path(file)
