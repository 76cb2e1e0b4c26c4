"""A network camera that shows the same minute for ever: rtsp.py FOLDER RATE PORT.

For a Python that has gi: GStreamer's own server (Debian: gir1.2-gst-rtsp-server-1.0).  FOLDER has
pictures 0000.jpg and so on.  It says "ready" when it listens.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  # versions first

PATH = "/lane"
CAPS = "image/jpeg,framerate={}/1,width=640,height=360"


def serve(folder: str, rate: int, port: str) -> None:
    """Serve the pictures until the program is ended."""
    Gst.init(None)
    pictures = [path.read_bytes() for path in sorted(Path(folder).glob("*.jpg"))]

    def begin(_factory: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
        """Whoever asks first has the clip begun anew."""
        numbers = count()

        def push(source: Gst.Element, _length: int) -> None:
            number = next(numbers)
            buffer = Gst.Buffer.new_wrapped(pictures[number % len(pictures)])
            buffer.pts, buffer.duration = number * Gst.SECOND // rate, Gst.SECOND // rate
            source.emit("push-buffer", buffer)

        media.get_element().get_by_name("lane").connect("need-data", push)

    factory = GstRtspServer.RTSPMediaFactory()
    source = f"appsrc name=lane format=time caps={CAPS.format(rate)}"
    factory.set_launch(f"( {source} ! rtpjpegpay name=pay0 pt=26 )")
    factory.set_shared(True)
    factory.connect("media-configure", begin)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory(PATH, factory)
    if not server.attach(None):
        sys.exit(f"port {port} cannot be had")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
