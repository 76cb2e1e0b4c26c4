"""Gatepost: an open number-plate reader that lives on the device."""

import os

# Read by OpenCV when it is first imported: a picture of 747 kB may claim 1.5 GB of memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(8192 * 8192))
# What cannot be opened we say ourselves, in words.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

__version__ = "0.1.0"
