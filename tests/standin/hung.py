"""A process that says what `appliance.custody` has a guardian say of a fault, and hangs."""

from __future__ import annotations

import sys

from appliance.custody import FAULT

if __name__ == "__main__":
    sys.stdout.buffer.write(FAULT + b"the pin is taken")
    sys.stdout.buffer.flush()
    sys.stdin.read()  # until the unit lets it go
