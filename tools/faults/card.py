"""What `tools/campaign card` runs: how many bytes a passage costs the card, as its device counts.

    told early, live -> recorded -> on `log`, acknowledged -> counted -> forgotten

The rule to know: store, sender and keeper are the unit's own; played are the lane and the broker.
The card is ext4 in a file behind a loop device, which root alone may mount; what the device got is
read from the kernel's count, so WAL, checkpoints, fsyncs and the file system's journal are in it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from tqdm import tqdm

from appliance.domain import Candidate, Passage
from appliance.health import Health
from appliance.keeper import ROUND_S, Keeper
from appliance.retention import Retention
from appliance.sender import Sender
from appliance.standing import StandingLists
from appliance.store.database import Database
from appliance.store.lists import ListStore
from appliance.store.outbox import Outbox
from appliance.store.passages import Passages
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Topics, passage_body
from appliance.yard import Yard
from appliance.yardsection import Parking
from tests.conftest import PASSAGE, UNIT
from tools.faults.disk import Disk

HELD = 20  # passages that are kept
SIZE_MB = 64
LIMIT = 64 * 1024  # bytes of a passage with its crop
BEGIN_MS = round((time.time() - 2 * 86400) * 1000)
CROP = b"\xff\xd8" + bytes(4092) + b"\xff\xd9"
"""4 kB stand for a JPEG; those of the bundled clip have 1 to 3."""
TOPICS = Topics("unit")
TEXTS = ("AB12CDE", "AB12CDF", "A812CDE", "AB12COE", "AB12CD")  # as a doubtful plate is read


class Unit:
    """Store, sender and keeper of a unit whose passages are played.

    Args:
        path: of the database.
        parking: `[parking]` of its configuration.
    """

    def __init__(self, path: Path, parking: Parking, held: ExitStack) -> None:
        """Put together what `app` would; `held` closes it."""
        lane, sending, keeping = (
            held.enter_context(closing(Database(path))) for _loop in ("see", "send", "maintain")
        )
        wake, stopping, health = Event(), Event(), Health()
        link = FakeLink(TOPICS, wake)
        link.connect()
        self.passages = Passages(lane, 10**8)
        self.sender = Sender(
            Outbox(sending), link, TOPICS, health, wake, stopping, Retention(7 * 86400.0)
        )
        self.sender.keeps_image = True
        self.keeper = Keeper(
            passages=Passages(keeping, 10**8),
            outbox=Outbox(keeping),
            standing=StandingLists(ListStore(keeping), 0.0),
            health=health,
            topics=TOPICS,
            link=link,
            stopping=stopping,
            retention=Retention(86400.0),
            tend=lambda: None,
            yard=Yard(keeping, parking, TOPICS),
        )

    def come(self, number: int) -> None:
        """A vehicle comes by, is told early, leaves and is counted; each turn finds one thing."""
        passage, fresh_until = _passage(number), time.monotonic() + 10
        body = passage_body(passage, UNIT, "det-3/ocr-7")
        self.passages.tell_early(passage, body, fresh_until)
        self.sender.turn()
        self.passages.record(passage, body, fresh_until, CROP)
        for _what in ("last and log", "receipts"):
            self.sender.turn()
        assert self.sender.outbox.waiting() == 0
        self.keeper.turn()

    def forget(self, number: int) -> None:
        """Retention's round: what is older than that passage goes, and the write-ahead log."""
        self.keeper.retention.ceiling_s = time.time() - _passage(number).epoch_ms / 1000 + ROUND_S
        self.keeper.forget_at = 0.0
        self.keeper.turn()


def main() -> int:
    """Print what was measured as JSON; 1 where it is more than a passage may cost."""
    parser = argparse.ArgumentParser(prog="tools/campaign card", description=__doc__)
    parser.add_argument("--passages", type=int, default=200, help="of each kind (200)")
    asked = parser.parse_args()
    parking = Parking(entering="approaching")
    kinds = {
        "60 an hour": (60, Parking()),
        "60, with [parking]": (60, parking),
        "1 an hour": (1, Parking()),
    }
    with tqdm(total=(asked.passages + HELD) * len(kinds), unit="passage") as bar:
        told = {}
        for name, (an_hour, parked) in kinds.items():
            with mounted() as disk:
                told[name] = cost(disk, asked.passages, an_hour, parked, bar.update)
    print(json.dumps(_report(asked.passages, told), indent=1))
    return int(told["60 an hour"] > LIMIT)


def _report(count: int, told: dict[str, int]) -> dict[str, object]:
    body = passage_body(_passage(0), UNIT, "det-3/ocr-7")
    return {
        "command": f"tools/campaign card --passages {count}",
        "bytes of a passage's payload": len(body.encode()),
        "bytes of its crop": len(CROP),
        "bytes to the card, of a passage": told,
    }


@contextmanager
def mounted() -> Iterator[Disk]:
    """A fresh card, gone afterwards.

    Raises:
        PermissionError: it cannot be mounted.
    """
    with (
        TemporaryDirectory(prefix="gatepost-card-") as folder,
        closing(Disk(Path(folder) / "card", SIZE_MB, card=True)) as disk,
    ):
        if not disk.small:
            raise PermissionError("ext4 behind a loop device cannot be mounted: expected root")
        yield disk


def cost(disk: Disk, count: int, an_hour: int, parking: Parking, tick: Callable[[], object]) -> int:
    """Bytes that the card gets for a passage, from when it is told until it is forgotten.

    Args:
        disk: the card.
        count: passages that are measured, after HELD others.
        an_hour: passages between two rounds of retention.
        parking: `[parking]` of the configuration.
        tick: called after each passage.
    """
    with ExitStack() as held:
        unit = Unit(disk.folder / "store" / "passages.sqlite", parking, held)
        before = 0
        for number in range(HELD + count):
            if number == HELD:
                unit.forget(0)
                before = disk.written()
            unit.come(number)
            if (number + 1) % an_hour == 0:
                unit.forget(number - HELD)
            tick()
        return (disk.written() - before) // count


def _passage(number: int) -> Passage:
    """One a minute of the day before yesterday, with the candidates of a doubtful read."""
    candidates = tuple(Candidate(text, 0.19) for text in TEXTS)
    settled = replace(PASSAGE.settled, read=replace(PASSAGE.settled.read, candidates=candidates))
    uuid = f"01JD3K7W6Y8ZB2Q4XN{number:08d}"
    return replace(PASSAGE, uuid=uuid, settled=settled, epoch_ms=BEGIN_MS + number * 60_000)


if __name__ == "__main__":
    sys.exit(main())
