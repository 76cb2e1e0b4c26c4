"""The core of the suite: which tests run on arm64, and why the rest does not.

The rule to know: what hangs on the processor, on a compiled library or on a program of the system
is in it; the rest has run on x86-64 with the same Python source.
"""

from __future__ import annotations

CORE = (
    "recognize",
    "resolve",
    "respond",
    "store",
    "transmit",
    "update",
    "test_config.py",
    "test_dating.py",
    "test_domain.py",
    "test_gate_safety.py",
    "test_pipeline_send.py",
    "test_schema.py",
)
"""Below tests/: the models and what is made of their answers, the tracker, what opens a gate and
that nothing else does, SQLite, MQTT by paho to the root's own mosquitto, updates with a power cut
at every write."""
IGNORED = ("resolve/test_lanes.py",)
DESELECTED = ("update/test_slots.py::test_the_service_says_what_is_wrong",)
LEFT_OUT = {
    "resolve/test_lanes.py": "a simulation that takes minutes, in Python and numpy alone",
    "test_the_service_says_what_is_wrong": (
        "QEMU's vfork is a fork: a program that is not there ends with 127 instead of an errno"
    ),
    "train, benchmark, overlays, publish, sky": "tools that no unit has",
    "capture": "its stand-ins want libraries of the system; its pixels are compared above",
    "test_delivery, test_faults, test_fleet and others that start whole units": (
        "each start takes seconds under emulation, and their deadlines are a board's"
    ),
    "commands, provision and the single modules": "Python that no processor changes",
}
