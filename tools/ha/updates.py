"""What happens when somebody updates the unit from Home Assistant's page.

The rule to know: there is no systemd here.  What gatepost-update.path would start, and what starts
a unit again that asks for it, is done by these scenes.
"""

from __future__ import annotations

from typing import Any

from appliance.errand import NO_UPDATER
from tools.ha.broker import until
from tools.ha.site import Site

GOOD_S = 300.0  # a minute of being good, on a busy machine


def release_is_published(site: Site) -> None:
    """It is rolled out to all, and the unit is told to look now."""
    site.releases.offer()
    site.ear.say("update/set", "check")
    until(lambda: _shown(site).get("latest_version") == site.releases.version, "the new version")


def nobody_installs(site: Site) -> None:
    """The button is pressed where there is no updater: a problem; the release is still offered."""
    _press(site)
    until(lambda: any(NO_UPDATER in each for each in _problems(site)), "a problem")


def install_is_pressed(site: Site) -> None:
    """With an updater: progress is shown, the unit ends and is started again, the new one runs."""
    _press(site)
    until(site.unit.asks_for_update, "a request")
    updater = site.unit.begin_update()
    until(lambda: 0 < (_shown(site).get("update_percentage") or 0) < 100, "progress in between")
    until(lambda: updater.poll() is not None, "the updater's end")
    if updater.returncode:
        raise TimeoutError(f"the updater ended with {updater.returncode}")
    until(site.unit.asks_to_be_restarted, "the unit's end")
    site.becomes(there=False)
    site.unit.start()
    site.becomes(there=True)
    until(lambda: _shown(site).get("installed_version") == site.releases.version, "the new version")


def release_is_good(site: Site) -> None:
    """After a minute of frames, a write and the broker it is kept."""
    told = f"{site.releases.version} is good"
    until(lambda: site.ear.told("release")["last"].startswith(told), told, GOOD_S)


def _press(site: Site) -> None:
    site.home.act("update.install", entity_id=site.device().entities["update"])


def _shown(site: Site) -> dict[str, Any]:
    state = site.home.state(site.device().entities["update"])
    return dict(state["attributes"]) if state else {}


def _problems(site: Site) -> list[str]:
    problems: list[str] = site.ear.told("state")["problems"]
    return problems
