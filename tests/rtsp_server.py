"""An RTSP camera made of a clip: rtsp_server.py CLIP CODEC PORT FROM_S TO_S.

For a Python that has gi: GStreamer's own server (Debian: gir1.2-gst-rtsp-server-1.0) with the
clip's own packets.  It says "ready" when it listens, begins with the first key frame from FROM_S on
as soon as somebody asks, and dies by SIGKILL at TO_S; where that is negative it freezes (SIGSTOP).
"""

from __future__ import annotations

import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  # versions first

PATH = "/lane"
PAYLOADERS = {".mp4v": "rtpmp4vpay config-interval=1", ".h264": "rtph264pay config-interval=-1"}


def serve(clip: str, codec: str, port: int, from_s: float, to_s: float) -> None:
    """Serve the clip for ever, or until it kills itself."""
    Gst.init(None)
    end = signal.SIGKILL if to_s >= 0 else signal.SIGSTOP

    def watch(_pad: Gst.Pad, probe: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        at_s = probe.get_buffer().pts / Gst.SECOND
        if at_s >= abs(to_s):
            os.kill(os.getpid(), end)
        return Gst.PadProbeReturn.OK if at_s >= from_s else Gst.PadProbeReturn.DROP

    def begin(_factory: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
        """As if the clip began at `from_s`."""
        pad = media.get_element().get_by_name("pay0").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, watch)
        pad.set_offset(round(-from_s * Gst.SECOND))

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( filesrc location={clip} ! qtdemux ! {PAYLOADERS[codec]} name=pay0 )")
    factory.set_shared(True)
    factory.connect("media-configure", begin)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    server.get_mount_points().add_factory(PATH, factory)
    if not server.attach(None):
        sys.exit(f"port {port} cannot be had")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
