"""Stands in for libcamera's Python module beside the stand-in for picamera2."""

from picamera2 import ColorSpace

__all__ = ["ColorSpace"]
