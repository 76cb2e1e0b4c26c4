"""Gatepost: an open number-plate reader that lives on the device."""

__version__ = "0.1.0"
