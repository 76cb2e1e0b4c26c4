"""A network camera made of a clip: GStreamer's RTSP server, to be killed or frozen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import free_port

SERVER = Path(__file__).parent / "rtsp_server.py"
NEEDS = "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('Gst', '1.0')"
SLOW_S = 60.0


@cache
def python_with_gi() -> str:
    """A Python that has GStreamer's RTSP server; the test is skipped where there is none."""
    for python in (sys.executable, "/usr/bin/python3"):
        if Path(python).exists():
            tried = subprocess.run([python, "-c", NEEDS], check=False, capture_output=True)
            if tried.returncode == 0:
                return python
    pytest.skip("no gir1.2-gst-rtsp-server-1.0 and python3-gi here: tools/test installs them")


@dataclass
class NetworkCamera:
    """Shows parts of a clip, each from a server of its own on the same port.

    Attributes:
        clip: an mp4; its key frames are where a part can begin.
        codec: ".h264" or ".mp4v".
        port: where it listens.
    """

    clip: Path
    codec: str
    port: int = field(default_factory=free_port)
    _server: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Its address, with a name and a password that must not be told."""
        return f"rtsp://guard:secret@127.0.0.1:{self.port}/lane"

    def show(self, from_s: float = 0.0, to_s: float = 1e6, *, then_freeze: bool = False) -> None:
        """Begin with the first key frame after `from_s` once somebody asks; listens on return.

        It ends by itself at `to_s`, killed or frozen, as if behind a cable that was pulled.
        """
        self.kill()
        end = f"{-to_s if then_freeze else to_s}"
        command = [python_with_gi(), str(SERVER), str(self.clip), self.codec]
        command += [str(self.port), str(from_s), end]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == "ready\n"

    def wait(self) -> None:
        """Until it has killed itself."""
        assert self._server is not None
        self._server.wait(SLOW_S)

    @property
    def is_frozen(self) -> bool:
        """Whether it has stopped itself (the T of proc_pid_stat(5))."""
        assert self._server is not None
        stat = Path(f"/proc/{self._server.pid}/stat").read_text(encoding="ascii")
        return stat.rsplit(") ", 1)[1].startswith("T")

    def kill(self) -> None:
        """SIGKILL: its connections end in the middle of a frame."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(SLOW_S)
            if self._server.stdout is not None:
                self._server.stdout.close()
            self._server = None
