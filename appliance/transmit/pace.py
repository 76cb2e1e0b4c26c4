"""How fast a backlog goes out: a bucket that fills at a rate; each message takes one from it.

The rule to know: it bounds the work, not the delay; what is live does not go through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """What may go out now.

    Attributes:
        rate: messages a second in the long run.
        burst: that may go at once after a rest.
    """

    rate: float
    burst: float
    saved: float = field(init=False)
    seen_at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Begin rested."""
        self.saved = self.burst

    def room(self, now: float) -> int:
        """Messages that may go at `now`, monotonic seconds, never before the last one's."""
        rested_s = now - self.seen_at if self.seen_at is not None else 0.0
        self.saved = min(self.burst, self.saved + rested_s * self.rate)
        self.seen_at = now
        return int(self.saved)

    def spend(self, count: int) -> None:
        """So many have gone."""
        self.saved -= count

    def pause_s(self, count: int) -> float:
        """Seconds from the last look until `count` may go."""
        return max(0.0, (count - self.saved) / self.rate)
