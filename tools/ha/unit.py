"""The unit itself: `gatepost run` as a process, in front of a lane of `lane`.

The rule to know: nothing of the unit is replaced.  For this process alone /sys/class is a folder of
ours, so that its board has an LED and a temperature; that folder outlives it, as the kernel would.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from appliance.capture.lamp import FakeLed
from appliance.config import Config, load_config
from appliance.errors import RestartError
from appliance.update.progress import RUN, Desk
from tools.ha.broker import GATEPOST, ROOT, UNIT, Account
from tools.ha.lane import Lane
from tools.ha.releases import Releases

CONFIG = """\
[unit]
id = "{unit}"
camera = "gate"
site = "home"
[camera]
source = "{source}"
[store]
folder = "store"
[mqtt]
host = "127.0.0.1"
port = {port}
username = "{unit}"
password_file = "password"
last = {last}
[[policy]]
list = "allowed"
action = "open"
direction = ["approaching"]
[light]
power = {power}
[[light.head]]
led = "{led}"
[update]
url = "{url}"
root_file = "{root_file}"
folder = "updates"
"""
LED, POWER = "gatepost:ir:illuminator", 80
"""The light's name, and the percent that its owner allows at most."""
MILLICELSIUS = 48_200
ON_BOARD = 'mount --bind "$0" /sys/class && exec "$@"'
"""In a mount namespace of its own, which ends with it."""


class Unit:
    """A unit with a store of its own, which can be killed and started again.

    Attributes:
        account: with which it comes to the broker.
        led: its light.
    """

    def __init__(self, folder: Path, lane: Lane, account: Account, releases: Releases) -> None:
        """Write its configuration into `folder`, which exists; it is started by `start`."""
        self.account, self._folder, self._lane = account, folder, lane
        self._releases, self._desk = releases, Desk(folder / "run")
        self._desk.request.parent.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._board = folder / "class"
        self.led = FakeLed(self._board / "leds" / LED)
        zone = self._board / "thermal" / "thermal_zone0"
        zone.mkdir(parents=True)
        (zone / "type").write_text("cpu-thermal\n")
        (zone / "temp").write_text(f"{MILLICELSIUS}\n")
        password = folder / "password"
        password.write_text(account.password)
        password.chmod(0o600)
        self.configure(last=True)

    @property
    def config(self) -> Config:
        """What it is configured to."""
        return load_config(self._path)

    def configure(self, *, last: bool) -> None:
        """Write its configuration anew; it counts from the next start on."""
        told = {"source": self._lane.url, "port": self.account.port, "last": str(last).lower()}
        light = {"led": LED, "power": POWER}
        update = {"url": self._releases.url, "root_file": self._releases.root_file}
        self._path.write_text(CONFIG.format(unit=UNIT, **told, **light, **update))

    def put_on_list(self, name: str, plate: str) -> None:
        """`gatepost lists add`."""
        self._path.parent.joinpath("store").mkdir(exist_ok=True)
        command = [*GATEPOST, "lists", "add", name, plate, "--config", str(self._path)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603

    def start(self) -> None:
        """Start it from the release that is installed now, as updates.conf has it."""
        alone = ["unshare", "--mount", "sh", "-c", ON_BOARD, str(self._board)]
        launched = [sys.executable, "-m", "appliance.update.launch", str(self._folder / "updates")]
        self._process = self._begin([*alone, *launched, "-v", "run"])

    def asks_for_update(self) -> bool:
        """Whether there is a request."""
        return self._desk.request.exists()

    def begin_update(self) -> subprocess.Popen[bytes]:
        """What gatepost-update.path starts."""
        return self._begin([*GATEPOST, "update", "install", "--requested"])

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """SIGTERM, as systemd would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def asks_to_be_restarted(self) -> bool:
        """Whether it has ended by itself, with the code that says so."""
        return self._process is not None and self._process.poll() == RestartError.exit_code

    def _begin(self, command: list[str]) -> subprocess.Popen[bytes]:
        environment = os.environ | {RUN: str(self._desk.run), "PYTHONPATH": str(ROOT)}
        with (self._folder / "unit.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                [*command, "--config", str(self._path)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    @property
    def _path(self) -> Path:
        return self._folder / "gatepost.toml"
