"""What people ask of the unit over MQTT: carried out, and answered each.

The rules to know: nothing here is near the gate, for a command changes what is decided about the
next vehicle, never about one that has gone by.  A retained command is refused (`inbox`).  A command
that comes twice, as QoS 1 allows, leaves the unit as it was after the first.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field

from appliance.errors import ListError, OrderError, StoreError
from appliance.respond.lists import PRECEDENCE, parse_command
from appliance.standing import carry_out
from appliance.store.lists import ListStore
from appliance.transmit import messages
from appliance.transmit.inbox import MOST_ORDERS, Order
from appliance.transmit.link import Link
from appliance.transmit.messages import Publication, Topics

LISTS = "lists/"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Orders:
    """Carries out what comes from the broker, in the loop that maintains.

    Attributes:
        link: to the broker.
        topics: of this unit.
        lists: on the connection of that loop.
    """

    link: Link
    topics: Topics
    lists: ListStore
    answers: deque[Publication] = field(  # the oldest give way, should the broker stay away
        default_factory=lambda: deque(maxlen=MOST_ORDERS + 1), init=False
    )
    told_to: int = field(default=0, init=False)  # the session that knows the state of the lists

    def carry_out(self) -> None:
        """Carry out what has come; the answers wait for `tell`.

        Raises:
            StoreError: the store cannot be read or written; whoever asked has been told.
        """
        for order in self.link.orders():
            try:
                self._keep(order, self._follow(order) | {"ok": True})
            except (ListError, OrderError) as fault:
                self._keep(order, {"ok": False, "error": str(fault)})
            except StoreError:
                self._keep(order, {"ok": False, "error": "the store cannot be read or written"})
                self._answer()
                raise

    def tell(self, *, lists_changed: bool) -> None:
        """Publish the answers, and the state of the lists to whom it is new."""
        session = self.link.session
        if lists_changed or session != self.told_to:
            self.told_to = session
            for name in PRECEDENCE:
                state = messages.list_state(self.topics, name, self.lists.state(name))
                self.link.publish(state)
        self._answer()

    def _answer(self) -> None:
        while self.answers and self.link.session:
            self.link.publish(self.answers.popleft())

    def _keep(self, order: Order, told: dict[str, object]) -> None:
        log.info("a command over MQTT was %s", "carried out" if told["ok"] else "refused")
        self.answers.append(messages.result(self.topics, order.topic, {"id": order.name} | told))

    def _follow(self, order: Order) -> dict[str, object]:
        """Do it; gives what there is to tell beyond that it was done."""
        if order.refusal:
            raise OrderError(order.refusal)
        if not order.topic.startswith(LISTS):
            raise OrderError("not known here")
        carry_out(parse_command(order.topic.removeprefix(LISTS), order.payload), self.lists)
        return {}
