"""The names of the loops' threads, by which one that hangs is found."""

from __future__ import annotations

from threading import enumerate as enumerate_threads

PREFIX = "loop "


def is_hung() -> bool:
    """Whether a loop is still in a driver or a library although `supervise` has returned.

    Such a process must leave by `os._exit`: unwinding native threads may abort it.
    """
    return any(thread.name.startswith(PREFIX) for thread in enumerate_threads())
