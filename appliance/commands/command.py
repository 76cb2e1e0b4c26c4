"""What each module of commands has: how a command is added to the parser of all of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

INTERRUPTED = 128  # and the signal's number: what a shell gives a command that a signal ended

Does = Callable[[argparse.Namespace], int]
"""Carries a command out; gives its exit code."""
Command = Callable[[Any, str, Does, str], argparse.ArgumentParser]
"""Adds one to sub-parsers: its name, what carries it out, its purpose in words."""
