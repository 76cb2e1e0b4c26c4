"""A Jetson's figures through jetson-stats, where its service runs.  Unverified on hardware.

The rule to know: jtop is under the AGPL and needs a daemon of root, so nothing here depends on it.
It is imported only where its socket is there, and whatever fails is as if it were not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from appliance.hwmon import Fan, Power, Rail, total

SOCKET = Path("/run/jtop.sock")
RETRY_S = 300.0
"""Before a service that could not be had is asked again: each time starts a thread of its own."""
WRONG = (OSError, EOFError, Empty, LookupError, TypeError, ValueError)
"""What a service that goes away, or another version of it, makes of a question."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What the service says; None where it does not.

    Attributes:
        temperatures: degrees Celsius by the name of the sensor.
        power: what the board takes.
        fan: the fan.
        mode: name of the power mode, such as "MAXN" or "15W".
    """

    temperatures: dict[str, float]
    power: Power | None
    fan: Fan | None
    mode: str | None


class JetsonStats:
    """The service, asked again where it was away; only one thread at a time may use it.

    Args:
        module: jtop; None: the installed one.
        socket: where the service listens.
        now: monotonic seconds.
    """

    def __init__(
        self,
        module: Any | None = None,  # noqa: ANN401  # a foreign module without types
        socket: Path = SOCKET,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._module, self._socket, self._now = module, socket, now
        self._client: Any | None = None
        self._again_at = 0.0

    def __call__(self) -> Told | None:
        """What it says now; None where there is no service, or none that answers."""
        if self._client is None and (not self._socket.exists() or self._now() < self._again_at):
            return None
        self._again_at = self._now() + RETRY_S
        try:
            jtop = self._module or _imported()
        except ImportError:
            return None
        try:
            return self._asked(jtop)
        except (*WRONG, jtop.JtopException) as fault:
            log.warning("jetson-stats: %s; sysfs is read instead", fault)
            self._let_go()
            return None

    def _asked(self, jtop: Any) -> Told:  # noqa: ANN401
        if self._client is None:
            client = jtop.jtop()
            client.start()
            self._client = client
        client = self._client
        if not client.ok(spin=True):  # raises what its own thread met
            raise EOFError("the service has gone")
        mode = client.nvpmodel.name if client.nvpmodel is not None else None
        return Told(_temperatures(client.temperature), _power(client.power), _fan(client.fan), mode)

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*WRONG):
                client.close()


def _imported() -> Any:  # noqa: ANN401
    import jtop  # noqa: PLC0415  # only where its service is

    return jtop


def _temperatures(sensors: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    return {n: round(float(s["temp"]), 1) for n, s in sensors.items() if s["online"]}


def _power(told: Mapping[str, Any]) -> Power | None:
    """Rails in millivolts, milliamperes and milliwatts; the input, where there is one, is `tot`."""
    rails = {
        name: Rail(rail["volt"] / 1000, rail["curr"] / 1000, rail["power"] / 1000)
        for name, rail in told["rail"].items()
    }
    whole = total(rails)
    watts = told["tot"]["power"] / 1000
    return Power(watts, rails) if whole is not None or watts else None


def _fan(fans: Mapping[str, Mapping[str, Any]]) -> Fan | None:
    speeds = [speed for _, fan in fans.items() for speed in fan["speed"]]
    turns = [rpm for _, fan in fans.items() for rpm in fan.get("rpm", ())]
    if not speeds:
        return None
    return Fan(round(max(speeds)), max(turns, default=None))
