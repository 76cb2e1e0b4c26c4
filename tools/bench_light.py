"""How long the light outlives its unit, and what its guardian costs: python -m tools.bench_light.

On an LED in a folder: what a real one and its driver add is not in the figures.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import tempfile
import time
from pathlib import Path
from threading import Event

from appliance.capture.heads import GuardedHeads
from appliance.capture.lamp import FakeLed, spelled
from tests.light_unit import light_for_ever

UNITS, ORDERS = 100, 500


def outlived_ms(led: FakeLed) -> float:
    """Milliseconds from SIGKILL of a unit that lights an LED to the dark."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.light_unit"])
    mine, its = context.Pipe()
    unit = context.Process(
        target=light_for_ever,
        args=([spelled(led.folder)], 0.0, {}, its),
        kwargs={"steady": True},
        daemon=True,
    )
    unit.start()
    mine.recv()
    never = Event()
    while not led.shown:
        never.wait(0.005)
    never.wait(random.uniform(0.0, 0.03))  # noqa: S311  # instants, not secrets
    begun = time.monotonic()
    unit.kill()
    while led.shown:
        never.wait(0.0005)
    took_s = time.monotonic() - begun
    unit.join()
    return took_s * 1000


def guardian(led: FakeLed) -> None:
    """Print what one costs."""
    begun = time.monotonic()
    heads = GuardedHeads([spelled(led.folder)])
    print(f"start of a guardian: {(time.monotonic() - begun) * 1000:.0f} ms")
    status = Path(f"/proc/{heads.pid}/status").read_text(encoding="ascii").splitlines()
    print("memory of a guardian:", *(line for line in status if line.startswith(("VmRSS", "RssA"))))
    took = []
    for _ in range(ORDERS):
        begun = time.perf_counter()
        heads.give([50], 9.0)
        took.append((time.perf_counter() - begun) * 1000)
    heads.close()
    worst = sorted(took)[ORDERS * 99 // 100]
    print(f"an order, answered: median {statistics.median(took):.2f} ms, 99 % {worst:.2f} ms")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        leds = (FakeLed(Path(folder, str(number))) for number in range(UNITS))
        late = [outlived_ms(led) for led in leds]
        print(
            f"SIGKILL of the unit to the dark, {UNITS} times:"
            f" median {statistics.median(late):.1f} ms, at most {max(late):.1f} ms"
        )
        guardian(FakeLed(Path(folder, "led")))


if __name__ == "__main__":
    main()
