"""The login of a network camera comes from a file, and arrives as it was written."""

from __future__ import annotations

import base64
import re
import socket
from pathlib import Path
from threading import Thread

import pytest

from appliance.camerasection import Camera
from appliance.capture.address import address
from appliance.config import Config, examine_config
from appliance.errors import ConfigurationError, PictureError, StalledError, without_secrets
from appliance.health import Health
from appliance.source import live_source

SOURCE = "rtsp://camera:554/1"


def camera(folder: Path, login: bytes, source: str = SOURCE) -> Camera:
    """A network camera with a file of its login."""
    path = folder / "login"
    path.touch(0o600)
    path.write_bytes(login)
    return Camera(source=source, login_file=path)


def test_without_a_file_the_source_stays(tmp_path: Path) -> None:
    """Whatever it is."""
    assert address(Camera(source=SOURCE)) == SOURCE
    assert address(camera(tmp_path, b"u:p\r\n")) == "rtsp://u:p@camera:554/1"


def test_what_has_a_meaning_in_an_address_is_written_otherwise(tmp_path: Path) -> None:
    """So that it ends neither the login nor the hiding of it in a log."""
    told = address(camera(tmp_path, "u:a/b@c:d e?ü".encode()))
    assert without_secrets(told) == "rtsp://***@camera:554/1"


@pytest.mark.parametrize(
    ("login", "told"),
    [
        (b"", "expected one line: user:password"),
        (b"user", "expected one line: user:password"),
        (b"\xff:p", "not UTF-8 text at byte 0"),
    ],
)
def test_a_file_that_is_no_login(tmp_path: Path, login: bytes, told: str) -> None:
    """Is named, and what stands in it is not shown."""
    with pytest.raises(ConfigurationError) as raised:
        address(camera(tmp_path, login))
    assert str(raised.value) == f"camera.login_file = '{tmp_path / 'login'}': {told}"


def test_a_file_that_others_may_read(tmp_path: Path) -> None:
    """Is refused, with what to type; one that is not there too."""
    known = camera(tmp_path, b"u:p")
    (tmp_path / "login").chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"mode 0644.*chmod o= "):
        address(known)
    (tmp_path / "login").unlink()
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        address(known)


@pytest.mark.parametrize("source", ["/dev/video0", "rtsp://u:hush@camera/1"])
def test_a_login_needs_an_address_without_one(tmp_path: Path, source: str) -> None:
    """Else nobody would know which of the two counts."""
    path = tmp_path / "gatepost.toml"
    path.write_text(f"[camera]\nsource = '{source}'\nlogin_file = 'login'\n")
    _, faults = examine_config(path)
    told = "camera.login_file: expected an address without a login in camera.source, such as"
    assert faults == [f"{path}: {told} rtsp://host/path"]


def test_the_camera_gets_the_login_as_it_was_written(tmp_path: Path) -> None:
    """FFmpeg undoes the %xx: what a camera is shown is what stands in the file."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        heard: list[str] = []
        thread = Thread(target=_ask_for_login, args=(server, heard))
        thread.start()
        source = f"rtsp://127.0.0.1:{server.getsockname()[1]}/1"
        known = camera(tmp_path, b"me:a/b@c:d e?%41", source).model_copy(update={"silent_s": 1.0})
        lane = live_source(Config(camera=known), Health()).camera
        with pytest.raises((PictureError, StalledError)):
            next(iter(lane.frames()))
        lane.close()
        thread.join(20)
    assert heard == ["me:a/b@c:d e?%41"]


def _ask_for_login(server: socket.socket, heard: list[str]) -> None:
    """Like a camera: 401 and how (RFC 2326, 2617), until somebody says who he is."""
    line, _ = server.accept()
    line.settimeout(20)
    with line, line.makefile("rwb") as stream:
        while not heard:
            request = b"".join(iter(stream.readline, b"\r\n")).decode()
            shown = re.search("Authorization: Basic (.*)\r\n", request)
            if shown:
                heard.append(base64.b64decode(shown[1]).decode())
            number = re.findall("CSeq: (.*)\r\n", request)[0]
            how = 'WWW-Authenticate: Basic realm="camera"'
            stream.write(f"RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\n{how}\r\n\r\n".encode())
            stream.flush()
