"""The kinds of faults: each strikes a site once, and leaves it mended but for the unit's own part.

The rule to know: how long and how hard is drawn from the round's own chance, so a round can be
played again; when exactly it strikes the unit depends on the machine as well.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterable

from tools.faults.site import Site

Fault = Callable[[Site], None]

FILE_LIMIT = 64 * 1024  # bytes: its journals of a life stay below, the database's log does not
STALL_S = 3.0  # the longest that a byte waits in the proxy
AT_WORK = 0.8  # share of the faults that strike a unit at work; the others whatever it does
KILLED_DURING = 0.25  # share of the faults that last a while in which the unit is killed too
JUMPS_S = (-400 * 86400.0, -86400.0, -3600.0, -90.0, -5.0, 5.0, 90.0, 3600.0, 86400.0, 5 * 86400.0)


def kill(site: Site) -> None:
    """SIGKILL of the unit."""
    site.life.kill(signal.SIGKILL)


def stop(site: Site) -> None:
    """SIGTERM of the unit."""
    site.life.kill(signal.SIGTERM)


def broker(site: Site) -> None:
    """SIGKILL of the broker, which comes back with the sessions that it had saved."""
    _kill_broker(site)
    _last(site, 0.1, 1.5)
    site.broker.restart()
    site.ear.wait()
    site.broker.save()


def empty_broker(site: Site) -> None:
    """SIGKILL of the broker, which comes back knowing nobody; the listener is there first."""
    _kill_broker(site)
    (site.folder / "broker" / "mosquitto.db").unlink(missing_ok=True)
    site.proxy.shut.set()
    _last(site, 0.1, 1.0)
    site.broker.restart()
    site.ear.wait()
    site.broker.save()
    site.proxy.heal()


def cut(site: Site) -> None:
    """Every connection to the broker ends."""
    site.proxy.cut()


def stall(site: Site) -> None:
    """No byte goes either way for a while; then all do, or the connection ends without them."""
    site.proxy.stalled.set()
    _last(site, 0.2, STALL_S)
    if site.chance.random() < 0.5:
        site.proxy.cut()
    site.proxy.heal()


def slow(site: Site) -> None:
    """Few bytes go for a while."""
    site.proxy.slow.set()
    _last(site, 0.5, 2.5)
    site.proxy.heal()


def full(site: Site) -> None:
    """ENOSPC for a while: nothing is free on the unit's disk, a tmpfs."""
    site.disk.fill()
    _last(site, 0.5, 3.0)
    site.disk.free()


def limit(site: Site) -> None:
    """EFBIG for a while: the unit may write nothing beyond FILE_LIMIT of any file."""
    site.life.limit(FILE_LIMIT)
    _last(site, 0.5, 3.0)
    site.life.limit(-1)


def clock(site: Site) -> None:
    """The wall clock is set, by seconds to a year, and sometimes while the unit is not there."""
    if site.chance.random() < KILLED_DURING:
        kill(site)
    site.set_clock(site.chance.choice(JUMPS_S))


def _kill_broker(site: Site) -> None:
    """Let the listener read what is on its way to it, then SIGKILL.

    What mosquitto has acknowledged it has written to the listener's socket, and forgets; a listener
    that finds the connection gone before it has read that far has lost it, whatever a unit does.
    """
    site.broker.freeze()
    site.ear.read_all()
    site.broker.kill()


def _last(site: Site, least_s: float, most_s: float) -> None:
    """Let the fault last; the unit may be killed in the middle of it."""
    if site.chance.random() < KILLED_DURING:
        site.wait(least_s / 2, most_s / 2)
        kill(site)
    site.wait(least_s / 2, most_s / 2)


KINDS: dict[str, Fault] = {
    "kill": kill,
    "stop": stop,
    "broker": broker,
    "empty broker": empty_broker,
    "cut": cut,
    "stall": stall,
    "slow": slow,
    "full disk": full,
    "file limit": limit,
    "clock": clock,
}


def strike(site: Site, kinds: Iterable[str]) -> Counter[str]:
    """These faults, one after the other; gives how many there were of each.

    A unit that is killed while another fault lasts counts as a fault of its own, and one that was
    not running when it should have been killed counts as none.
    """
    done: Counter[str] = Counter()
    for kind in kinds:
        if kind == "full disk" and not site.disk.small:
            continue  # nobody lets us mount one
        if site.chance.random() < AT_WORK:
            site.wait_for_work()
        site.wait(0.1, 1.5)
        KINDS[kind](site)
        done[kind] += 1
    done["kill"] += site.life.kills - done["kill"]
    return done
