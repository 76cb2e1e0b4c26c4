"""What the answer to a POST means, and how long to wait after a bad one.  Pure.

The rule to know: whatever is wrong with the consumer keeps every passage waiting, in order; only
what is wrong with one body sets that one aside, so that it does not block the rest for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

Verdict = Literal["taken", "again", "refused"]

OF_THE_BODY = frozenset({400, 409, 411, 413, 422})
"""Of all the 4xx these speak of what was sent (RFC 9110); 401, 403, 404, 405, 410, 415 and 3xx are
the same for every passage, and 408, 425, 429 pass."""
MOST_PAUSE_S = 300.0
MOST_RETRY_AFTER_S = 900.0  # a consumer may ask for more, but a typing error must not cost a day
LEAST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one POST.

    Attributes:
        status: of HTTP; None where no answer came.
        fault: in words, without the address's query and without what was sent.
        retry_after_s: what the consumer asked for, seconds from now; None where it did not.
    """

    status: int | None
    fault: str = ""
    retry_after_s: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether the consumer has it, may have it later, or will never want this one."""
        if self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES:
            return "taken"
        return "refused" if self.status in OF_THE_BODY else "again"

    @property
    def words(self) -> str:
        """What is wrong, for a person; empty where nothing is."""
        if self.status is None:
            return self.fault
        if self.verdict == "taken":
            return ""
        if self.status // 100 == 3:  # noqa: PLR2004  # the class of an HTTP status
            return f"{_named(self.status)}, which is not followed: expected the final address"
        return _named(self.status)


def pause_s(answer: Answer, failures: int, drawn: float) -> float:
    """Seconds before the next attempt.

    Args:
        answer: the bad one.
        failures: how many there were in a row, this one among them.
        drawn: 0 to 1 by chance, so that a fleet does not come back all at once.
    """
    if answer.retry_after_s is not None:
        asked = min(max(answer.retry_after_s, LEAST_PAUSE_S), MOST_RETRY_AFTER_S)
        return asked * (1 + drawn / 10)
    most = min(MOST_PAUSE_S, 2.0 ** min(failures, 16))
    return LEAST_PAUSE_S + drawn * (most - LEAST_PAUSE_S)


def _named(status: int) -> str:
    try:
        return f"answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return f"answered {status}"
