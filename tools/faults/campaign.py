"""What `tools/campaign` runs: rounds of faults until there were enough, and their table.

Finished rounds stand in a record, so a campaign that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from tools.faults import table
from tools.faults.rounds import EACH, Round, drawn, from_line, play


def main() -> int:
    """Run what is missing; 1 where anything is not as it ought to be, 130 when broken off."""
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    record = asked.out / f"rounds-seed-{asked.seed}.jsonl"
    rounds = _known(record)
    missing = [n for n in range(-(-asked.faults // EACH)) if n not in {r.number for r in rounds}]
    code = 0
    try:
        for done in _play(missing, asked, table.faults(rounds)):
            rounds.append(done)
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done.line) + "\n")
    except KeyboardInterrupt:
        print("broken off; the same command goes on from here", file=sys.stderr)
        code = 130
    _tell(sorted(rounds, key=lambda each: each.number), asked)
    return code or int(any(each.faulty for each in rounds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/campaign", description=__doc__)
    parser.add_argument("--faults", type=int, default=1000, help="at least so many (1000)")
    parser.add_argument("--seed", default="1", help="of everything that is drawn (1)")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at a time (2)")
    parser.add_argument("--out", type=Path, default=Path("out/campaign"), help="for the record")
    return parser.parse_args()


def _known(record: Path) -> list[Round]:
    """The rounds that a record has."""
    if not record.exists():
        return []
    lines = record.read_text(encoding="utf-8").splitlines()
    return [from_line(json.loads(line)) for line in lines]


def _play(numbers: list[int], asked: argparse.Namespace, before: int) -> Iterator[Round]:
    """Play these rounds, several at a time; each as it is done."""
    with (
        tqdm(total=max(asked.faults, before), initial=before, unit="fault") as bar,
        ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool,
    ):
        futures = [_start(pool, number, asked) for number in numbers]
        try:
            for future in as_completed(futures):
                done = future.result()
                bar.update(sum(done.faults.values()))
                if done.faulty:
                    bar.write(f"round {done.number} ({done.theme}): {done.faulty}")
                yield done
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _start(pool: ProcessPoolExecutor, number: int, asked: argparse.Namespace) -> Future[Round]:
    return pool.submit(play, number, *drawn(number, asked.seed), asked.seed, asked.out)


def _tell(rounds: list[Round], asked: argparse.Namespace) -> None:
    """Print the table, and write it beside the record."""
    command = f"tools/campaign --faults {asked.faults} --seed {asked.seed}"
    text = f"`{command}`\n\n{table.markdown(rounds)}"
    (asked.out / "faults.md").write_text(text, encoding="utf-8")
    (asked.out / "faults.json").write_text(table.as_json(rounds, command), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    sys.exit(main())
