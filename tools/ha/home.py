"""A real Home Assistant in a Debian root of its own: started, set up and asked without a browser.

The rule to know: it is set up through the interfaces that its own pages use, so nothing is put into
its storage by hand; only `configuration.yaml` and the blueprint are files, as a user writes them.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from websockets.sync.client import connect

from tools.ha.broker import PATIENCE_S, ROOT, Account, until

CONFIGURATION = """\
http:
  server_host: 127.0.0.1
api:
config:
automation: !include automations.yaml
counter:
{counters}"""
BLUEPRINT = "gatepost/gatepost_gate.yaml"
ENTER = 'mount --bind /proc "$0/proc" && exec chroot "$0" /opt/ha/bin/hass --config /config'
"""In a mount namespace of its own, which ends with it."""
COMPLAINT = re.compile(
    r"(?:WARNING|ERROR|CRITICAL) \(\w+\) "
    r"(\[homeassistant\.(?:helpers|components\.(?:mqtt|automation|blueprint|text|event|number|select|switch|update)).*)"
)
"""A line of its log that may be about the unit; the others are about the machine."""
STARTED_S = 600.0
"""At its first start it installs, and builds, what its own parts need."""
HERE, PAGES = "127.0.0.1", "127.0.0.1:8123"


class Home:
    """Home Assistant, which can be stopped and started again.

    Attributes:
        started_at: when it was last, monotonic seconds.
    """

    def __init__(self, root: Path, counters: tuple[str, ...]) -> None:
        """Write its configuration anew; it is started by `start`.

        Args:
            root: the Debian root, which has it in /opt/ha.
            counters: the counters it shall have; they survive its restart.
        """
        self.started_at = 0.0
        self._root, self._token = root, ""
        self._log = root / "hass.log"
        self._log.unlink(missing_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._configure(counters)

    def start(self) -> None:
        """Start it; it has started all its parts on return, or waits for its first user."""
        self.started_at = monotonic()
        with self._log.open("ab") as log:
            command = ["unshare", "--mount", "sh", "-c", ENTER, str(self._root)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
        until(self._answers, "Home Assistant has started", STARTED_S)

    def stop(self) -> None:
        """SIGTERM: it saves its states, says `offline` and ends."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """SIGKILL, should it still run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def settle_in(self, account: Account) -> None:
        """Create the first user, take a token that lasts, and connect it to the broker."""
        client = f"http://{PAGES}/"
        name, word = "owner", secrets.token_hex(8)
        user = {"client_id": client, "name": name, "username": name, "password": word}
        code = self.post("onboarding/users", user | {"language": "en"})["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client}
        form = urllib.parse.urlencode(grant).encode()
        self._token = json.loads(self._call("/auth/token", form))["access_token"]
        self.ask("http/config/promote")  # else, since 2026.11, it undoes `http:` after 5 min
        self.post("onboarding/core_config", {})
        self.post("onboarding/analytics", {})
        self.post("onboarding/integration", {"client_id": client, "redirect_uri": client})
        lasting = {"client_name": "gatepost", "lifespan": 1}
        self._token = self.ask("auth/long_lived_access_token", **lasting)
        until(self._answers, "Home Assistant has started all its parts", STARTED_S)
        self._connect_as(account)

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401  # JSON
        """POST to `/api/...`; gives what it answers."""
        return json.loads(self._call(f"/api/{path}", json.dumps(body).encode()) or b"null")

    def get(self, path: str) -> Any:  # noqa: ANN401  # JSON
        """GET `/api/...`."""
        return json.loads(self._call(f"/api/{path}"))

    def ask(self, kind: str, **fields: object) -> Any:  # noqa: ANN401  # JSON
        """The result of one command over its WebSocket; RuntimeError where it refuses."""
        with connect(f"ws://{PAGES}/api/websocket", max_size=None) as socket:
            socket.recv(PATIENCE_S)
            socket.send(json.dumps({"type": "auth", "access_token": self._token}))
            socket.recv(PATIENCE_S)
            socket.send(json.dumps({"id": 1, "type": kind} | fields))
            answer = json.loads(socket.recv(PATIENCE_S))
        if not answer.get("success"):
            raise RuntimeError(f"{kind}: {answer.get('error')}")
        return answer["result"]

    def act(self, service: str, **fields: object) -> None:
        """Carry out a service such as `text.set_value`."""
        self.post(f"services/{service.replace('.', '/')}", fields)

    def state(self, entity: str) -> dict[str, Any] | None:
        """The state of an entity with its attributes; None where there is none."""
        try:
            state: dict[str, Any] = self.get(f"states/{entity}")
        except urllib.error.HTTPError as fault:
            if fault.code != 404:
                raise
            return None
        return state

    def image(self, entity: str) -> bytes:
        """The picture that an image entity shows, as a page gets it."""
        return self._call(f"/api/image_proxy/{entity}")

    def complaints(self) -> Counter[str]:
        """The warnings, and worse, in its log that may be about the unit, and how often each."""
        return Counter(COMPLAINT.findall(self._log.read_text()))

    def version(self) -> str:
        """Its own."""
        return str(self.get("config")["version"])

    def _connect_as(self, account: Account) -> None:
        """Add the MQTT integration, as its dialogue asks for it since 2026.9."""
        flow = self.post("config/config_entries/flow", {"handler": "mqtt"})["flow_id"]
        hidden = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
        place = {"broker": HERE, "port": account.port, "protocol": "5", "other_settings": hidden}
        who = {"username": account.user, "password": account.password}
        told = self.post(f"config/config_entries/flow/{flow}", place | who)
        if told.get("type") != "create_entry":
            raise RuntimeError(f"MQTT: {told.get('errors')}")

    def _configure(self, counters: tuple[str, ...]) -> None:
        folder = self._root / "config"
        shutil.rmtree(folder, ignore_errors=True)
        blueprint = folder / "blueprints" / "automation" / BLUEPRINT
        blueprint.parent.mkdir(parents=True)
        shutil.copy(ROOT / "docs" / "gatepost_gate.yaml", blueprint)
        lines = "".join(f"  {name}:\n" for name in counters)
        text = CONFIGURATION.format(counters=lines)
        (folder / "configuration.yaml").write_text(text)
        (folder / "automations.yaml").write_text("[]\n")

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"Home Assistant has ended: {self._log}")
        try:
            if self._token:
                return bool(self.get("config")["state"] == "RUNNING")
            return bool(self.get("onboarding"))
        except (OSError, urllib.error.HTTPError):
            return False

    def _call(self, path: str, body: bytes | None = None) -> bytes:
        form = path == "/auth/token"
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(f"http://{PAGES}{path}", body, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310  # http
            content: bytes = answer.read()
            return content


@dataclass(frozen=True, slots=True)
class Device:
    """What Home Assistant made of the discovery document.

    Attributes:
        id: of the device.
        entities: the entity's id by the component's key.
        triggers: the device triggers, as an automation takes them, by their type.
    """

    id: str
    entities: dict[str, str]
    triggers: dict[str, dict[str, Any]]


def device_of(home: Home, unit: str) -> Device | None:
    """The unit as Home Assistant has it; None where it does not know it."""
    name, prefix = f"gatepost_{unit}", f"gatepost_{unit}_"
    devices = home.ask("config/device_registry/list")
    found = [device["id"] for device in devices if ["mqtt", name] in device["identifiers"]]
    if not found:
        return None
    entities = {
        entity["unique_id"].removeprefix(prefix): entity["entity_id"]
        for entity in home.ask("config/entity_registry/list")
        if entity["unique_id"].startswith(prefix)
    }
    listed = home.ask("device_automation/trigger/list", device_id=found[0])
    triggers = {each["type"]: each for each in listed if each["domain"] == "mqtt"}
    return Device(found[0], entities, triggers)
