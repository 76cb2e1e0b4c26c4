"""Threads, beats, stopping, and what systemd hears."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, current_thread

import pytest

from appliance.errors import LinkError, StalledError
from appliance.supervisor import Loop, supervise
from appliance.threads import is_hung
from tests.conftest import until

Beat = Callable[[], None]


LONG_S = 30.0


@pytest.fixture
def stopping() -> Event:
    """Told to the loops."""
    return Event()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def _heard(systemd: socket.socket) -> list[str]:
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(systemd.recv(100).decode())
    return heard


def _patient(stopping: Event, ended: list[str]) -> Loop:
    """A good loop, which notes that it ended when asked."""

    def run(beat: Beat) -> None:
        while not stopping.wait(0.05):
            beat()
        ended.append(current_thread().name)

    return Loop("patient", run, LONG_S)


def test_the_first_error_reaches_the_caller_and_the_rest_is_left(stopping: Event) -> None:
    """As it was raised, so that it gives its own exit code."""

    def fail(beat: Beat) -> None:
        beat()
        raise LinkError("nothing acknowledged")

    with pytest.raises(LinkError, match="nothing acknowledged"):
        supervise([_patient(stopping, []), Loop("failing", fail, LONG_S)], stopping)


def test_an_error_asks_the_other_loops_to_stop(stopping: Event) -> None:
    """They may still put their outputs to rest."""

    def fail(_beat: Beat) -> None:
        raise LinkError

    with pytest.raises(LinkError):
        supervise([_patient(stopping, []), Loop("failing", fail, LONG_S)], stopping)
    assert stopping.is_set()


def test_a_silent_loop_ends_the_process(stopping: Event) -> None:
    """The message names the loop and its limit."""

    def hang(beat: Beat) -> None:
        beat()
        stopping.wait(LONG_S)

    with pytest.raises(StalledError, match=r"loop hanging: no beat for .*every 0.3 s"):
        supervise([_patient(stopping, []), Loop("hanging", hang, 0.3)], stopping)


def test_a_loop_that_ends_ends_the_others(stopping: Event) -> None:
    """A recording that is over, say: the others come to rest, and no error is raised."""
    ended: list[str] = []
    supervise([_patient(stopping, ended), Loop("short", lambda beat: beat(), LONG_S)], stopping)
    assert ended == ["loop patient"]


def test_an_error_while_stopping_is_not_lost(stopping: Event) -> None:
    """The last rows could not be written, say."""

    def fail_late(_beat: Beat) -> None:
        stopping.wait(LONG_S)
        raise LinkError("too late")

    loops = [Loop("late", fail_late, LONG_S), Loop("short", lambda beat: beat(), LONG_S)]
    with pytest.raises(LinkError, match="too late"):
        supervise(loops, stopping)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_cleanly(stopping: Event, number: signal.Signals) -> None:
    """Every loop returns, and the signals do what they did before."""
    ended: list[str] = []
    before = signal.getsignal(number)

    def ask(beat: Beat) -> None:
        os.kill(os.getpid(), number)
        while not stopping.wait(0.05):
            beat()

    supervise([_patient(stopping, ended), Loop("asking", ask, LONG_S)], stopping)
    assert ended == ["loop patient"]
    assert signal.getsignal(number) is before


def test_without_a_terminal_it_goes_on_under_nohup(stopping: Event) -> None:
    """Which has the signal ignored; it stays so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        short = Loop("short", lambda _beat: os.kill(os.getpid(), signal.SIGHUP), LONG_S)
        assert supervise([short], stopping) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_loop_that_does_not_stop_is_stalled(stopping: Event) -> None:
    """Though it keeps beating, the stop has its time; and what still runs then is known."""
    released = Event()

    def go_on(beat: Beat) -> None:
        while not released.wait(0.05):
            beat()

    loops = [Loop("stubborn", go_on, LONG_S), Loop("short", lambda beat: beat(), LONG_S)]
    with pytest.raises(StalledError, match="stubborn: did not stop"):
        supervise(loops, stopping, stop_s=0.3)
    assert is_hung()
    released.set()
    until(lambda: not is_hung(), "the thread ends")


def test_systemd_hears_ready_alive_stopping(stopping: Event, systemd: socket.socket) -> None:
    """In this order, ready before the first sign of life."""

    def short(beat: Beat) -> None:
        beat()
        stopping.wait(0.7)

    supervise([_patient(stopping, []), Loop("short", short, LONG_S)], stopping)
    heard = _heard(systemd)
    assert heard[:2] == ["READY=1", "WATCHDOG=1"]
    assert "STOPPING=1" in heard


def test_systemd_hears_nothing_while_a_loop_has_not_begun(
    stopping: Event, systemd: socket.socket
) -> None:
    """The unit is not ready while one loop has never beaten, and the watchdog goes hungry."""

    def mute(_beat: Beat) -> None:
        stopping.wait(LONG_S)

    with pytest.raises(StalledError):
        supervise([_patient(stopping, []), Loop("mute", mute, 0.8)], stopping)
    assert "READY=1" not in _heard(systemd)
    assert "WATCHDOG=1" not in _heard(systemd)
