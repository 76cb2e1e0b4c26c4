"""System bundles: the two files of a slot, signed for RAUC, as an artefact of a release.

The rule to know: a bundle says for which board it is and of which version, and a unit compares both
with the manifest before it writes anything.  Its key is not a release key: X.509, below an offline
authority whose certificate lies in the image.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.errors import GatepostError
from appliance.update.slots import system
from tools.flash.slots import BOOT_FILE, SYSTEM_FILE

TOLD = "system.json"
"""Beside the two files of a slot: `compatible` and `version`."""
MANIFEST = """\
[update]
compatible={compatible}
version={version}

[bundle]
format=verity

[image.rootfs]
filename={system}

[image.boot]
filename={boot}
"""


def pack_system(
    image: Path, certificate: Path, key: Path, out: Path, version: str | None = None
) -> None:
    """Make a bundle of what `tools/image` has built.

    Args:
        image: the folder that it was built into.
        certificate: of the signer, PEM.
        key: of the signer, PEM.
        out: the bundle.
        version: that it says it is; None: the one that was built.

    Raises:
        GatepostError: something is missing or damaged, or RAUC does not sign it.
    """
    missing = [name for name in (TOLD, SYSTEM_FILE, BOOT_FILE) if not (image / name).is_file()]
    if missing:
        raise GatepostError(
            f"{image}: no {', '.join(missing)}, expected what tools/image has built"
        )
    built = system(image / TOLD)
    assert built is not None, "it was there a moment ago"
    names = {"system": SYSTEM_FILE, "boot": BOOT_FILE}
    told = {"compatible": built.compatible, "version": version or built.version}
    manifest = MANIFEST.format(**told, **names)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent) as name:
        folder = Path(name)
        (folder / "manifest.raucm").write_text(manifest)
        for each in names.values():  # a link would be of the same disk and owner only
            shutil.copyfile(image / each, folder / each)
        _sign(folder, certificate, key, out)


def check_system(bundle: Path, compatible: str, version: str) -> None:
    """Look whether a bundle is what a manifest would call it; its signature is the units' matter.

    Raises:
        GatepostError: it is of another board or version, and every unit would refuse it.
    """
    said = _rauc("info", "--no-verify", "--output-format=json", str(bundle))
    table = json.loads(said)
    told = (table["compatible"], table["version"])
    if told != (compatible, version):
        wrong = f"it says {told[1]} for {told[0]}, expected {version} for {compatible}"
        raise GatepostError(f"{bundle}: {wrong}")


def _sign(folder: Path, certificate: Path, key: Path, out: Path) -> None:
    out.unlink(missing_ok=True)
    options = [f"--cert={certificate}", f"--key={key}"]
    options += ["--mksquashfs-args=-comp zstd -Xcompression-level 6 -no-progress -quiet"]
    _rauc("bundle", *options, str(folder), str(out))


def _rauc(verb: str, *words: str) -> bytes:
    """What it says; GatepostError with its last word where it fails."""
    try:
        done = subprocess.run(["rauc", verb, *words], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError as fault:
        raise GatepostError("rauc: not installed (apt install rauc)") from fault
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GatepostError(f"rauc {verb}: {told[-1] if told else done.returncode}")
    return done.stdout
