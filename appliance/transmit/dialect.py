"""Which version of MQTT to speak: 5, and 3.1.1 with a broker that knows no other.  Pure.

The rule to know: 3.1.1 says less (no expiry, no reason for a refusal), so it is spoken only where
the broker has refused 5 in so many words, or has hung up on 5 both before and right after it took
3.1.1.  Who merely hangs up may be starting, or be a proxy whose broker is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Version = Literal["5", "3.1.1"]
Outcome = Literal["accepted", "version", "hung up", "failed"]
"""Of one attempt: a connection; 5 refused as a version; no answer to CONNECT; anything else."""
Stage = Literal["first", "doubt", "again", "old"]

_AFTER: dict[tuple[Stage, Outcome], Stage] = {
    ("first", "version"): "old",
    ("first", "hung up"): "doubt",
    ("doubt", "accepted"): "again",
    ("again", "version"): "old",
    ("again", "hung up"): "old",
}
"""What follows an attempt; after all others it begins with 5 again."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with the broker for one connection.

    Attributes:
        protocol: the version of MQTT.
        tls: the version of TLS, such as "TLSv1.3"; None: nothing is encrypted.
        cipher: its cipher suite; empty without TLS.
        window: publications that the broker takes before it has acknowledged one.
        lacks: what the broker says it cannot do and a unit needs, in words; empty: nothing.
    """

    protocol: Version = "5"
    tls: str | None = None
    cipher: str = ""
    window: int = 65535
    lacks: str = ""


NO_TERMS = Terms()
"""Before there is a connection."""


@dataclass(slots=True)
class Dialect:
    """Chooses the version of each attempt by what became of those before."""

    stage: Stage = "first"

    @property
    def version(self) -> Version:
        """For the next attempt."""
        return "5" if self.stage in {"first", "again"} else "3.1.1"

    @property
    def is_pressing(self) -> bool:
        """The next attempt answers a question and follows at once."""
        return self.stage in {"again", "old"}

    def note(self, outcome: Outcome) -> bool:
        """Take in what became of an attempt; gives whether a connection is one to stay with."""
        is_kept = outcome == "accepted" and self.stage != "doubt"
        self.stage = _AFTER.get((self.stage, outcome), "first")
        return is_kept
