"""The infra-red light, behind a guard that has the last word."""

from __future__ import annotations

from typing import Protocol


class Illuminator(Protocol):
    """The light, or the lights."""

    @property
    def is_lit(self) -> bool:
        """Whether it gives light now, whatever was asked for."""

    def want(self, lit: bool) -> None:
        """Ask for light or darkness, from any thread; the guard may know better."""

    def close(self) -> None:
        """Make it dark and let it go; closing again does nothing."""
