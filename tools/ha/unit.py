"""The unit itself: `gatepost run` as a process, in front of a lane of `lane`.

The rule to know: nothing of the unit is replaced.  For this process alone /sys/class is a folder of
ours, so that its board has an LED and a temperature; that folder outlives it, as the kernel would.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from appliance.capture.lamp import FakeLed
from appliance.config import Config, load_config
from appliance.errors import RestartError
from tools.ha.broker import GATEPOST, ROOT, UNIT, Account
from tools.ha.lane import Lane

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

    def __init__(self, folder: Path, lane: Lane, account: Account) -> None:
        """Write its configuration into `folder`, which exists; it is started by `start`."""
        self.account, self._folder, self._lane = account, folder, lane
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
        self._path.write_text(CONFIG.format(unit=UNIT, **told, **light))

    def put_on_list(self, name: str, plate: str) -> None:
        """`gatepost lists add`."""
        self._path.parent.joinpath("store").mkdir(exist_ok=True)
        command = [*GATEPOST, "lists", "add", name, plate, "--config", str(self._path)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603

    def start(self) -> None:
        """Start it."""
        with (self._folder / "unit.log").open("ab") as log:
            alone = ["unshare", "--mount", "sh", "-c", ON_BOARD, str(self._board)]
            command = [*alone, *GATEPOST, "-v", "run", "--config", str(self._path)]
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)  # noqa: S603

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

    @property
    def _path(self) -> Path:
        return self._folder / "gatepost.toml"
