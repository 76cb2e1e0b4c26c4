"""`tools/test-image`: the image on an emulated board, from its first boot to the last power cut.

The rule to know: boards of one processor run side by side, and each goes through its own steps; one
more than there are cores, for each waits now and then, for a watchdog or to prove itself.
A step that breaks off is a line that failed, and the next one begins with power off and on; the
table of what was seen is written whatever happens.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from appliance.errors import GatepostError
from tools.machine.authority import Authority
from tools.machine.board import Board
from tools.machine.broker import free_port
from tools.machine.build import COMMIT, built, commit
from tools.machine.card import Card, clone, run
from tools.machine.cuts import PART, chain_of_installs, delivered, trials
from tools.machine.host import Host, open_host
from tools.machine.ledger import Ledger
from tools.machine.releases import Offers, Shop, Signers, signers
from tools.machine.results import Results
from tools.machine.scene import Scene
from tools.machine.unit import LateError, Unit, prepared, work_folder
from tools.machine.updates import (
    beginning,
    first_boot,
    good_release,
    refusals,
    rolled_back,
)
from tools.publish.signing import REPOSITORY

CARD_BYTES = 4 << 30
"""Of a card: the data partition grows to its end at the first boot."""
CUTS = (16, 5, 3)
"""Power cuts in downloads, in installations, and rounds of three in trials: 30."""
SEED = 7
Step = Callable[[Scene], None]
Journey = tuple[Scene, Mapping[str, Step]]
BREAKS = (
    *(LateError, GatepostError, subprocess.SubprocessError),
    *(RuntimeError, OSError, LookupError, ValueError),
)
"""What ends a step and not its journey: something is late, missing, or not as it is written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Go through all journeys; exit 1 where something was not as expected."""
    asked = _parser().parse_args(arguments)
    folder = asked.folder.resolve()
    for each in (folder, asked.out.parent):
        each.mkdir(parents=True, exist_ok=True)
    results, load = Results(folder / "results.jsonl"), os.getloadavg()[0]
    by, stranger = _signers(folder, "vendor"), _signers(folder, "stranger")
    journeys = journeys_of(asked, stranger)
    keyring = Authority(folder / "vendor").certificate
    shop = Shop(built(folder, keyring, asked.root), work_folder(folder, "shop"))
    head = _head(asked, shop)
    results.measure("image at hand after", f"{results.seconds:.0f} s")
    host = open_host(folder)
    try:
        scenes = [_scene(name, asked, host, shop, by, results) for name in journeys]
        side_by_side(list(zip(scenes, journeys.values(), strict=True)), results)
    finally:
        results.measure("load average before, after", f"{load:.1f}, {os.getloadavg()[0]:.1f}")
        _write(asked.out, head, results)
        host.stop()
    return 0 if results.lines and all(line.is_right for line in results.lines) else 1


def _all_journeys(asked: argparse.Namespace, stranger: Signers) -> dict[str, dict[str, Step]]:
    """What each board goes through."""
    downloads, installs, rounds = asked.cuts
    seed, fewer, here = asked.seed, downloads // 8, installs // 2  # boards are to end together
    cuts = partial(chain_of_installs, version="1.4.0")
    return {
        "road-1": {
            "boot": first_boot,
            "update": partial(good_release, version="1.1.0"),
            "cuts": partial(cuts, downloads=downloads - 2 * fewer, installs=here, seed=seed),
            "delivered": delivered,
        },
        "road-2": {
            "begin": beginning,
            "trials": partial(trials, version="1.4.0", rounds=rounds, seed=seed),
            "refuse": partial(refusals, stranger=stranger),
            "fetches": partial(cuts, version="1.5.0", downloads=fewer, installs=0, seed=seed + 1),
            "told": delivered,
        },
        "road-3": {
            "start": beginning,
            "crash": partial(rolled_back, version="1.2.0", kind="crashes"),
            "initramfs": partial(rolled_back, version="1.2.2", kind="has a broken initramfs"),
            "hang": partial(rolled_back, version="1.2.1", kind="hangs"),
            "writes": partial(cuts, downloads=fewer, installs=installs - here, seed=seed + 2),
            "sent": delivered,
        },
    }


def journeys_of(asked: argparse.Namespace, stranger: Signers) -> dict[str, dict[str, Step]]:
    """What each board goes through, as far as it was asked for.

    Raises:
        SystemExit: for a step that there is not.
    """
    journeys, wanted = _all_journeys(asked, stranger), set(asked.only)
    known = [step for steps in journeys.values() for step in steps]
    unknown = " ".join(sorted(wanted.difference(known)))
    if unknown:
        raise SystemExit(f"--only {unknown}: expected some of {' '.join(known)}")
    return {
        name: {step: does for step, does in steps.items() if step in wanted or not wanted}
        for name, steps in journeys.items()
        if not wanted or wanted & set(steps)
    }


def side_by_side(journeys: Sequence[Journey], results: Results) -> None:
    """Go through all at once; what ends one, whatever it is, is a line that failed."""
    with ThreadPoolExecutor(max(1, len(journeys))) as boards:
        going = {boards.submit(_go, *each): each[0].unit.name for each in journeys}
        for each in as_completed(going):
            fault = each.exception()
            if fault is not None:
                told = f"{type(fault).__name__}: {fault}"
                results.check(f"journey of {going[each]}", "ends", told, is_right=False)


def _go(scene: Scene, steps: Mapping[str, Step]) -> None:
    """One journey."""
    try:
        for name, step in steps.items():
            began = time.monotonic()
            _pass(scene, name, step)
            scene.results.measure(f"step {name}", f"{time.monotonic() - began:.0f} s")
    finally:
        scene.unit.board.cut()


def _pass(scene: Scene, name: str, step: Step) -> None:
    """One step; one that breaks off leaves the board without power."""
    board, part = scene.unit.board, f"{name} on {scene.unit.name}"
    try:
        if not board.is_on and step not in (first_boot, beginning):
            told = f"slot is online after {scene.boot():.0f} s"
            scene.results.check(part, "boots", told, is_right=True)
        step(scene)
    except BREAKS as fault:
        told = f"{type(fault).__name__}: {fault}"
        scene.results.check(part, "ends", told, is_right=False)
        board.cut()
        board.stops_at_try = False


def _scene(
    name: str, asked: argparse.Namespace, host: Host, shop: Shop, by: Signers, results: Results
) -> Scene:
    """A unit with a card of its own, a new one unless that of the last run is asked for."""
    folder = asked.folder.resolve()
    place = work_folder(folder, name)
    (image,) = shop.built.glob("*.img")
    card = Card(place / "card.img")
    if not (asked.keep and card.path.exists()):
        clone(Card(image), card.path)
        with card.path.open("r+b") as file:
            file.truncate(CARD_BYTES)
    prepared(card, host.settings(name, by.root))
    for old in place.glob("console-*.txt"):
        old.unlink()
    unit = Unit(name, Board(card, Card(image), place, free_port()), host)
    offers = Offers(folder / "site" / name, by, shop.compatible)
    return Scene(unit, offers, shop, by, Ledger(), results)


def _signers(folder: Path, name: str) -> Signers:
    """Who signs releases and bundles, with an authority of their own."""
    pair = Authority(folder / name).make().signed("release", "release")
    return signers(folder / f"{name}-keys", *pair)


def _head(asked: argparse.Namespace, shop: Shop) -> str:
    """Which run this is: told before it begins, for later it may be another commit."""
    parts = f" --only {' '.join(asked.only)}" if asked.only else ""
    version = run(["qemu-system-aarch64", "--version"]).decode().splitlines()[0]
    image = shop.built / COMMIT
    told = image.read_text() if image.exists() else "an unknown commit"
    return (
        f"tools/test-image{parts}, begun {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC\n"
        f"steps of {commit()}, image of {told}\n"
        f"{version}, TCG, boards of one processor on {os.cpu_count()} cores; seed {asked.seed}\n"
    )


def _write(out: Path, head: str, results: Results) -> None:
    cuts = sum(line.part.startswith(f"{PART}: ") for line in results.lines)
    text = f"{head}{results.seconds:.0f} s in all, {cuts} power cuts\n\n{results.table()}"
    out.write_text(text)
    print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/test-image", description=__doc__)
    told = "steps: boot update cuts; begin trials refuse fetches; start crash initramfs hang writes"
    parser.add_argument("--only", nargs="+", default=[], metavar="STEP", help=told)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "out/test-image")
    told = "of Debian, for tools/image (default: made anew)"
    parser.add_argument("--root", type=Path, metavar="TAR", help=told)
    told = "power cuts in downloads, in installations, and rounds of three in trials"
    parser.add_argument("--cuts", type=int, nargs=3, default=CUTS, metavar="N", help=told)
    told = "go on with the cards of the run before, in the same folder"
    parser.add_argument("--keep", action="store_true", help=told)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "out/test-image.txt")
    return parser


if __name__ == "__main__":
    sys.exit(main())
