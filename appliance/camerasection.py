"""The table [camera] of the configuration: where the frames come from.  Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appliance.section import Section, Source


class Camera(Section):
    """Where the frames come from."""

    kind: Literal["video"] = "video"
    # device, rtsp:// address, file, or folder of pictures
    source: Source = Field("/dev/video0", min_length=1)
    # seconds without a frame before the process ends and is started again
    silent_s: float = Field(10.0, ge=1, le=120)
