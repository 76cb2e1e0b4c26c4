"""What `tools/homeassistant` runs: the scenes at a real Home Assistant, as a table.

python -m tools.ha.campaign --root .cache/homeassistant/root
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from appliance import __version__
from tools.ha.broker import HOME, OPERATOR, ROOT, UNIT, Ear, guarded_broker, until
from tools.ha.home import Home, device_of
from tools.ha.lane import Lane
from tools.ha.releases import Releases
from tools.ha.scenes import LISTS, SCENES, Scene
from tools.ha.site import COUNTED, USUAL, Site, counter
from tools.ha.unit import Unit

CLIP = ROOT / "tests" / "data" / "lane.mp4"
EXPECTED = "mqtt.client] Error returned from MQTT server: The connection was lost."
"""What Home Assistant says, rightly, when the broker dies."""
CALM_S = 12.0
"""After a scene: the unit says all again up to 10 s after Home Assistant's birth."""


def main() -> int:
    """Play every scene; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description="The unit in a real Home Assistant.")
    parser.add_argument("--root", type=Path, required=True, help="Debian root with /opt/ha")
    asked = parser.parse_args()
    with _site(asked.root) as site:
        _tell_versions(site)
        site.automate()
        wrong = [scene for scene in SCENES if _play(scene, site)]
        strange = _tell_entities(site) + _tell_complaints(site)
    print(
        f"\n{len(SCENES) - len(wrong)} of {len(SCENES)} scenes right, {strange} faults at the end"
    )
    return 1 if wrong or strange else 0


@contextmanager
def _site(root: Path) -> Iterator[Site]:
    """Everything started and known to each other; ended afterwards, however it ends."""
    with TemporaryDirectory(prefix="gatepost-ha-") as folder, ExitStack() as held:
        lane = Lane(CLIP)
        held.callback(lane.close)
        broker, accounts = guarded_broker(Path(folder))
        held.callback(broker.kill)
        ear = Ear(accounts[OPERATOR])
        held.callback(ear.close)
        releases = Releases(Path(folder))
        held.callback(releases.close)
        unit = Unit(Path(folder), lane, accounts[UNIT], releases)
        held.callback(unit.kill)
        for plate, name in LISTS.items():
            unit.put_on_list(name, plate)
        unit.start()
        home = Home(root, tuple(counter(name) for name in COUNTED))
        held.callback(home.kill)
        home.start()
        home.settle_in(accounts[HOME])
        until(lambda: device_of(home, UNIT) is not None, "discovery")
        yield Site(lane, broker, ear, unit, home, releases)


def _play(scene: Scene, site: Site) -> list[str]:
    """Play a scene and print its line; gives what was wrong, in words."""
    before, faults = site.counts(), list[str]()
    try:
        scene.act(site)
    except TimeoutError as fault:
        faults.append(str(fault))
    faults += [f"{row.key}: {row.shown}, not {row.expected}" for row in site.wrong(scene.but)]
    faults += [f"no trigger {name}" for name in sorted(site.lacking())]
    Event().wait(CALM_S)
    faults += site.forgotten()
    after = site.counts()
    fired = {name: after[name] - before[name] for name in COUNTED}
    for name in COUNTED:
        if name != USUAL and fired[name] != scene.fires.get(name, 0):
            faults.append(f"{name}: {fired[name]} times, not {scene.fires.get(name, 0)}")
    counts = "".join(f"{fired[name]:>{len(name) + 2}}" for name in COUNTED)
    print(f"{scene.name:<51}{counts}  {'; '.join(faults) or 'right'}", flush=True)
    if faults:
        print(f"the unit says of itself: {site.ear.told('state')}", file=sys.stderr)
    return faults


def _tell_versions(site: Site) -> None:
    """What is run, and the head of the table."""
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    mosquitto = next(re.finditer(r"mosquitto version \S+", site.broker.told()))[0]
    entities, triggers = site.device().entities, site.device().triggers
    print(f"tools/homeassistant, {day}: gatepost {__version__} ({_commit()}) as a process before")
    print(f"a network camera on loopback, Home Assistant {site.home.version()} from the package")
    print(f"index, {mosquitto} with passwords and the ACL file of `gatepost broker-acl`.")
    print(f"Found by itself: {len(entities)} entities, {len(triggers)} device triggers.")
    print("How often each automation fired; the usual recipe is the one we warn of.\n")
    names = "".join(f"  {name}" for name in COUNTED)
    print(f"{'':<51}{names}  every entity, every count", flush=True)


def _tell_entities(site: Site) -> int:
    """The entities one by one; gives how many are wrong."""
    site.wrong()  # they have had time to become right
    print(f"\n{'component':<12}{'entity':<47}{'shows':<37}right")
    told = site.rows()
    for row in told:
        right = "yes" if row.is_right else f"NO: {row.expected}"
        print(f"{row.key:<12}{row.entity:<47}{row.shown:<37}{right}")
    return sum(not row.is_right for row in told)


def _tell_complaints(site: Site) -> int:
    """What Home Assistant's log complains of; gives how many lines nobody expects."""
    print("\nWarnings and errors of Home Assistant about MQTT, templates and automations:")
    complaints = site.home.complaints()
    for line, count in complaints.items():
        print(f"{count:>3} {line}")
    return sum(EXPECTED not in line for line in complaints)


def _commit() -> str:
    """Of this working tree; empty where it is none."""
    asked = ("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return told.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
