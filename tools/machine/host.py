"""What a unit in the field meets: a camera, a broker, a server with releases, and who vouches.

The rule to know: everything listens on the host's loopback, which QEMU shows to the board as HOST.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.machine.authority import HOST, Authority
from tools.machine.broker import PASSWORD, USER, Broker
from tools.machine.camera import GONE_S, SILENT_S, Cameras
from tools.machine.card import run
from tools.machine.site import Files

SETTINGS = """[unit]
id = "{unit}"
camera = "lane"

[camera]
source = "http://{host}:{cameras}/{unit}"
silent_s = {silent_s}

[recognition]
threads = 1

[lane]
gone_s = {gone_s}

[mqtt]
host = "{host}"
port = {broker}
username = "{user}"
password_file = "mqtt-password"
tls = true
ca_file = "gatepost-ca.crt"

[update]
url = "https://{host}:{files}/{unit}"
root_file = "gatepost-root.pub"
ca_file = "gatepost-ca.crt"

[secrets]
mqtt_password = "{password}"
"""
"""Of gatepost.toml."""


@dataclass(frozen=True, slots=True)
class Host:
    """All that listens on it.

    Attributes:
        broker, files, cameras: running.
        authority: vouches for broker and files.
        ssh_key: private, of who may log in on the boards.
    """

    broker: Broker
    files: Files
    cameras: Cameras
    authority: Authority
    ssh_key: Path

    def settings(self, unit: str, root: bytes) -> dict[str, bytes]:
        """What is put onto the card of a unit.

        Args:
            unit: its id.
            root: the public root key of releases, PEM.
        """
        ports = {"broker": self.broker.port, "files": self.files.port}
        ports |= {"cameras": self.cameras.port}
        words = {"host": HOST, "user": USER, "password": PASSWORD}
        words |= {"gone_s": str(GONE_S), "silent_s": str(SILENT_S)}
        return {
            "gatepost.toml": SETTINGS.format(unit=unit, **words, **ports).encode(),
            "gatepost-ca.crt": self.authority.certificate.read_bytes(),
            "gatepost-root.pub": root,
            "gatepost-ssh.pub": self.ssh_key.with_suffix(".pub").read_bytes(),
        }

    def stop(self) -> None:
        """End what runs beside this program."""
        self.broker.stop()


def open_host(folder: Path) -> Host:
    """Start everything; files are served from `folder`/site.

    Raises:
        RuntimeError: something does not come up.
    """
    authority = Authority(folder / "host").make()
    pair = authority.signed("host", "server")
    key = folder / "host/ssh"
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    (folder / "site").mkdir(exist_ok=True)
    files = Files(folder / "site", *pair)
    return Host(Broker(folder / "broker", *pair), files, Cameras(), authority, key)
