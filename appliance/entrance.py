"""What a settled track is answered: its entry of the lists, the policy, the gate.

The rule to know: the gate acts here, before anything is written, so that a full disk keeps nobody
out; what it did stands in the decision, which the record follows within the same turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from appliance.access import DEFAULT_POLICY, Rule
from appliance.contact import Contact
from appliance.decision import Decision, Match
from appliance.domain import Direction, Settled
from appliance.health import Health
from appliance.respond.gate import Gate
from appliance.respond.policy import Moment, decide
from appliance.stamp import Stamped

CONFIRM_LINE = "confirm_line"
"""The second factor that the contact confirms, as the policy names it."""

Find = Callable[[str, datetime | None, Direction], Match | None]
"""The entry that counts for a text, at a local time (None: nobody vouches for it) and direction."""

OTHERWISE = "early it read as another plate"
"""Said in the record's reason: the list was asked about `early_plate`, not only about `plate`."""


def on_no_list(_text: str, _when: datetime | None, _direction: Direction) -> None:
    """The lists of a unit that has none."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Answers those who come by.

    Attributes:
        health: where the outcomes are counted.
        rules: of the policy, in order.
        find: gives the entry of the lists that a plate fits.
        gate: None where there is none.
        contact: confirms who comes; None where there is none.
    """

    health: Health
    rules: Sequence[Rule] = DEFAULT_POLICY
    find: Find = on_no_list
    gate: Gate | None = None
    contact: Contact | None = None

    def answer(
        self, settled: Settled, stamped: Stamped, *, fresh: bool, before: Decision | None = None
    ) -> Decision:
        """What the policy says, and, where that is to open, what the gate did.

        Who was answered early with "open" has been answered when its record comes, whatever the
        gate did and whatever was read later.  Who was not is asked about again, as if it had not
        been told early: the record knows more reads and the direction.  So is, in any case, an
        early track that was answered before: it is still in sight, see `may_open_now`.

        Args:
            settled: the track.
            stamped: its id and its time.
            fresh: the vehicle is there now and was seen to come.
            before: what this passage was answered early; None where it was not told early.
        """
        if before is None:
            return self._answer(settled, stamped, fresh=fresh)
        is_answered = before.action == "open" and not settled.early
        answered = before if is_answered else self._answer(settled, stamped, fresh=fresh)
        if settled.early_text_differs:
            return replace(answered, reason=f"{answered.reason}; {OTHERWISE}")
        return answered

    def may_open_now(self, before: Decision, *, stands: bool) -> bool:
        """Whether one in sight who was not let in may be now.

        Either the contact confirms somebody, who may be this one; or this one came within the
        gate's pause, and that is over.  Then only who stands there waits for the gate: one that
        moves may be driving through on its neighbour's pulse, and another might shut it on them.
        """
        if before.outcome == "too_soon":
            return stands and self.gate is not None and self.gate.is_rested()
        return before.action != "open" and bool(self._confirmed_s())

    def _answer(self, settled: Settled, stamped: Stamped, *, fresh: bool) -> Decision:
        seen = datetime.fromtimestamp(stamped.epoch_ms / 1000, timezone.utc).astimezone()
        when = seen if stamped.clock != "none" else None
        match = self.find(settled.read.text, when, settled.direction)
        moment = Moment(seen, stamped.clock, fresh, self._confirmed_s())
        decision = decide(settled, match, moment, self.rules)
        if self.gate is None or decision.action != "open":
            return decision
        outcome = self.gate.open(stamped.uuid, fresh=fresh)
        self.health.count_gate(outcome)
        if self.contact is not None and outcome in {"opened", "dry_run"}:
            self.contact.spend()  # whoever comes next on an allowed plate must confirm anew
        return replace(decision, outcome=outcome)

    def _confirmed_s(self) -> Mapping[str, float]:
        age_s = self.contact.age_s() if self.contact is not None else None
        return {} if age_s is None else {CONFIRM_LINE: age_s}

    def tend(self) -> None:
        """See that the gate's lines are in good hands; LineError where one was not."""
        if self.gate is not None:
            self.gate.tend()
        if self.contact is not None:
            self.contact.tend()
