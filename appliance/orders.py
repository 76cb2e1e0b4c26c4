"""What people ask of the unit over MQTT: carried out, and answered each.

The rules to know: nothing here is near the gate, for a command changes what is decided about the
next vehicle, never about one that has gone by.  A retained command is refused (`inbox`).  A command
that comes twice, as QoS 1 allows, leaves the unit as it was after the first.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from dataclasses import dataclass, field

from appliance.errors import ListError, OrderError, StoreError
from appliance.lighting import Lighting
from appliance.nightmode import NightMode
from appliance.renewal import Renewal
from appliance.respond.entries import parse_plate
from appliance.respond.listfile import decoded, load_json
from appliance.respond.lists import LARGEST_ENTRY, PRECEDENCE, parse_command
from appliance.retention import Retention, days
from appliance.standing import carry_out
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.transmit import last, messages, settings
from appliance.transmit.inbox import LONGEST_NAME, MOST_ORDERS, Order
from appliance.transmit.link import Link
from appliance.transmit.messages import (
    ASK_MODE,
    ASK_UPDATE,
    DIM,
    KEEP,
    RELEASE,
    Publication,
    Topics,
)
from appliance.yard import Yard

LISTS = "lists/"
DAYS = re.compile(rb"\s*\d{1,3}(\.\d{1,3})?\s*")
EXPECTED = 'expected restart, or {"id": …, "replay": {"from_seq": N}} or {"id": …, "erase": PLATE}'

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Orders:
    """Carries out what comes from the broker, in the loop that maintains.

    Attributes:
        link: to the broker.
        topics: of this unit.
        lists: on the connection of that loop.
        history: on the same connection.
        retention: which whoever asks may shorten; it remembers on the same connection.
        yard: whose visits have plates too, on the same connection; None where nobody counts.
        night_mode: what decides between day and night, on the same connection; None: nothing does.
        lighting: the light, on the same connection; None where there is none.
        renewal: asks for releases; None where nobody does.
        can_restart: whoever started this process starts it again.
    """

    link: Link
    topics: Topics
    lists: ListStore
    history: History
    retention: Retention
    yard: Yard | None = None
    night_mode: NightMode | None = None
    lighting: Lighting | None = None
    renewal: Renewal | None = None
    can_restart: bool = True
    restarts: bool = field(default=False, init=False)
    unsaid: deque[Publication] = field(  # the oldest give way, should the broker stay away
        default_factory=lambda: deque(maxlen=5 * MOST_ORDERS), init=False
    )
    told_to: int = field(default=0, init=False)  # the session that knows the state of the lists
    told_kept: tuple[int, float] = field(default=(0, 0.0), init=False)  # to which session, and what
    told_mode: tuple[int, str] = field(default=(0, ""), init=False)  # the same
    told_light: tuple[object, ...] = field(default=(), init=False)  # the same

    @property
    def is_over(self) -> bool:
        """Whether a restart was asked for, and whoever asked has been told."""
        return self.restarts and not self.unsaid

    def carry_out(self) -> None:
        """Carry out what has come; the answers wait for `tell`.

        Raises:
            StoreError: the store cannot be read or written; whoever asked has been told.
        """
        for order in self.link.orders():
            told: dict[str, object] = {"id": order.name, "ok": True}
            try:
                self._follow(order, told)
            except (ListError, OrderError) as fault:
                self._answer(order, told | {"ok": False, "error": str(fault)})
            except StoreError:
                fault_told = {"ok": False, "error": "the store cannot be read or written"}
                self._answer(order, told | fault_told)
                self._say()
                raise
            else:
                self._answer(order, told)

    def tell(self, *, lists_changed: bool) -> None:
        """Publish the answers, and to whom it is new the state of lists, retention and light."""
        session = self.link.session
        if lists_changed or session != self.told_to:
            self.told_to = session
            for name in PRECEDENCE:
                state = messages.list_state(self.topics, name, self.lists.state(name))
                self.link.publish(state)
        kept = session, days(self.retention.keep_s)
        if kept != self.told_kept:
            self.told_kept = kept
            self.link.publish(settings.kept(self.topics, kept[1]))
        if self.night_mode is not None and (session, self.night_mode.mode) != self.told_mode:
            self.told_mode = session, self.night_mode.mode
            self.link.publish(settings.night_mode(self.topics, self.night_mode.mode))
        if self.lighting is not None:
            self._tell_light(session, self.lighting)
        self._say()

    def _tell_light(self, session: int, lighting: Lighting) -> None:
        told = session, lighting.is_on, lighting.percent
        if told == self.told_light:
            return
        self.told_light = told
        self.link.publish(settings.released(self.topics, is_on=lighting.is_on))
        if lighting.can_dim:
            self.link.publish(settings.power(self.topics, lighting.percent))

    def _say(self) -> None:
        while self.unsaid and self.link.session:
            self.link.publish(self.unsaid.popleft())

    def _answer(self, order: Order, told: dict[str, object]) -> None:
        log.info("a command over MQTT was %s", "carried out" if told["ok"] else "refused")
        self.unsaid.append(messages.result(self.topics, order.topic, told))

    def _follow(self, order: Order, told: dict[str, object]) -> None:
        """Do it; `told` gets what there is to tell beyond that it was done."""
        if order.refusal:
            raise OrderError(order.refusal)
        if order.topic.startswith(LISTS):
            carry_out(parse_command(order.topic.removeprefix(LISTS), order.payload), self.lists)
        elif order.topic == "cmd":
            self._obey(order.payload, told)
        elif order.topic == KEEP:
            self._keep(order.payload)
        elif order.topic == ASK_MODE and self.night_mode is not None:
            self.night_mode.ask(order.payload)
            log.info("night mode is %s", self.night_mode.mode)
        elif order.topic == RELEASE and self.lighting is not None:
            self.lighting.switch(order.payload)
        elif order.topic == DIM and self.lighting is not None:
            self.lighting.dim(order.payload)
        elif order.topic == ASK_UPDATE and self.renewal is not None:
            self.renewal.ask(order.payload)
        else:
            raise OrderError("not known here")

    def _obey(self, payload: bytes, told: dict[str, object]) -> None:
        if payload.strip() == b"restart":
            self._restart()
            return
        wish = _wish(payload)
        told["id"] = _name(wish.pop("id", told["id"]))
        if wish.keys() == {"replay"}:
            told.update(self._replay(wish["replay"]))
        elif wish.keys() == {"erase"}:
            told.update(self._erase(wish["erase"]))
        else:
            raise OrderError(EXPECTED)

    def _restart(self) -> None:
        if not self.can_restart:
            raise OrderError("a recording is being played: nobody would start it again")
        self.restarts = True

    def _keep(self, payload: bytes) -> None:
        if not DAYS.fullmatch(payload):
            raise OrderError("retention_days: expected a number of days, such as 2")
        self.retention.ask(float(payload))
        log.info("passages are kept for %s days", days(self.retention.keep_s))

    def _replay(self, wish: object) -> dict[str, object]:
        from_seq = wish.get("from_seq") if isinstance(wish, dict) and len(wish) == 1 else None
        if not isinstance(from_seq, int) or isinstance(from_seq, bool) or not 0 < from_seq < 2**63:
            raise OrderError('replay: expected {"from_seq": N}, N a whole number from 1')
        sent = self.history.send_again(from_seq)
        if sent.rest and not sent.count:
            raise OrderError("replay: the outbox has no room, ask again when less waits")
        log.info("%d passages go out again", sent.count)
        stretch = {"from_seq": sent.first, "to_seq": sent.last, "more": sent.rest}
        return {"replayed": sent.count, **stretch}

    def _erase(self, wish: object) -> dict[str, object]:
        try:
            plate = parse_plate(wish)
        except ValueError as fault:
            raise OrderError(f"erase: {fault}") from fault
        gone = self._forget(plate)
        log.info("%d passages were erased", gone)
        if gone or self.history.is_empty():  # else another vehicle's passage stands on `last`
            self.unsaid.extend(last.forgotten(self.topics))
        return {"erased": gone}

    def _forget(self, plate: str) -> int:
        """Delete what may be of a plate; visits first, so that a second try finds what is left."""

        def mentions(body: str) -> bool:
            return messages.mentions(body, plate)

        early = self.history.erase_early(plate, mentions)
        seqs = self.history.naming(plate, mentions)
        if self.yard is not None:
            self.yard.erase(seqs)
        self.history.erase(seqs)
        return early + len(seqs)


def _wish(payload: bytes) -> dict[str, object]:
    """The fields of a command in JSON."""
    if len(payload) > LARGEST_ENTRY:
        raise OrderError(f"{len(payload)} bytes, expected at most {LARGEST_ENTRY}")
    wish = load_json(decoded(payload))
    if not isinstance(wish, dict):
        raise OrderError(EXPECTED)
    return wish


def _name(given: object) -> str | int | None:
    """The id for the answer, as the sender gave it."""
    is_text = isinstance(given, str) and len(given) <= LONGEST_NAME
    is_number = isinstance(given, int) and not isinstance(given, bool)
    if not (given is None or is_text or is_number):
        raise OrderError(f"id: expected a text of at most {LONGEST_NAME} or a whole number")
    return given  # type: ignore[return-value]  # as tested above
