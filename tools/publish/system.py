"""System bundles: the two files of a slot, signed for RAUC, as an artefact of a release.

The rule to know: a bundle says for which board it is and of which version, and a unit compares both
with the manifest before it writes anything.  Its key is not a release key: X.509, below an offline
authority whose certificate lies in the image.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.errors import GatepostError
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
        GatepostError: something is missing, or RAUC does not sign it.
    """
    missing = [name for name in (TOLD, SYSTEM_FILE, BOOT_FILE) if not (image / name).is_file()]
    if missing:
        raise GatepostError(
            f"{image}: no {', '.join(missing)}, expected what tools/image has built"
        )
    told = json.loads((image / TOLD).read_text())
    names = {"system": SYSTEM_FILE, "boot": BOOT_FILE}
    manifest = MANIFEST.format(**(told | names | ({"version": version} if version else {})))
    with TemporaryDirectory(dir=out.parent) as name:
        folder = Path(name)
        (folder / "manifest.raucm").write_text(manifest)
        for each in names.values():
            (folder / each).hardlink_to((image / each).resolve())
        _rauc(folder, certificate, key, out)


def _rauc(folder: Path, certificate: Path, key: Path, out: Path) -> None:
    out.unlink(missing_ok=True)
    command = ["rauc", "bundle", f"--cert={certificate}", f"--key={key}"]
    command += ["--mksquashfs-args=-comp zstd -Xcompression-level 6 -no-progress -quiet"]
    done = subprocess.run(  # noqa: S603
        [*command, str(folder), str(out)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GatepostError(f"rauc bundle: {told[-1] if told else done.returncode}")
