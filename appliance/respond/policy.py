"""What a passage means for us.  Pure.

Until lists exist (they come with the gate), every plate is unknown, and nothing opens.
"""

from __future__ import annotations

from appliance.domain import Decision, Settled


def decide(settled: Settled) -> Decision:
    """The decision about a settled track, with its reason in words (never the plate)."""
    agreement = f"{settled.reads} of {settled.frames} reads agree"
    return Decision("unknown", "ignore", f"on no list; {agreement}")
