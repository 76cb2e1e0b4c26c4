"""A hawkBit server for tests: the DDI API over HTTP on loopback, with faults on demand.

The rule to know: it answers what is documented, also where that is no success: 401, 404, 405, 410,
415, 416, 429.  It serves no management API; a test speaks to `fleet` instead.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.standin.hawkbit_state import OPEN_STATUS, Action, Fleet, Module, Target
from tests.standin.hawkbit_wire import RefusedError, Sent, Wire

TENANT = "DEFAULT"
SLEEP = "00:05:00"
MOST_REPORTS = 1000
"""hawkBit's default quota for status entries of one action."""


class HawkbitStandIn:
    """The server.

    Attributes:
        fleet: what people do at it.
        gateway: the tenant's gateway token; whoever has it may be new.
        asked: method and path of every question, oldest first.
        most_reports: entries of one action, beyond which 429 is answered.
        before: called before each answer; may raise RefusedError.
        sent: called with the file's name and its bytes; gives what is sent before the line breaks.
        public: the address that its links have.
        files_at: the address that links to files have, where nobody is asked who he is.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Listen on a free port."""
        self.fleet = Fleet()
        self.gateway = "gateway-token"
        self.asked: list[str] = []
        self.most_reports = MOST_REPORTS
        self.before: Callable[[str, str], None] = lambda _method, _path: None
        self.sent: Sent = lambda _name, content: content
        outer = self

        class Asked(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Nothing."""

            def do_GET(self) -> None:
                _Answer(outer, self).give()

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # http.server's names

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]  # we hang up too
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_port}"
        self.public = self.files_at = self.url

    @contextmanager
    def running(self) -> Iterator[HawkbitStandIn]:
        """Until the end of the block."""
        thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()


class _Answer:
    """One answer."""

    def __init__(self, server: HawkbitStandIn, asked: BaseHTTPRequestHandler) -> None:
        self.server, self.asked = server, asked
        self.method, (self.path, _, self.query) = asked.command, asked.path.partition("?")
        self.wire = Wire(asked)

    def give(self) -> None:
        """Answer, whatever it is."""
        self.server.asked.append(f"{self.method} {self.path}")
        try:
            self.server.before(self.method, self.path)
            self._route()
        except RefusedError as refused:
            self.wire.send(refused.status, b"")

    def _route(self) -> None:
        found = re.fullmatch(rf"/{TENANT}/controller/v1/([^/]+)(?:/(.*))?", self.path)
        if found is None:
            raise RefusedError(404)
        name, rest = found[1], found[2] or ""
        target = self._known(name, rest)
        if not rest:
            self._only("GET")
            self._poll(name, target)
        elif rest == "configData":
            self._only("PUT")
            self._describe(target)
        elif file := re.fullmatch(r"softwaremodules/(\d+)/artifacts/([^/]+)", rest):
            self._only("GET")
            self._artefact(target, int(file[1]), file[2])
        elif step := re.fullmatch(r"(\w+)/(\d+)(/feedback)?", rest):
            self._only("POST" if step[3] else "GET")
            self._step(name, target, step[1], int(step[2]), is_feedback=bool(step[3]))
        else:
            raise RefusedError(404)

    def _known(self, name: str, rest: str) -> Target:
        """Who asks; with the gateway's token a poll makes a new target."""
        target, shown = self.server.fleet.targets.get(name), self.asked.headers.get("Authorization")
        if target is not None and self.wire.certified == name:
            return target  # as a proxy before hawkBit tells it
        if target is not None and self.asked.headers["Host"] not in self.server.url:
            assert shown is None, "a secret was told to somebody else"
            return target
        if shown == f"GatewayToken {self.server.gateway}":
            if target is None and rest:
                raise RefusedError(404)
            return target or self.server.fleet.targets.setdefault(name, Target("made up"))
        if target is None or shown != f"TargetToken {target.token}":
            raise RefusedError(401)
        return target

    def _poll(self, name: str, target: Target) -> None:
        target.polls += 1
        action, links = target.active, {}
        if action and action.needs_consent:
            links["confirmationBase"] = self._link(name, f"confirmationBase/{action.number}")
        elif action and action.is_canceling:
            links["cancelAction"] = self._link(name, f"cancelAction/{action.number}")
        elif action:
            tail = f"deploymentBase/{action.number}?c={action.mark}"
            links["deploymentBase"] = self._link(name, tail)
        if target.installed:
            links["installedBase"] = self._link(name, f"installedBase/{target.installed.number}")
        if target.wants_attributes:
            links["configData"] = self._link(name, "configData")
        table = {"config": {"polling": {"sleep": SLEEP}}} | ({"_links": links} if links else {})
        self.wire.json(table, "application/hal+json")

    def _link(self, name: str, tail: str) -> dict[str, str]:
        return {"href": f"{self.server.public}/{TENANT}/controller/v1/{name}/{tail}"}

    def _describe(self, target: Target) -> None:
        told = self.wire.told()
        if not isinstance(told.get("data"), dict) or told.get("mode", "merge") != "merge":
            raise RefusedError(400)
        target.attributes |= told["data"]
        target.wants_attributes = False
        self.wire.send(200, b"")

    def _step(
        self, name: str, target: Target, what: str, number: int, *, is_feedback: bool
    ) -> None:
        action = target.action(number)
        if action is None:
            raise RefusedError(404)
        if what == "deploymentBase" and is_feedback:
            self._hear(target, action)
        elif what == "cancelAction" and is_feedback:
            if not action.is_canceling:
                raise RefusedError(405)
            action.hear_of_cancel(*self._feedback(action))
            self.wire.send(200, b"")
        elif what == "deploymentBase" and not action.is_canceling and not action.needs_consent:
            if action.told[-1:] != ["RETRIEVED"]:
                action.note("RETRIEVED")
            self.wire.json(self._deployment(name, action))
        elif what == "cancelAction" and action.is_canceling:
            told = {"id": str(number), "cancelAction": {"stopId": str(number)}}
            self.wire.json(told)
        elif what == "installedBase" and not action.is_active and not action.is_canceling:
            self.wire.json(self._deployment(name, action))
        else:
            raise RefusedError(404)

    def _hear(self, target: Target, action: Action) -> None:
        if action.needs_consent:
            raise RefusedError(404)
        if not action.is_active:
            raise RefusedError(410)
        action.hear(*self._feedback(action))
        target.wants_attributes = target.wants_attributes or action.status == "FINISHED"
        self.wire.send(200, b"")

    def _feedback(self, action: Action) -> tuple[str, str, tuple[str, ...]]:
        """What is told, as the documented schema has it."""
        status = self.wire.told().get("status")
        execution = status.get("execution") if isinstance(status, dict) else None
        result = status.get("result") if isinstance(status, dict) else None
        finished = result.get("finished") if isinstance(result, dict) else None
        if execution not in {*OPEN_STATUS, "closed"} or finished not in {
            "success",
            "failure",
            "none",
        }:
            raise RefusedError(400)
        if len(action.history) >= self.server.most_reports:
            raise RefusedError(429)
        return str(execution), str(finished), tuple(status.get("details", ()))

    def _deployment(self, name: str, action: Action) -> dict[str, Any]:
        chunks = [
            {
                "part": module.part,
                "version": module.version,
                "name": module.name,
                "artifacts": [self._file(name, module, each) for each in module.files],
            }
            for module in action.modules
        ]
        wanted = {"download": action.download, "update": action.update, "chunks": chunks}
        window = {"maintenanceWindow": action.window} if action.window else {}
        return {"id": str(action.number), "deployment": wanted | window}

    def _file(self, name: str, module: Module, file: str) -> dict[str, Any]:
        content = module.files[file]
        tail = f"softwaremodules/{module.number}/artifacts/{file}"
        kind = "download" if self.server.files_at.startswith("https") else "download-http"
        sum_kind = kind.replace("download", "md5sum")
        links = {kind: self._link(name, tail), sum_kind: self._link(name, f"{tail}.MD5SUM")}
        for link in links.values():
            link["href"] = link["href"].replace(self.server.public, self.server.files_at)
        hashes = {
            each: hashlib.new(each, content).hexdigest() for each in ("sha1", "md5", "sha256")
        }
        return {"filename": file, "hashes": hashes, "size": len(content), "_links": links}

    def _artefact(self, target: Target, number: int, name: str) -> None:
        """A file, to whom it is assigned, or was."""
        module = self.server.fleet.modules.get(number)
        mine = [each for one in target.actions for each in one.modules]
        if module is None or module not in mine:
            raise RefusedError(404)
        if name.endswith(".MD5SUM") and name.removesuffix(".MD5SUM") in module.files:
            file = name.removesuffix(".MD5SUM")
            digest = hashlib.md5(module.files[file]).hexdigest()  # noqa: S324  # as documented
            self.wire.send(200, f"{digest}  {file}".encode())
            return
        if name not in module.files:
            raise RefusedError(404)
        self.wire.ranged(name, module.files[name], self.server.sent)

    def _only(self, method: str) -> None:
        if self.method != method:
            raise RefusedError(405)
