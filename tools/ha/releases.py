"""A publisher of releases: keys, one release newer than this checkout, and a server of its files.

The rule to know: the release is this checkout with another version, so that what runs after the
update is what ran before.  Its libraries are a stand-in, bytes without a use: the unit has its own
in the environment that it is started from.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import datetime, timezone
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from appliance import __version__
from appliance.config import CHECKOUT
from appliance.store.database import VERSION
from appliance.update.install import platform_name
from appliance.update.manifest import ANY
from appliance.update.signature import pem_of
from tools.ha.broker import ROOT
from tools.publish.pack import pack_models, pack_tree
from tools.publish.signing import PrivateKey
from tools.publish.site import Site, Table, new_release, rolled_out

SUMMARY = "better at night"
RATE = 512 * 1024  # bytes a second: slow enough for progress to be seen
LIBRARIES = 6_000_000  # bytes
PARTS = 8  # a second


class Releases:
    """A site with one release, offered to nobody until it is.

    Attributes:
        version: of the release.
        root_file: the public root key, as a unit is set up with it.
    """

    def __init__(self, folder: Path) -> None:
        """Make keys and images in `folder`, which exists, and serve them on a free port."""
        self.version = _after(__version__)
        self.root_file = folder / "root.pub"
        root, self._key = (PrivateKey(folder / f"{name}.pem") for name in ("root", "key"))
        root.make()
        self._key.make()
        self.root_file.write_text(pem_of(root.public()))
        self._site = Site(folder / "site", datetime.now(timezone.utc))
        self._site.statement(root, [root.public()], {"key": (self._key.public(), 30)})
        artefacts = [
            self._site.artefact(kind, platform, file)
            for kind, platform, file in _images(folder, self.version)
        ]
        fit = {"hardware": [], "least": "0.0.0", "writes": VERSION, "reads": VERSION}
        release = new_release(self.version, artefacts, 0, summary=SUMMARY, **fit)
        self._publish({"releases": [release]})
        self._server = _serve(self._site.folder)

    @property
    def url(self) -> str:
        """What a unit's `update.url` is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def offer(self) -> None:
        """Roll it out to all."""
        change = partial(rolled_out, percent=100)
        self._publish(self._site.changed(self.version, change))

    def close(self) -> None:
        """Serve nobody any more."""
        self._server.shutdown()
        self._server.server_close()

    def _publish(self, table: Table) -> None:
        self._site.publish(table, self._key, "gatepost", 30)


def _after(version: str) -> str:
    """The next one."""
    head, _, last = version.rpartition(".")
    return f"{head}.{int(last) + 1}"


def _images(folder: Path, version: str) -> list[tuple[str, str, Path]]:
    """Kind, platform and file of each image of the release."""
    tree = folder / "tree"
    shutil.copytree(ROOT / "appliance", tree / "appliance", ignore=lambda *_: {"__pycache__"})
    told = tree / "appliance" / "__init__.py"
    text = re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', told.read_text())
    told.write_text(text)
    stuff = folder / "stuff"
    stuff.mkdir()
    (stuff / "libraries").write_bytes(os.urandom(LIBRARIES))
    images = [
        ("app", ANY, folder / "app.tar.xz"),
        ("libraries", platform_name(), folder / "libraries.tar.xz"),
        ("models", ANY, folder / "models.tar.xz"),
    ]
    files = [path.relative_to(tree) for path in tree.rglob("*") if path.is_file()]
    pack_tree(tree, files, images[0][2])
    pack_tree(stuff, [Path("libraries")], images[1][2])
    pack_models(CHECKOUT, images[2][2])
    return images


def _serve(folder: Path) -> ThreadingHTTPServer:
    """Serve a folder's files at RATE bytes a second, from loopback to loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = folder / self.path.lstrip("/")
            if not file.is_file():
                self.send_error(404)
                return
            content = file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            step = RATE // PARTS
            for begin in range(0, len(content), step):
                self.wfile.write(content[begin : begin + step])
                Event().wait(1 / PARTS)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a unit hung up
    Thread(target=server.serve_forever, daemon=True).start()
    return server
