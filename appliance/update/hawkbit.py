"""Asks a hawkBit server what it wants of this unit, and tells it what became of that.

The rule to know: the token goes to the server that is configured and to no other, whatever links
it gives.  A file may lie elsewhere; whoever serves it learns nothing, and its bytes are checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from appliance.address import address_fault, is_here
from appliance.errors import SourceError, UpdateError
from appliance.update.ddi import (
    Base,
    Cancel,
    Content,
    DeploymentBase,
    Execution,
    File,
    Finished,
    Link,
    attributes,
    feedback,
    understood,
)
from appliance.update.keys import MOST_BYTES
from appliance.update.source import ARTEFACT, MANIFEST
from appliance.update.trust import authorities, credentials, identity
from appliance.update.web import WINDOW_S, WebHost
from appliance.updatesection import Hawkbit

PORTS = {"http": 80, "https": 443}
ACCEPT = {"Accept": "application/hal+json, application/json"}
JSON = {"Content-Type": "application/json"}
OVER = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
"""Answers to what is told of an action that the server does not know, or has closed."""
WORDS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "expected the token of this unit's id in update.hawkbit, and that way"
    " of showing it switched on in the tenant's settings",
    HTTPStatus.FORBIDDEN: "the unit may not, or the server's list of addresses keeps it out",
    HTTPStatus.TOO_MANY_REQUESTS: "too many questions, or too many reports of one action",
}


class HawkbitServer:
    """One unit's place on one server."""

    def __init__(
        self,
        hawkbit: Hawkbit,
        unit: str,
        ca_file: Path | None = None,
        window_s: float = WINDOW_S,
    ) -> None:
        """Speak for a unit.

        Args:
            hawkbit: where, and who the unit is there.
            unit: its id, which is its controller id.
            ca_file: authorities that are trusted; None: those of the system.
            window_s: see `web.WebHost`.

        Raises:
            ConfigurationError: a file that is named cannot be used.
        """
        self._address = urlsplit(hawkbit.url)
        path = [hawkbit.tenant, "controller", "v1", unit]
        self._base = self._address.path.rstrip("/") + "".join(f"/{quote(each)}" for each in path)
        context = identity(hawkbit, ca_file)
        self._host = WebHost(hawkbit.url, context, window_s, credentials(hawkbit))
        self._elsewhere = partial(authorities, ca_file)  # never shown the unit's certificate
        self._window_s = window_s

    def poll(self, etag: str = "") -> tuple[Base | None, str]:
        """What is open, and the mark of that answer; None: nothing has changed since `etag`.

        Raises:
            SourceError: the server is away, refuses us, or is none of hawkBit's.
        """
        headers = ACCEPT | ({"If-None-Match": etag} if etag else {})
        with self._host.asked("GET", self._base, "poll", headers) as answer:
            if answer.status == HTTPStatus.NOT_MODIFIED:
                return None, etag
            content = self._content(answer, "poll")
            return understood(Base, content, "poll"), answer.getheader("ETag") or ""

    def deployment(self, link: Link) -> DeploymentBase | None:
        """What an action wants; None where it is wanted no more."""
        return self._read(DeploymentBase, link, "deploymentBase")

    def cancel(self, link: Link) -> Cancel | None:
        """Which action is to stop; None where none is any more."""
        return self._read(Cancel, link, "cancelAction")

    def report(
        self, action: str, execution: Execution, finished: Finished = "none", *details: str
    ) -> bool:
        """Tell what becomes of an action; False where the server does not know it, or closed it."""
        target = f"{self._base}/deploymentBase/{action}/feedback"
        return self._told("POST", target, feedback(action, execution, finished, *details))

    def answer(
        self, action: str, execution: Execution, finished: Finished = "none", *details: str
    ) -> bool:
        """The same of the cancellation of an action."""
        target = f"{self._base}/cancelAction/{action}/feedback"
        return self._told("POST", target, feedback(action, execution, finished, *details))

    def describe(self, told: Mapping[str, str]) -> None:
        """Tell what the unit is."""
        self._told("PUT", f"{self._base}/configData", attributes(told))

    def read(self, file: File, most: int) -> bytes | None:
        """All of a small file."""
        host, target = self._place(file)
        return host.read(target, file.filename, most)

    def parts(self, file: File, offset: int) -> Iterator[bytes]:
        """A file piece by piece."""
        host, target = self._place(file)
        return host.parts(target, file.filename, offset)

    def _read(self, kind: type[Content], link: Link, name: str) -> Content | None:
        target = self._own(link, name)
        with self._host.asked("GET", target, name, ACCEPT) as answer:
            if answer.status in OVER:
                return None
            return understood(kind, self._content(answer, name), name)

    def _told(self, method: str, target: str, body: bytes) -> bool:
        name = target.removeprefix(f"{self._base}/")
        with self._host.asked(method, target, name, JSON, body) as answer:
            if answer.status in OVER:
                return False
            self._expect(answer, name)
        return True

    def _content(self, answer: HTTPResponse, name: str) -> bytes:
        self._expect(answer, name)
        return self._host.whole(answer, name, MOST_BYTES)

    def _expect(self, answer: HTTPResponse, name: str) -> None:
        if answer.status in WORDS:
            raise self._host.fault(name, f"answered {answer.status}: {WORDS[answer.status]}")
        self._host.expect(answer, name, {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})

    def _own(self, link: Link, name: str) -> str:
        """Path and query of a link to the server itself, else SourceError."""
        address = self._split(link, name)
        if _origin(address) != _origin(self._address):
            told = f"its link leads to {address.scheme}://{address.netloc}; a proxy before hawkBit"
            raise self._host.fault(name, f"{told} must tell it by what address it is asked")
        return _target(address)

    def _place(self, file: File) -> tuple[WebHost, str]:
        """Where a file lies: on the server itself, or elsewhere, where nobody is told who asks."""
        for link in (file.links.secure, file.links.plain):
            address = self._split(link, file.filename) if link else None
            if address is None:
                continue
            if _origin(address) == _origin(self._address):
                return self._host, _target(address)
            if address.scheme == "https" or is_here(address.hostname or ""):
                url = f"{address.scheme}://{address.netloc}"
                return WebHost(url, self._elsewhere(), self._window_s), _target(address)
        raise self._host.fault(file.filename, "no link to it by https")

    def _split(self, link: Link, name: str) -> SplitResult:
        fault = address_fault(link.href)
        if fault:
            raise self._host.fault(name, f"its link: {fault}")
        address = urlsplit(link.href)
        if "@" in address.netloc:
            raise self._host.fault(name, "its link has a user in it, expected none")
        return address


class Assignment:
    """The files of one action, as a `Source`; by names without a folder, since hawkBit has none.

    manifest.signed, keys-<n>.signed, <sha256>
    """

    def __init__(self, server: HawkbitServer, wanted: DeploymentBase) -> None:
        """Read what an action brings along."""
        self._server = server
        chunks = wanted.deployment.chunks
        self._files = {each.filename: each for chunk in chunks for each in chunk.artifacts}
        named = {flat(MANIFEST)}
        holders = [one for one in chunks if named & {each.filename for each in one.artifacts}]
        self._version = holders[0].version if holders else ""

    @property
    def version(self) -> str:
        """That is wanted: of the software module in which the manifest lies.

        Raises:
            UpdateError: `assignment`: there is no manifest.
        """
        if not self._version:
            told = f"{MANIFEST} is no artefact of it: not made by tools/bundle"
            raise UpdateError("assignment", told)
        return self._version

    def size(self, sha256: str) -> int | None:
        """Bytes of an image, as hawkBit says; None where it does not bring it along."""
        file = self._files.get(flat(ARTEFACT.format(sha256)))
        return file.size if file else None

    def read(self, name: str, most: int) -> bytes | None:
        """All of a small file."""
        file = self._files.get(flat(name))
        return self._server.read(file, most) if file else None

    def parts(self, name: str, offset: int) -> Iterator[bytes]:
        """A file piece by piece."""
        file = self._files.get(flat(name))
        if file is None:
            raise SourceError(f"{flat(name)}: the assignment does not bring it along")
        return self._server.parts(file, offset)


def flat(name: str) -> str:
    """The name of one of our files among hawkBit's artefacts."""
    return name.removeprefix(ARTEFACT.format("")).replace("/", "-")


def _origin(address: SplitResult) -> tuple[str, str, int]:
    return address.scheme, address.hostname or "", address.port or PORTS.get(address.scheme, 0)


def _target(address: SplitResult) -> str:
    return (address.path or "/") + (f"?{address.query}" if address.query else "")
