"""The rounds of a campaign as a table: what each kind of fault cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields

from tools.faults.judge import Verdict
from tools.faults.rounds import THEMES, Round

HEADS = {
    "recorded": "passages",
    "live": "live",
    "pulses": "pulses",
    "lost": "lost",
    "missing": "not in the history",
    "doubled": "two bodies",
    "disordered": "out of order",
    "gaps": "gaps in `seq`",
    "late_live": "late as live",
    "late_pulses": "late pulses",
    "more_pulses": "second pulses",
    "damages": "damaged files",
    "ends": "ended unasked",
    "stuck": "never emptied",
    "repeated": "repeats on `log`",
}


def sums(rounds: Sequence[Round]) -> dict[str, int]:
    """Rounds, faults, SIGKILLs of the unit, and each figure of the verdicts, added up."""
    counted = {"rounds": len(rounds), "faults": faults(rounds)}
    counted["kills"] = sum(each.faults.get("kill", 0) for each in rounds)
    verdicts = [asdict(each.verdict) for each in rounds]
    return counted | {
        field.name: sum(verdict[field.name] for verdict in verdicts) for field in fields(Verdict)
    }


def faults(rounds: Sequence[Round]) -> int:
    """How many faults there were."""
    return sum(sum(each.faults.values()) for each in rounds)


def by_theme(rounds: Sequence[Round]) -> dict[str, dict[str, int]]:
    """The sums of each theme, and of all."""
    themes = list(dict.fromkeys(THEMES))
    parts = {theme: [each for each in rounds if each.theme == theme] for theme in themes}
    return {theme: sums(part) for theme, part in parts.items() if part} | {"all": sums(rounds)}


def markdown(rounds: Sequence[Round]) -> str:
    """The table, a theme a row."""
    heads = ["faults of a round", "faults", "of them SIGKILL", *HEADS.values()]
    lines = [heads, ["--", *["--:"] * (len(heads) - 1)]]
    for theme, counted in by_theme(rounds).items():
        figures = [counted[name] for name in ("faults", "kills", *HEADS)]
        lines.append([theme, *(f"{figure:,}" for figure in figures)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def as_json(rounds: Sequence[Round], command: str) -> str:
    """The same sums for machines, with the rounds that were not all well."""
    odd = [each.line for each in rounds if each.faulty]
    return (
        json.dumps({"command": command, "sums": by_theme(rounds), "faulty": odd}, indent=1) + "\n"
    )
