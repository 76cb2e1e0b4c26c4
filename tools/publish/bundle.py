"""`tools/bundle`: keys, images, releases and their roll-out, from the command line.

The rule to know: every command that changes the manifest signs it anew, with the next sequence.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from appliance.commands.command import INTERRUPTED
from appliance.commands.numbers import whole
from appliance.errors import GatepostError, StoreError
from appliance.store.database import VERSION
from appliance.update.signature import pem_of, public_keys
from appliance.update.trial import order
from tools.publish.contents import artefacts_of, version_of
from tools.publish.pack import pack_app, pack_libraries, pack_models
from tools.publish.signing import REPOSITORY, PrivateKey
from tools.publish.site import Site, Table, new_release, rolled_out
from tools.publish.system import pack_system
from tools.publish.upload import laid_flat

DAYS = 90
"""Until a manifest expires: units refuse it then, so somebody must sign one before."""
KEY_DAYS = 400
"""Of a release key: a year, and a month in which both the old one and the new one count."""
MOST_DAYS = 36_500
KEPT = 4  # releases in a manifest; older ones are left out
PRODUCT = "gatepost"  # of a first manifest; later ones keep theirs


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        asked.command(asked)
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    except OSError as fault:
        named = f"{fault.filename}: " if fault.filename else ""  # a full disk has no name
        print(f"{named}{fault.strerror or fault}", file=sys.stderr)
        return StoreError.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED + signal.SIGINT
    return 0


def key(asked: argparse.Namespace) -> None:
    """Make a private key, and print its public key."""
    private = PrivateKey(asked.file, asked.password_file)
    private.make()
    print(pem_of(private.public()), end="")


def keys(asked: argparse.Namespace) -> None:
    """Sign which keys count from now on."""
    site, root = _site(asked), PrivateKey(asked.root, asked.password_file)
    site.require_root(root)
    roots = [root.public()] if asked.drop_root is False else []
    roots += [each for path in asked.also_root for each in public_keys(path)]
    releases = {path.stem: (public_keys(path)[0], asked.days) for path in asked.release}
    if len(releases) < len(asked.release):
        told = ", ".join(map(str, asked.release))
        raise GatepostError(f"--release {told}: expected a file name of its own for each key")
    number = site.statement(root, list(dict.fromkeys(roots)), releases)
    print(f"statement {number}: {len(roots)} root keys, release keys {', '.join(releases)}")


def image(asked: argparse.Namespace) -> None:
    """Build an image."""
    if asked.kind == "models":
        pack_models(REPOSITORY / "models", asked.out)
    elif asked.kind == "libraries":
        pack_libraries(asked.platform, asked.out)
    else:
        pack_app(asked.out)
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.1f} MB")


def system(asked: argparse.Namespace) -> None:
    """Make a system bundle of what tools/image has built, for units with our image."""
    pack_system(asked.image, asked.cert, asked.key, asked.out, asked.version)
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.1f} MB")


def release(asked: argparse.Namespace) -> None:
    """Publish a release; its version is that of its package."""
    site, version = _site(asked), version_of(asked)
    table = site.table()
    _require_room(table, version)
    new = new_release(
        version,
        artefacts_of(asked, site, version),
        asked.percent,
        hardware=asked.hardware,
        least=asked.least,
        writes=VERSION,
        reads=VERSION,
        summary=asked.summary,
    )
    newest = sorted([*table["releases"], new], key=lambda each: order(each["version"]))[-KEPT:]
    _publish(asked, site, table | {"releases": newest})
    for name in site.sweep():
        print(f"deleted artefact {name[:12]}")


def stage(asked: argparse.Namespace) -> None:
    """Roll a release out to more units."""
    site = _site(asked)
    change = {"percent": asked.percent}
    _publish(asked, site, site.changed(asked.version, lambda one: rolled_out(one, **change)))


def pause(asked: argparse.Namespace) -> None:
    """Stop a roll-out for a while; `resume` goes on with it."""
    _set_paused(asked, paused=True)


def resume(asked: argparse.Namespace) -> None:
    """Go on with a roll-out that was paused."""
    _set_paused(asked, paused=False)


def withdraw(asked: argparse.Namespace) -> None:
    """Take a release back; units that have it keep it until a newer one comes."""
    site, why = _site(asked), {"withdrawn": asked.why}
    _publish(asked, site, site.changed(asked.version, lambda one: one | why))


def refresh(asked: argparse.Namespace) -> None:
    """Sign the same manifest anew, before it expires."""
    site = _site(asked)
    _publish(asked, site, site.table())


def show(asked: argparse.Namespace) -> None:
    """What is published."""
    if not asked.site.is_dir():
        raise GatepostError(f"{asked.site}: no such folder")
    table = _site(asked).table()
    print(f"sequence {table['sequence']}, expires {table.get('expires', '-')}")
    for each in table["releases"]:
        rollout = each["rollout"]
        state = "paused" if rollout["paused"] else f"{rollout['percent']:g} %"
        state = f"withdrawn: {each['withdrawn']}" if each.get("withdrawn") else state
        size = sum(one["size"] for one in each["artefacts"]) / 1e6
        print(f"{each['version']:<10}  {size:>6.1f} MB  {state}")


def hawkbit(asked: argparse.Namespace) -> None:
    """Lay out what is uploaded to a hawkBit server for one release."""
    count = len(laid_flat(_site(asked), asked.version, asked.to))
    told = f"upload these {count} files into a software module of version {asked.version}"
    print(f"{asked.to}: {told}")


def _require_room(table: Table, version: str) -> None:
    """Raise GatepostError where a version is published already, or would be left out at once."""
    others = [each["version"] for each in table["releases"]]
    if version in others:
        raise GatepostError(f"{version}: is published; a version is never another one")
    newest = sorted(others, key=order)[-KEPT:]
    if len(newest) == KEPT and order(version) < order(newest[0]):
        told = f"a manifest keeps {KEPT}, and has {', '.join(newest)}"
        raise GatepostError(f"{version}: is older than all that are kept: {told}")


def _set_paused(asked: argparse.Namespace, *, paused: bool) -> None:
    site = _site(asked)
    _publish(asked, site, site.changed(asked.version, lambda one: rolled_out(one, paused=paused)))


def _publish(asked: argparse.Namespace, site: Site, table: Table) -> None:
    signer = PrivateKey(asked.key, asked.password_file)
    product = asked.product or table.get("product", PRODUCT)
    manifest = site.publish(table, signer, product, asked.days)
    print(f"{site.folder}: sequence {manifest.sequence}, expires {manifest.expires:%Y-%m-%d}")


def _site(asked: argparse.Namespace) -> Site:
    trusted = [each for path in getattr(asked, "signed_by", []) for each in public_keys(path)]
    return Site(asked.site, datetime.fromtimestamp(time.time(), timezone.utc), tuple(trusted))


def _reason(text: str) -> str:
    """Words: without any a release would not be withdrawn."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r}, expected words")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/bundle", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND", dest="verb")
    _add_keys(verbs)
    making = _add(verbs, "image", image)
    making.add_argument("kind", choices=["app", "libraries", "models"])
    making.add_argument("out", type=Path, metavar="TAR")
    making.add_argument("--platform", default="linux-aarch64-cp311")
    packing = _add(verbs, "system", system)
    packing.add_argument("out", type=Path, metavar="RAUCB")
    packing.add_argument("--image", type=Path, required=True, metavar="FOLDER")
    packing.add_argument("--cert", type=Path, required=True, metavar="PEM")
    packing.add_argument("--key", type=Path, required=True, metavar="PEM")
    told = "that it says it is (default: the one that was built)"
    packing.add_argument("--version", help=told)
    _add_releases(verbs)
    _add(verbs, "show", show).add_argument("site", type=Path)
    laying = _add(verbs, "hawkbit", hawkbit)
    laying.add_argument("site", type=Path)
    laying.add_argument("--version", required=True)
    laying.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    return parser


def _add_keys(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    making = _add(verbs, "key", key)
    making.add_argument("file", type=Path)
    stating = _add(verbs, "keys", keys)
    stating.add_argument("site", type=Path)
    stating.add_argument("--root", type=Path, required=True, metavar="PRIVATE")
    stating.add_argument("--release", type=Path, action="append", required=True, metavar="PUBLIC")
    stating.add_argument("--also-root", type=Path, action="append", default=[], metavar="PUBLIC")
    told = "the signing root key counts no more: it is succeeded by --also-root"
    stating.add_argument("--drop-root", action="store_true", help=told)
    stating.add_argument("--days", type=whole(1, MOST_DAYS), default=KEY_DAYS)
    told = "encrypts the new key; without it whoever reads the file can sign"
    making.add_argument("--password-file", type=Path, help=told)
    stating.add_argument("--password-file", type=Path, help="of the root key")


def _add_releases(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    publishing = _signing(verbs, "release", release)
    publishing.add_argument("--app", type=Path, metavar="TAR")
    publishing.add_argument("--libraries", action="append", default=[], metavar="PLATFORM=TAR")
    publishing.add_argument("--models", type=Path, metavar="TAR")
    told = "for units with our image, made by `tools/bundle system`"
    publishing.add_argument(
        "--system", action="append", default=[], metavar="COMPATIBLE=RAUCB", help=told
    )
    publishing.add_argument("--percent", type=float, default=1.0)
    publishing.add_argument("--hardware", action="append", default=[])
    publishing.add_argument("--least", default="0.0.0", metavar="VERSION")
    publishing.add_argument("--summary", default="")
    staging = _signing(verbs, "stage", stage)
    staging.add_argument("--percent", type=float, required=True)
    pausing, resuming = _signing(verbs, "pause", pause), _signing(verbs, "resume", resume)
    withdrawing = _signing(verbs, "withdraw", withdraw)
    withdrawing.add_argument("--why", type=_reason, required=True)
    told = "refuse another one than that of the package in --app; of a release without one, its own"
    publishing.add_argument("--version", help=told)
    for parser in (staging, pausing, resuming, withdrawing):
        parser.add_argument("--version", required=True)
    _signing(verbs, "refresh", refresh)


def _signing(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, does: object
) -> argparse.ArgumentParser:
    """A command that signs the manifest."""
    parser = _add(verbs, name, does)
    parser.add_argument("site", type=Path)
    parser.add_argument("--key", type=Path, required=True, metavar="PRIVATE")
    parser.add_argument("--password-file", type=Path)
    told = "who signed the manifest before, where it was another key than this one"
    parser.add_argument(
        "--signed-by", type=Path, action="append", default=[], metavar="PUBLIC", help=told
    )
    told = f"whose units it is for (default: as before; at first {PRODUCT})"
    parser.add_argument("--product", help=told)
    parser.add_argument("--days", type=whole(1, MOST_DAYS), default=DAYS)
    return parser


def _add(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, does: object
) -> argparse.ArgumentParser:
    purpose = (getattr(does, "__doc__", None) or "").splitlines()[0]
    parser = verbs.add_parser(name, help=purpose, description=purpose)
    parser.set_defaults(command=does)
    return parser


if __name__ == "__main__":
    sys.exit(main())
