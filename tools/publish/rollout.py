"""What `tools/rollout` runs: a bad release, rolled out at once or in stages, and what it costs.

The rule to know: an operator sees what units report, which is what failed; what is wrong and does
not fail is noticed by people, later.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from appliance.commands.numbers import whole
from appliance.update import trial
from tools.publish.members import (
    BOOT_H,
    CUTS_H,
    LOOK_H,
    RESTART_H,
    Fault,
    Member,
    Totals,
    members,
    trial_h,
)
from tools.publish.plots import Row, save_rollout
from tools.publish.signing import PrivateKey
from tools.publish.site import Site
from tools.publish.steering import BAD, EPOCH, MENDED, Operator

ALARM = 5  # failures that an operator does not overlook
REACT_H = 1.0  # until the roll-out is paused then
NOTICE_H = 100.0  # unit-hours of wrong work until somebody notices it
COMPLAIN_H = 8.0  # from there to the operator
END_H = 30 * 24.0  # when a scenario is over all the same
STAGES: dict[str, tuple[float, ...]] = {
    "100 %": (100,),
    "10, 100 %": (10, 100),
    "1, 10, 100 %": (1, 10, 100),
}
FAULTS: dict[str, tuple[Fault, float]] = {
    "crashes": ("crash", 1.0),
    "hangs": ("hang", 1.0),
    "hangs on 1 unit of 200": ("hang", 1 / 200),
    "does its work wrong": ("silent", 1.0),
}


@dataclass(slots=True)
class Rollout:
    """One scenario.

    Attributes:
        operator: who publishes.
        fleet: the units.
        fault: of the bad release.
        share: of the units that have it.
        random: draws the power cuts and who has the fault.
        totals: what it cost.
        well: hours at which the units had the mended release.
        wrong: since which hour units do their work wrong, by number.
        wrong_from: the sum of these hours.
        events: what is due: hour, unit, the `due` of that unit, what.
    """

    operator: Operator
    fleet: list[Member]
    fault: Fault
    share: float
    random: Random
    totals: Totals = field(default_factory=Totals)
    well: list[float] = field(default_factory=list)
    wrong: dict[int, float] = field(default_factory=dict)
    wrong_from: float = 0.0
    events: list[tuple[float, int, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """From the first stage of the bad release until all have the mended one."""
        self.operator.release(BAD, 0.0)
        for number in range(len(self.fleet)):
            self._plan(self.random.uniform(0, LOOK_H), number, "look")
            self._plan(self.random.expovariate(1 / CUTS_H), number, "cut")
        does = {"look": self._look, "cut": self._cut, "come": self._come, "end": self._end}
        while len(self.well) < len(self.fleet):
            now, number, due, what = heapq.heappop(self.events)
            if now > END_H:
                break
            self.operator.act(now)
            if what in {"look", "cut"} or due == self.fleet[number].due:
                does[what](now, number)

    def _look(self, now: float, number: int) -> None:
        self._plan(now + LOOK_H, number, "look")
        if now * len(self.wrong) - self.wrong_from > NOTICE_H:
            self.operator.alarm(now + COMPLAIN_H)
        member, manifest = self.fleet[number], self.operator.manifest
        if member.coming is None and manifest is not None:
            member.coming = member.chosen(manifest)
            if member.coming is not None:
                self._plan(now + member.fetch_h(member.coming, self.totals), number, "come")

    def _cut(self, now: float, number: int) -> None:
        """The power: what was fetched is kept, a trial starts anew in another run of the kernel."""
        self._plan(now + self.random.expovariate(1 / CUTS_H), number, "cut")
        member = self.fleet[number]
        member.boot += 1
        self.totals.down_h += BOOT_H
        if member.standing.trial is not None:
            member.due += 1
            self._begin(now + BOOT_H, number)

    def _plan(self, at: float, number: int, what: str) -> None:
        heapq.heappush(self.events, (at, number, self.fleet[number].due, what))

    def _come(self, now: float, number: int) -> None:
        """A release has been fetched; it is installed, also where it was taken back meanwhile."""
        member = self.fleet[number]
        if member.coming is not None:
            self.totals.tried += member.coming.version == BAD
            member.install(member.coming)
            self._begin(now, number)

    def _begin(self, now: float, number: int) -> None:
        member = self.fleet[number]
        version = member.start()
        self.totals.down_h += RESTART_H
        if member.standing.trial is None:  # it fell back
            member.coming = None
            self.totals.failed += 1
            if self.totals.failed >= ALARM:
                self.operator.alarm(now + REACT_H)
            return
        self._plan(now + trial_h(self._fault(number, version)), number, "end")

    def _end(self, now: float, number: int) -> None:
        """A trial is good, or has ended once more."""
        member = self.fleet[number]
        version = member.standing.trial.deployment.version if member.standing.trial else ""
        fault = self._fault(number, version)
        if fault in {"crash", "hang"}:
            self.totals.down_h += trial_h(fault)
            self._begin(now, number)
            return
        member.standing, member.coming = trial.commit(member.standing), None
        self._note(now, number, is_wrong=fault == "silent")
        if version == MENDED:
            self.well.append(now)

    def _note(self, now: float, number: int, *, is_wrong: bool) -> None:
        """Whether a unit does its work wrong from now on."""
        since = self.wrong.pop(number, None)
        if since is not None:
            self.wrong_from -= since
            self.totals.wrong_h += now - since
        if is_wrong:
            self.wrong[number] = now
            self.wrong_from += now

    def _fault(self, number: int, version: str) -> Fault:
        drawn = int(hashlib.sha256(f"{number}".encode()).hexdigest()[:8], 16) / 2**32
        return self.fault if version == BAD and drawn < self.share else "none"


def played(units: int, seed: int, stages: tuple[float, ...], fault: str) -> Rollout:
    """One scenario, from its keys on."""
    with TemporaryDirectory() as name:
        root, key = PrivateKey(Path(name, "root.pem")), PrivateKey(Path(name, "key.pem"))
        root.make()
        key.make()
        site = Site(Path(name, "site"), EPOCH)
        site.statement(root, [root.public()], {"2026": (key.public(), 400)})
        random = Random(seed)  # noqa: S311  # a simulation that can be repeated
        operator = Operator(site, root, key, stages, seed)
        rollout = Rollout(operator, members(units, random), *FAULTS[fault], random)
        rollout.run()
        return rollout


def main() -> None:
    """Play all of them and say what they cost."""
    parser = argparse.ArgumentParser(prog="tools/rollout", description=__doc__)
    parser.add_argument("--units", type=whole(1), default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/rollout"))
    asked = parser.parse_args()
    rows: list[Row] = []
    print(
        "| the bad release | stages | tried it | fell back | hours down | hours wrong | all well |"
    )
    print("|---|---|---|---|---|---|---|")
    for fault in FAULTS:
        for stages, percents in STAGES.items():
            done = played(asked.units, asked.seed, percents, fault)
            rows.append({"fault": fault, "stages": stages, **cost_of(done)})
            print(row_of(rows[-1]))
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "rollout.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    save_rollout(rows, asked.units, asked.out / "rollout.png")


def cost_of(done: Rollout) -> Row:
    """What a scenario cost; `well_h` is None where not all had the mended release at the end."""
    total, is_over = done.totals, len(done.well) == len(done.fleet)
    return {
        "tried": total.tried,
        "failed": total.failed,
        "down_h": round(total.down_h, 1),
        "wrong_h": round(total.wrong_h, 1),
        "fetched_mb": round(total.fetched / 1e6),
        "well_h": round(max(done.well), 1) if is_over else None,
    }


def row_of(row: Row) -> str:
    """A line of the table."""
    cells = [f"{row[key]:,.0f}" for key in ("tried", "failed", "down_h", "wrong_h")]
    well = "-" if row["well_h"] is None else f"{row['well_h']:,.0f} h"
    return f"| {row['fault']} | {row['stages']} | {' | '.join(cells)} | {well} |"


if __name__ == "__main__":
    main()
