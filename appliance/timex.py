"""How far the kernel's clock may be off, by whichever program disciplines it: adjtimex(2).

The rule to know: it is only read here.  Python has no such call, hence ctypes, and nowhere else.
"""

from __future__ import annotations

import ctypes


class Timex(ctypes.Structure):
    """The beginning of `struct timex` of Linux; `rest` is longer than what follows there."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # 0: change nothing
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # microseconds
        ("rest", ctypes.c_long * 32),
    )


def most_error_s() -> float | None:
    """Seconds by which the system's clock is off at most; None where the kernel does not tell.

    It grows by 0.5 ms a second until a time daemon sets it anew; 16 where none ever did, since the
    clock was set by hand, or for about nine hours.
    """
    told = Timex()
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(told))
    return None if state < 0 else told.maxerror / 1e6
