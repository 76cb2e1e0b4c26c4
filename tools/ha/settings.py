"""What somebody sets in Home Assistant: the days of the history, night mode and the light.

The rule to know: what was set is noted in `Site.asked`, for the unit must say so after every scene
from then on, restarts of each part among them.
"""

from __future__ import annotations

from tools.ha.broker import until
from tools.ha.site import Site
from tools.ha.unit import POWER

TOPICS = {
    "keep": "retention_days",
    "mode": "night_mode",
    "irsw": "illuminator",
    "irpow": "illuminator_power",
}
"""Where the unit says what stands, by component."""
DIMMED = 40
KEPT_DAYS = 3  # of the configuration file, which names none: 72 h


def keeps_for_two_days(site: Site) -> None:
    """Less than the file says."""
    _set_number(site, "keep", 2)


def keeps_for_three_days(site: Site) -> None:
    """As the file says."""
    _set_number(site, "keep", KEPT_DAYS)


def light_is_forbidden(site: Site) -> None:
    """The switch is off, and the light dark."""
    _set(site, "irsw", "switch.turn_off", "OFF")
    _shines(site, 0)


def night_is_dark(site: Site) -> None:
    """Night is asked for, while the switch is off."""
    _set(site, "mode", "select.select_option", "night", option="night")
    until(lambda: _time_of_day(site) == "night", "night in the state")
    _shines(site, 0)


def light_is_released(site: Site) -> None:
    """The switch is on, by night: it is lit, as bright as the file allows."""
    _set(site, "irsw", "switch.turn_on", "ON")
    _shines(site, POWER)


def light_is_dimmed(site: Site) -> None:
    """Half of that, while it is lit."""
    _set_number(site, "irpow", DIMMED)
    _shines(site, DIMMED)


def day_is_seen(site: Site) -> None:
    """The unit is to decide by the picture, which is bright: it makes the light dark to look."""
    until(lambda: _is_lit(site), "light in the state")
    _set(site, "mode", "select.select_option", "auto", option="auto")
    until(lambda: _time_of_day(site) != "night", "no night in the state")
    _shines(site, 0)


def light_is_bright(site: Site) -> None:
    """As the file allows, while it is dark."""
    _set_number(site, "irpow", POWER)


def light_waits(site: Site) -> None:
    """The switch is on, by day: dark."""
    _set(site, "irsw", "switch.turn_on", "ON")
    _shines(site, 0)


def _set_number(site: Site, key: str, value: int) -> None:
    _set(site, key, "number.set_value", str(value), value=value)


def _set(site: Site, key: str, service: str, said: str, **fields: object) -> None:
    """Set an entity as its page does, until the unit says so."""
    topic = TOPICS[key]
    site.home.act(service, entity_id=site.device().entities[key], **fields)
    site.asked[topic] = said
    until(lambda: site.ear.word(topic) == said, f"{said} on {topic}")


def _shines(site: Site, percent: int) -> None:
    """Wait until the LED gives so much, and the unit says whether it is lit."""
    until(lambda: site.unit.led.shown == percent, f"{percent} % of light")
    until(lambda: _is_lit(site) == (percent > 0), "the same in the state")


def _is_lit(site: Site) -> bool:
    return bool(site.ear.told("state")["ir"]["lit"])


def _time_of_day(site: Site) -> str:
    outside = site.ear.told("state")["outside"]
    return str(outside["time_of_day"]) if outside else ""
