"""A whole unit of light and gate before a dark lane, for tests that kill it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event

import numpy as np

from appliance import app
from appliance.capture import lamp
from appliance.config import Config
from appliance.domain import Frame
from appliance.errors import PictureError
from appliance.health import Health
from appliance.source import Source
from appliance.stamp import LiveStamp

LED = "gatepost:ir:illuminator"


def never() -> bool:
    """It has not seen enough."""
    return False


@dataclass
class Night:
    """A camera that sees the same dark picture until it is closed, or enough is seen."""

    enough: Callable[[], bool] = never
    fault: PictureError | None = None
    closed: Event = field(default_factory=Event)

    def frames(self) -> Iterator[Frame]:
        """A hundred a second at most."""
        picture = np.zeros((90, 160, 3), np.uint8)
        for number in count():
            if self.closed.wait(0.01) or self.enough():
                return
            yield Frame(picture, time.monotonic(), number)

    def close(self) -> None:
        """End it."""
        self.closed.set()


class Cool(Health):
    """On a board that is never hot."""

    def celsius(self) -> float:
        """Always the same."""
        return 40.0


def run(folder: Path, line: int, enough: Callable[[], bool] = never) -> int:
    """Run it, with its LED in `folder` and its gate on `line`, until enough is seen."""
    lamp.LEDS = folder
    light = {"mode": "on", "power": 60, "head": [{"led": LED}]}
    store = {"folder": str(folder / "store")}
    config = Config.model_validate({"light": light, "store": store, "gate": {"line": line}})
    source = Source(Night(enough), LiveStamp(lambda: "none"), recording=False)
    return app.run_unit(config, Cool(), source, lambda *_: None)


def run_for_ever(folder: Path, line: int, environment: Mapping[str, str]) -> None:
    """The same in a process of its own; `environment` is that of the test."""
    os.environ.update(environment)
    run(folder, line)
