"""Keeps the unit running as systemd would: whenever it ends, it is started again."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread

from tools.faults.unit import Orders, live

PRELOADED = ["cv2", "numpy", "paho.mqtt.client", "paho.mqtt.properties", "pydantic", "ulid", "json"]
"""What takes long to import; none of the unit's own modules, which begin anew with each life."""
RESTART_S = 0.1  # systemd's RestartSec by default
STOP_S = 30.0


class Life:
    """A unit that lives again and again until it is closed.

    Attributes:
        starts: how often it was started.
        kills: how often it was killed by `kill`.
        ends: the exit codes of the times that it ended unasked.
        damages: what `PRAGMA integrity_check` found after a SIGKILL, where that was not "ok".
    """

    def __init__(self, orders: Orders, database: Path) -> None:
        """Start it; `database` is looked at after each SIGKILL."""
        self._orders, self._database = orders, database
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._closing, self._asked = Event(), Event()
        self._process: BaseProcess | None = None
        self.starts = self.kills = 0
        self.ends: list[int] = []
        self.damages: list[str] = []
        self._thread = Thread(target=self._keep, daemon=True)
        self._thread.start()

    @property
    def journals(self) -> list[Path]:
        """Of each life, in order."""
        return [self._journal(number) for number in range(1, self.starts + 1)]

    @property
    def pid(self) -> int:
        """Of the process that is alive now; 0 where none is."""
        process = self._process
        return process.pid or 0 if process is not None and process.is_alive() else 0

    @property
    def works(self) -> bool:
        """Whether the present life has seen a vehicle."""
        journal = self._journal(self.starts)
        alive = self._process is not None and self._process.is_alive()
        return alive and journal.exists() and '"ask"' in journal.read_text(encoding="utf-8")

    def kill(self, number: signal.Signals) -> None:
        """Send a signal that ends it; it is started again when it has ended."""
        process = self._process
        if process is not None and process.pid is not None and process.is_alive():
            self._asked.set()
            self.kills += number == signal.SIGKILL
            (process.kill if number == signal.SIGKILL else process.terminate)()

    def limit(self, size: int) -> None:
        """Let it write no file beyond `size` bytes; -1 for no limit."""
        process = self._process
        if process is not None and process.pid is not None and process.is_alive():
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, -1))

    def close(self) -> None:
        """Have it end in good order, and leave it so."""
        self._closing.set()
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
        self._thread.join(STOP_S)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()
            self._thread.join(STOP_S)

    def _journal(self, number: int) -> Path:
        return self._orders.folder / f"life-{number}.jsonl"

    def _keep(self) -> None:
        while not self._closing.is_set():
            self.starts += 1
            process = self._context.Process(
                target=live, args=(self._orders, self._journal(self.starts))
            )
            process.start()
            self._process = process
            process.join()
            self._bury(process.exitcode or 0)
            self._closing.wait(RESTART_S)

    def _bury(self, code: int) -> None:
        if not self._asked.is_set() and not self._closing.is_set():
            self.ends.append(code)
        self._asked.clear()
        if code == -signal.SIGKILL:
            self._look_at_the_file()

    def _look_at_the_file(self) -> None:
        """Check a copy of what the dead unit has left, as the next start will find it."""
        if not self._database.exists():
            return
        copy = self._orders.folder / "copy.sqlite"
        for suffix in ("", "-wal"):
            left, taken = Path(f"{self._database}{suffix}"), Path(f"{copy}{suffix}")
            taken.unlink(missing_ok=True)
            if left.exists():
                shutil.copyfile(left, taken)
        with closing(sqlite3.connect(copy)) as connection:
            told = connection.execute("PRAGMA integrity_check").fetchall()
        if told != [("ok",)]:
            self.damages.append(f"{time.monotonic():.3f}: {told}")
