"""The tables of the configuration that say who comes in: [lists], [gate], [[policy]].  Pure.

The rule to know: what makes a gate unsafe is refused here, before a line is touched; that a passage
must be fresh is no matter of configuration at all (`respond.policy`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from appliance.decision import Action, ListName
from appliance.domain import Direction
from appliance.header import FREE, require_ours, require_rest
from appliance.section import Section, Spans

FARTHEST = 2
"""How near a match may be: at more, plates of one series are all near to one another."""
ALL_WAYS = get_args(Direction)
OPENING: dict[str, Any] = {
    "direction": ("approaching",),  # who leaves, or stands there, must not open to the street
    "least_reads": 3,
    "least_agreement": 0.6,
    "least_confidence": 0.9,
}


class Lists(Section):
    """How a plate is looked for on the lists."""

    # how near counts as near: 0 only what is equal, 0.5 one character that cameras confuse, 1 two
    # of them or any other fault; 0, for whoever wants more must know that it lets in other plates
    max_distance: float = Field(0.0, ge=0, le=FARTHEST)


class Gate(Section):
    """The line that opens the gate.  Without `line` nothing is switched."""

    # BCM number
    line: int | None = Field(None, ge=FREE[0], le=FREE[-1])
    # checked even where it is not named, for a line that does not fit it opens at power-on
    active_low: bool = Field(False, validate_default=True)
    # a controller needs 0.1 s to notice; a longer press than 10 s means something else to it
    pulse_s: float = Field(0.5, ge=0.1, le=10)
    # between two pulses; below half a second a controller takes two for one, or for "stop"
    pause_s: float = Field(5.0, ge=0.5, le=600)
    # says and counts what would have been switched
    dry_run: bool = False
    # BCM number of an input that is active when something beside the plate says who comes
    confirm_line: int | None = Field(None, ge=FREE[0], le=FREE[-1])
    # true: its contact closes to ground, false: to 3.3 V; it is pulled the other way
    confirm_active_low: bool = True

    @field_validator("line", "confirm_line")
    @classmethod
    def _line_is_free(cls, line: int | None, before: ValidationInfo) -> int | None:
        key = f"gate.{before.field_name}"
        require_ours(key, line)
        if line is not None and line == before.data.get("line"):
            raise ValueError(f"{key} = {line}: is gate.line too; expected another")
        return line

    @field_validator("active_low")
    @classmethod
    def _line_rests_at_reset(cls, active_low: bool, before: ValidationInfo) -> bool:
        line = before.data.get("line")
        require_rest("gate.active_low", line, active_low, "the gate would open")
        return active_low

    @model_validator(mode="after")
    def _line_is_named(self, known: ValidationInfo) -> Gate:
        """Only a file, which has a folder, names an empty table."""
        is_named = self.model_fields_set or known.context
        if self.line is None and not self.dry_run and is_named:
            raise ValueError("gate.line is missing: without it, or dry_run = true, nothing is done")
        return self


class Rule(Section):
    """One `[[policy]]`: what is done when all of its conditions hold."""

    list: ListName
    action: Action
    # which of them are meant; none: any
    direction: Annotated[tuple[Direction, ...], Field(strict=False)] = ()
    # sightings that say the voted text, and their share of all that said something
    least_reads: int = Field(1, ge=1, le=100)
    least_agreement: float = Field(0.0, ge=0, le=1)
    # of the voted text
    least_confidence: float = Field(0.0, ge=0, le=1)
    # whether an entry counts that only resembles the plate
    near: bool = False
    # of the unit's own zone; none: always
    times: Spans = ()
    # what the clock must be set by for `times` to hold: at least a battery clock, or the network
    clock: Literal["rtc", "ntp"] = "rtc"
    # what must have been confirmed beside the plate, and within how many seconds; empty: nothing
    second_factor: Literal["", "confirm_line"] = ""
    second_factor_s: float = Field(60.0, ge=1, le=3600)

    @model_validator(mode="before")
    @classmethod
    def _opening_is_strict(cls, table: object) -> object:
        """To open, more is asked for than for the rest, unless the rule itself says otherwise."""
        if isinstance(table, dict) and table.get("action") == "open":
            return OPENING | table
        return table


DEFAULT_POLICY = (
    Rule.model_validate({"list": "allowed", "action": "open"}),
    Rule(list="denied", action="alert", near=True),  # an alert may err, and says that it is near
    Rule(list="watched", action="alert", near=True),
)


def doubts(lists: Lists, gate: Gate, rules: Sequence[Rule]) -> list[str]:
    """What of a policy can hardly be meant, since it never holds or always does: a line each."""
    told = []
    for number, rule in enumerate(rules, 1):
        found = _of_rule(rule, lists, gate) if rule not in DEFAULT_POLICY else []
        over = next((n for n, other in enumerate(rules[: number - 1], 1) if _hides(other, rule)), 0)
        if over:
            found.append(f": is never reached, for policy[#{over}] holds whenever this one does")
        told += [f"policy[#{number}]{doubt}" for doubt in found]
    if gate.confirm_line is not None and not any(rule.second_factor for rule in rules):
        told.append(f"gate.confirm_line = {gate.confirm_line}: no policy asks for a second_factor")
    return told


def _of_rule(rule: Rule, lists: Lists, gate: Gate) -> list[str]:
    """The same of one rule by itself."""
    is_switched = gate.line is not None or gate.dry_run
    named, opens = rule.model_fields_set, rule.action == "open"
    cases = (
        (
            opens and rule.list == "unknown",
            '.list = "unknown": opens for all who are on no list, or whose entry does not apply',
        ),
        (opens and rule.list == "denied", '.list = "denied": opens for those who are denied'),
        (
            opens and not is_switched,
            '.action = "open": nothing is switched without [gate]; MQTT will tell it, no more',
        ),
        (
            rule.near and not lists.max_distance,
            ".near = true: never holds while lists.max_distance = 0, for nothing is near",
        ),
        (
            "clock" in named and not rule.times,
            f'.clock = "{rule.clock}": does nothing without times',
        ),
        (
            "second_factor_s" in named and not rule.second_factor,
            f".second_factor_s = {rule.second_factor_s:g}: does nothing without second_factor",
        ),
    )
    return [doubt for applies, doubt in cases if applies]


def _hides(over: Rule, rule: Rule) -> bool:
    """Whether a rule holds whenever a later one does, so that the later one is never reached."""
    return (
        over.list == rule.list
        and (over.action != "open" or rule.action == "open")  # to open, it must be fresh too
        and (not over.direction or set(rule.direction or ALL_WAYS) <= set(over.direction))
        and over.least_reads <= rule.least_reads
        and over.least_agreement <= rule.least_agreement
        and over.least_confidence <= rule.least_confidence
        and (over.near or not rule.near)
        and not over.times
        and not over.second_factor
    )
