"""The loop `post`: from the table of posts to the webhook's consumer, oldest first.

The rule to know: it waits for neither camera nor broker, and one bad answer never loses a passage.
"""

from __future__ import annotations

import logging
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from threading import Event

from appliance.age import late_s
from appliance.domain import Message
from appliance.errors import FullError
from appliance.health import Beat, Health
from appliance.hook import Webhook
from appliance.store.posts import Posts
from appliance.transmit.answers import Answer, pause_s
from appliance.transmit.consumers import parcel
from appliance.transmit.webhook import Hook

TURN_S = 0.5  # the longest sleep; a new passage wakes it at once
RETRY_S = 5.0  # before the next attempt on a full disk
HURRY_S = 1.0  # for what still waits, when a signal ends the unit

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Poster:
    """Brings passages to the consumer, one after the other.

    Attributes:
        posts: on a connection of its own to the database.
        webhook: who the consumer is, and which form it reads.
        health: where bad answers show as problems.
        wake: set by whoever records a passage.
        stopping: set when the loop shall return.
        linger_s: seconds for what still waits when the loop shall return.
    """

    posts: Posts
    webhook: Webhook
    health: Health
    wake: Event
    stopping: Event
    linger_s: float = 2.0
    hook: Hook = field(init=False)
    failures: int = field(default=0, init=False)  # in a row
    hold_until: float = field(default=0.0, init=False)  # monotonic seconds, after a bad answer
    given_up_at: float = field(default=inf, init=False)  # monotonic seconds
    delivered: int = field(default=0, init=False)  # `seq` of what is still to be deleted
    told: tuple[int, int] = field(default=(0, 0), init=False)  # set aside, dropped

    def __post_init__(self) -> None:
        """Make ready to post; ConfigurationError says what is wrong with a file."""
        self.hook = Hook(self.webhook, self.is_given_up)

    def post(self, beat: Beat) -> None:
        """Post whatever waits until the unit stops, then what can still go.

        Raises:
            StoreError: the table cannot be read or written.
        """
        with suppress(FullError):  # then it waits for another start
            self.posts.bring_back()
        while not self.stopping.is_set():
            self.turn()
            beat()
            self.rest()
        self.drain(beat)
        left = self.posts.waiting()
        if left:
            log.warning("webhook: %d passages wait until the next start", left)

    def drain(self, beat: Beat) -> None:
        """Post until nothing waits or the time for it is over."""
        self.given_up_at = min(self.given_up_at, time.monotonic() + self.linger_s)
        while self.posts.next() is not None and not self.is_given_up():
            self.turn()
            beat()
            self.rest()

    def hurry(self) -> None:
        """Somebody wants the unit to end now: an answer is awaited a moment longer at most."""
        self.given_up_at = min(self.given_up_at, time.monotonic() + HURRY_S)

    def is_given_up(self) -> bool:
        """Whether the time to come to an end is over."""
        return time.monotonic() >= self.given_up_at

    def turn(self) -> None:
        """Post the oldest, unless a bad answer asks for patience."""
        if time.monotonic() < self.hold_until:
            return
        try:
            self.post_next()
        except FullError as fault:
            self.hold_until = time.monotonic() + RETRY_S
            self.health.problem("webhook full", f"webhook: nothing can be noted: {fault}")
        else:
            self.health.problem("webhook full", None)
        self.tell()

    def post_next(self) -> None:
        """Post the oldest; FullError where what became of the one before cannot be noted."""
        self.take_out()
        message = self.posts.next()
        if message is not None:
            self.settle(message, self.hook.post(parcel(self.webhook, message, late_s(message))))

    def take_out(self) -> None:
        """Delete what the consumer has; until that is done nothing else is posted."""
        if self.delivered:
            self.posts.taken(self.delivered)
            self.delivered = 0

    def rest(self) -> None:
        """Sleep until there is something to do; after a good answer there may be."""
        now = time.monotonic()
        held = self.hold_until > now
        if not held and self.posts.next() is not None:
            return
        longest = min(TURN_S, self.hold_until - now) if held else TURN_S
        self.wake.wait(min(longest, max(0.0, self.given_up_at - now)))
        self.wake.clear()

    def settle(self, message: Message, answer: Answer) -> None:
        """Note what the consumer said; the row leaves only when it has it."""
        if answer.verdict == "taken":
            self.delivered, self.failures = message.seq, 0
            self.take_out()
            self.health.problem("webhook", None)
            return
        self.failures += 1
        self.hold_until = time.monotonic() + pause_s(answer, self.failures, random.random())  # noqa: S311  # jitter is no secret
        if answer.verdict == "refused" and self.posts.refused(message.seq):
            log.warning("webhook: passage %s set aside: %s", message.uuid, answer.words)
            self.failures, self.hold_until = 0, 0.0
        if not self.is_given_up():
            self.health.problem("webhook", f"webhook: {self.webhook.shown} {answer.words}")

    def tell(self) -> None:
        """Say in words what was lost or is stuck, where that has changed."""
        now = self.posts.set_aside(), self.posts.dropped()
        if now == self.told:
            return
        self.told = aside, dropped = now
        refused = f"webhook: {aside} passages set aside, refused by the consumer for what they say"
        gone = f"webhook: {dropped} passages were dropped unposted: more than store.outbox_mb"
        self.health.problem("webhook aside", refused if aside else None)
        self.health.problem("webhook dropped", gone if dropped else None)
