"""A Raspberry Pi that is a QEMU: starts what its firmware would start, until its power goes.

The rule to know: the board restarts by itself, as the real one does; who tests it only gives power,
takes it away, and looks.  The hardware's watchdog is armed before the kernel runs.
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from tools.machine.card import BOOTCONFIG, Card, run
from tools.machine.firmware import FirmwareError, Loading, Start, asked_for_try, choose, loading
from tools.machine.qmp import Monitor

MACHINE = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a76", "-accel", "tcg,thread=multi"]
"""A Pi 5's processor, whose int8 products are emulated faster than a Pi 4's.  QEMU's raspi3b and
raspi4b have no bus for a disk that is fast enough."""
UNGUARDED = "nokaslr norandmaps mitigations=off"
"""More for the kernel: with a page table of its own, as KASLR has it on this processor, each call
of it empties what QEMU has translated: a boot takes 75 s instead of 105 s.  Where each process has
its libraries elsewhere QEMU translates them for each anew: 61 s instead of 76."""
BARE = ["-nodefaults", "-display", "none", "-no-reboot"]
MEMORY = ["-m", "1024", "-smp", "1"]
DEVICES = ["-device", "virtio-rng-pci", "-device", "i6300esb"]
BOOTLOADER = "/chosen/bootloader"
"""Where the firmware leaves which partition it has taken, 32 bits each."""
TURN_S = 0.05
LIMIT_S = 30.0
END_S = 120.0
"""That a cut may take to end all: the firmware may be reading a kernel from the card just now."""
TAKEN_OVER = re.compile(r"gatepost: booted|systemd\[1\]|Failed to start|Timed out|login:")
"""On the console: the system runs, and from now on the watchdog is its own."""
SLOWNESS = 20
"""By how much a watchdog's seconds are stretched: the emulated processor is that much slower."""


@dataclass(slots=True)
class Run:
    """One start, and what became of it.

    Attributes:
        start: what the firmware chose.
        console: what it said on its serial line.
        began_at, ended_at: monotonic seconds; 0: it goes on.
        ending: restart, try (a restart that asks for one), panic, watchdog, off, cut.
    """

    start: Start
    console: Path
    began_at: float
    ended_at: float = 0.0
    ending: str = ""

    @property
    def said(self) -> str:
        """The console's text."""
        return self.console.read_text(errors="replace") if self.console.exists() else ""


class Board:
    """A board with a card in it.

    Attributes:
        runs: every start since it was built, the newest last.
        fault: why the firmware cannot start anything; empty: it can.
        stops_at_try: its power goes when a try is asked for, so that `switch_on` may begin with it.
    """

    def __init__(self, card: Card, stick: Card, folder: Path, ssh_port: int) -> None:
        """Build one.

        Args:
            card: its card.
            stick: another unit's card beside it, which it can only read: with the same labels.
            folder: for what it says.
            ssh_port: of the host, which leads to the board's port 22.
        """
        self.card, self.stick, self.folder, self.ssh_port = card, stick, folder, ssh_port
        self.runs: list[Run] = []
        self.fault = ""
        self._lock = threading.Lock()
        self._qemu: subprocess.Popen[bytes] | None = None
        self._monitor: Monitor | None = None
        self._has_power = False
        self._thread = threading.Thread()
        self.stops_at_try = False
        folder.mkdir(parents=True, exist_ok=True)

    def switch_on(self, *, is_try: bool = False) -> None:
        """Give it power; `is_try`: as after a restart that asked for a try.

        Raises:
            RuntimeError: it runs: a second QEMU would write to the same card.
        """
        if self.is_on:
            raise RuntimeError(f"{self.folder.name}: runs already")
        self._has_power, self.fault = True, ""
        self._thread = threading.Thread(target=self._live, args=(is_try,), daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Take its power away, at once: SIGKILL to QEMU.

        Raises:
            RuntimeError: something may write to the card still.
        """
        self._has_power = False
        with self._lock:
            if self._qemu:
                self._qemu.kill()
        if self.is_on:
            self._thread.join(END_S)
        if self.is_on:
            raise RuntimeError(f"{self.folder.name}: runs {END_S:.0f} s after its power went")

    def written(self) -> int:
        """Bytes that the card has taken since the newest start.

        Raises:
            OSError: nobody can say: it does not run, or restarts just now.
        """
        with self._lock:
            if self._monitor is None:
                raise OSError(f"{self.folder.name}: does not run, or restarts just now")
            return self._monitor.written()

    @property
    def is_on(self) -> bool:
        """Whether it runs, or restarts just now."""
        return self._thread.is_alive()

    def _live(self, is_try: bool) -> None:
        try:
            while self._has_power:
                autoboot = self.card.read(BOOTCONFIG, "autoboot.txt").decode()
                ending = self._start(choose(autoboot, is_try=is_try))
                is_try = ending == "try"
                if ending == "off" or (is_try and self.stops_at_try):
                    return
        except (FirmwareError, RuntimeError, OSError, ValueError, SubprocessError) as fault:
            self.fault = f"{type(fault).__name__}: {fault}"
        finally:
            self._stop()

    def _start(self, start: Start) -> str:
        """Start once; gives how that ended, "" where the power went before."""
        config = self.card.read(start.partition, "config.txt").decode()
        asked = loading(config, is_try=start.is_try)
        console = self.folder / f"console-{len(self.runs) + 1:03}.txt"
        command = self._command(start, asked, console)
        one = Run(start, console, time.monotonic())
        with self._lock:
            if not self._has_power:
                return ""
            with (self.folder / "qemu.txt").open("ab") as said:
                self._qemu = subprocess.Popen(command, stdout=said, stderr=said)  # noqa: S603
            self._monitor = self._talk()
        if self._monitor is None:
            raise RuntimeError(f"QEMU does not come up; {self.folder / 'qemu.txt'} may say why")
        self.runs.append(one)
        is_starved = self._watch(one, asked.watchdog_s * SLOWNESS)
        one.ended_at, one.ending = time.monotonic(), self._ending(one, is_starved=is_starved)
        return one.ending

    def _watch(self, one: Run, watchdog_s: float) -> bool:
        """Until it ends; whether the watchdog did it."""
        assert self._qemu is not None
        is_armed = watchdog_s > 0
        while self._qemu.poll() is None:
            time.sleep(TURN_S)
            if is_armed and time.monotonic() - one.began_at > watchdog_s:
                is_armed = TAKEN_OVER.search(one.said) is None
                if is_armed:
                    self._qemu.kill()
                    self._qemu.wait(LIMIT_S)
                    return True
        return False

    def _stop(self) -> None:
        """Whatever broke off: nothing goes on writing to the card."""
        with self._lock:
            if self._qemu:
                self._qemu.kill()
                self._qemu.wait(LIMIT_S)
            if self._monitor:
                self._monitor.close()
            self._monitor = self._qemu = None

    def _ending(self, one: Run, *, is_starved: bool) -> str:
        with self._lock:
            events = self._monitor.last_words() if self._monitor else []
            self._monitor = self._qemu = None
        if not self._has_power:
            return "cut"
        if is_starved or any(each["event"] == "WATCHDOG" for each in events):
            return "watchdog"
        if any(each.get("data", {}).get("reason") == "guest-shutdown" for each in events):
            return "off"
        if "Kernel panic" in one.said:
            return "panic"
        return "try" if asked_for_try(one.said) else "restart"

    def _talk(self) -> Monitor | None:
        """A connection to the QEMU that has just been started; None where it does not come up."""
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until and self._qemu and self._qemu.poll() is None:
            try:
                return Monitor(self.folder / "monitor")
            except OSError:
                time.sleep(TURN_S)
        return None

    def _command(self, start: Start, asked: Loading, console: Path) -> list[str]:
        """QEMU with what the firmware loads from the partition."""
        words = self.card.read(start.partition, asked.arguments).decode().strip()
        loaded = ["-kernel", str(self._loaded(start.partition, asked.kernel))]
        if asked.initramfs:
            loaded += ["-initrd", str(self._loaded(start.partition, asked.initramfs))]
        net = f"user,id=net,hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"
        disk = f"if=none,id=card,format=raw,file={self.card.path}"
        stick = f"if=none,id=stick,format=raw,readonly=on,file={self.stick.path}"
        monitor = self.folder / "monitor"
        monitor.unlink(missing_ok=True)
        return [
            *(*MACHINE, *MEMORY, *BARE, *DEVICES, *loaded, "-append", f"{words} {UNGUARDED}"),
            *("-dtb", str(self._tree(start)), "-serial", f"file:{console}"),
            *("-drive", disk, "-device", "virtio-blk-pci,drive=card"),
            *("-drive", stick, "-device", "virtio-blk-pci,drive=stick"),
            *("-netdev", net, "-device", "virtio-net-pci,netdev=net,romfile="),
            *("-qmp", f"unix:{monitor},server=on,wait=off", "-action", "watchdog=reset"),
        ]

    def _loaded(self, partition: int, name: str) -> Path:
        out = self.folder / name
        out.write_bytes(self.card.read(partition, name))
        return out

    def _tree(self, start: Start) -> Path:
        """The board's device tree, with what the firmware adds."""
        plain, told = self.folder / "plain.dtb", self.folder / "told.dtb"
        if not plain.exists():
            dump = ["-M", f"dumpdtb={plain}", "-nodefaults", "-display", "none"]
            run([*MACHINE, *MEMORY, *dump])
        told.write_bytes(plain.read_bytes())
        for key, value in (("partition", start.partition), ("tryboot", int(start.is_try))):
            run(["fdtput", "-p", "-t", "u", str(told), BOOTLOADER, key, str(value)])
        return told
