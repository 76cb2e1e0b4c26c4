"""How old a passage is when it goes out."""

from __future__ import annotations

import time

from appliance.domain import Message


def late_s(message: Message) -> int | None:
    """Whole seconds since a passage that is no longer fresh; None while it is."""
    if message.fresh_until is not None and time.monotonic() < message.fresh_until:
        return None
    return age_s(message)


def age_s(message: Message) -> int:
    """Whole seconds since the passage; 0 where the clock was set back meanwhile."""
    return max(0, round(time.time() - message.epoch_ms / 1000))
