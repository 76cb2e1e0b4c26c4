"""The unit's core on arm64, emulated: the same reads as on this machine, and the suite's core.

Exit code 1 where a bound is broken or a test fails, 2 where it cannot be run here.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from tools.arm64 import sample
from tools.arm64.boards import A72, PROCESSORS
from tools.arm64.bounds import Part, answered, filmed, replayed, sighted
from tools.arm64.inside import Inside, lacking
from tools.arm64.record import Record, read
from tools.arm64.root import made_root
from tools.arm64.suite import CORE, DESELECTED, IGNORED, LEFT_OUT
from tools.publish.signing import REPOSITORY

LAST_LINES = 60  # of pytest, where a test fails
LOG = REPOSITORY / "out/arm64-suite.log"
"""All that pytest says, to look into while it runs and afterwards."""


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description="the unit's core on emulated arm64")
    parser.add_argument("--only", choices=("reads", "suite"), help="one half of it")
    options = parser.parse_args()
    if missing := lacking():
        print(*missing, sep="\n", file=sys.stderr)
        return 2
    root = made_root()
    print(_header(root), flush=True)
    broken: list[str] = []
    with tempfile.TemporaryDirectory(dir=root.parent) as name:
        for part in played(root, Path(name), options.only):
            print("", *part.lines, sep="\n", flush=True)
            broken += part.broken
    print("\nbroken:" if broken else "\nevery bound is kept", *broken, sep="\n  ")
    return min(len(broken), 1)


def played(root: Path, scratch: Path, only: str | None) -> Iterator[Part]:
    """The parts of the report, in order; as many at a time as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts: list[Future[Part]] = []
        if only != "suite":
            subjects = sample.subjects(scratch)
            here = _seen([sys.executable], scratch / "here.npz", subjects)
            told = f"{len(here.looks)} pictures, {len(here.runs)} runs of the models here:"
            yield Part((told, _told(here)))
            for processor in PROCESSORS:
                inside = Inside(root, processor, scratch)
                parts.append(pool.submit(reads, inside, here, subjects))
            parts.append(pool.submit(passages, Inside(root, A72, scratch)))
        if only != "reads":
            parts.append(pool.submit(suite, Inside(root, A72, scratch)))
        for each in parts:
            yield each.result()


def reads(inside: Inside, here: Record, subjects: list[str]) -> Part:
    """Compare what both machines make of the pictures."""
    name, begun = inside.processor.name, time.monotonic()
    out, asked = inside.scratch / f"{inside.processor.model}.npz", inside.scratch / "here.npz"
    there = _seen(inside, out, subjects, asked)
    took = f"{name} ({inside.processor.stands_for}), {time.monotonic() - begun:.0f} s:"
    parts = [part(name, here, there) for part in (answered, sighted, filmed)]
    lines = (took, _told(there), *(line for part in parts for line in part.lines))
    return Part(lines, tuple(told for part in parts for told in part.broken))


def passages(inside: Inside) -> Part:
    """Compare what `gatepost replay` tells of a vehicle on both machines."""
    here = sample.passages([sys.executable], inside.scratch / "passages-here")
    there = sample.passages(inside, inside.scratch / "passages-there")
    part = replayed(here, there)
    told = f"a passage, {len(sample.PASSAGE)} pictures, from the files to the store: here, then"
    return replace(part, lines=(f"{told} on {inside.processor.name}:", *part.lines))


def suite(inside: Inside) -> Part:
    """Run the core of the tests."""
    tests = [f"tests/{each}" for each in CORE] + [f"--ignore=tests/{each}" for each in IGNORED]
    tests += [f"--deselect=tests/{each}" for each in DESELECTED]
    begun, workers = time.monotonic(), ["--numprocesses", str(os.cpu_count())]
    command = ["python3", "-m", "pytest", "-v", "-p", "no:cacheprovider", *workers, *tests]
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as file:
        code = inside.run(command, file)
    said = LOG.read_text(errors="replace").splitlines()
    took = f"{inside.processor.name}, {time.monotonic() - begun:.0f} s"
    return Part(
        (
            f"the core of the suite, {took}: {' '.join(CORE)}",
            *(f"  {line}" for line in said[-LAST_LINES if code else -1 :]),
            "left out:",
            *(f"  {what}: {why}" for what, why in LEFT_OUT.items()),
        ),
        (f"pytest ended with {code}, expected 0",) if code else (),
    )


def _seen(
    where: Inside | list[str], out: Path, subjects: list[str], answers: Path | None = None
) -> Record:
    """What one machine makes of the pictures."""
    command = ["-m", "tools.arm64.reads", str(out), *subjects]
    command += ["--answers", str(answers)] if answers else []
    sample.ran(where, command, None)
    return read(out)


def _header(root: Path) -> str:
    said = subprocess.run(
        ["qemu-aarch64-static", "--version"],  # noqa: S607  # what binfmt starts
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()[0]
    debian = (root / "etc/debian_version").read_text().strip()
    return f"{datetime.now(timezone.utc):%Y-%m-%d}, Debian {debian} for arm64 under {said}"


def _told(record: Record) -> str:
    return "  " + ", ".join(f"{name} {version}" for name, version in record.machine.items())


if __name__ == "__main__":
    sys.exit(main())
