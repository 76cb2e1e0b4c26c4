"""Who hears how an update goes: the unit's own files (`progress.Report`), and hawkBit (`action`).

What an update server is to the unit are two ports: `Source`, where signed files come from, and
this one, what is told of them.  What stands between the two is the same for all: `look` trusts,
`choose` picks, `install` puts on trial.

The rule to know: nobody who is told decides what is installed; whoever wants to stop it raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from appliance.update.fetch import Progress
from appliance.update.progress import Phase


class Feedback(Protocol):
    """Somebody who hears of one update."""

    def tell(self, phase: Phase, percent: float | None = None, why: str = "") -> None:
        """Say how far it is.

        Args:
            phase: what is done.
            percent: of this phase, 0 to 100; None where nobody knows.
            why: of a failure, in words.
        """


@dataclass(frozen=True, slots=True)
class All:
    """Several who hear the same, one after the other."""

    listeners: Iterable[Feedback]

    def tell(self, phase: Phase, percent: float | None = None, why: str = "") -> None:
        """Tell each."""
        for each in self.listeners:
            each.tell(phase, percent, why)


def download_of(listener: Feedback) -> Progress:
    """What tells a listener how far a download is, from bytes of bytes."""

    def progress(have: int, of: int) -> None:
        listener.tell("download", 100 * have / of if of else None)

    return progress
