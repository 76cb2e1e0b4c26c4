"""The stand-in of hawkBit answers as is documented, with success and without.

Where: the REST documentation of the DDI API (answers of each resource), "State Machine Mapping",
"Authentication", and the cases that hawkBit's own tests of the DDI name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.standin.hawkbit import HawkbitStandIn
from tests.standin.hawkbit_state import Action, Fleet, Target

UNIT, TOKEN = "CONTROLLER_ID", "bH7XXAprK1ChnLfKSdtlsp7NOlPnZAYY"
CONTENT = bytes(range(100))


class Client:
    """Asks, as anybody may."""

    def __init__(self, server: HawkbitStandIn) -> None:
        """With the token of its target."""
        self.server = server
        self.headers = {"Authorization": f"TargetToken {TOKEN}"}

    def ask(
        self, method: str, path: str, table: object = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        connection = HTTPConnection(self.server.url.removeprefix("http://"))
        body = None if table is None else json.dumps(table).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        named = {key.replace("_", "-"): text for key, text in headers.items()}
        connection.request(
            method, f"/DEFAULT/controller/v1/{path}", body, self.headers | kind | named
        )
        answer = connection.getresponse()
        told = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return told

    def get(self, path: str = UNIT) -> Any:  # noqa: ANN401  # as JSON gives it
        """What lies there, which must be something."""
        status, _, body = self.ask("GET", path)
        assert status == 200, path
        return json.loads(body)

    def tell(self, path: str, execution: str, finished: str = "none") -> int:
        """Give feedback; gives the status of the answer."""
        status = {"execution": execution, "result": {"finished": finished}, "details": ["why"]}
        return self.ask("POST", f"{UNIT}/{path}/feedback", {"status": status})[0]


@pytest.fixture
def client() -> Iterator[Client]:
    """Of a server that knows one target."""
    with HawkbitStandIn().running() as server:
        server.fleet.targets[UNIT] = Target(TOKEN)
        yield Client(server)


def assigned(client: Client, **more: object) -> Action:
    """One file for the target."""
    module = client.server.fleet.module("1.0.62", {"binary.tgz": CONTENT})
    return client.server.fleet.assign(UNIT, module, **more)  # type: ignore[arg-type]


def test_a_poll_shows_what_is_open_and_nothing_else(client: Client) -> None:
    """Attributes at first, the oldest action, then what was installed."""
    assert set(client.get()["_links"]) == {"configData"}
    assert client.ask("PUT", f"{UNIT}/configData", {"data": {"hwRevision": "2"}})[0] == 200
    assert "_links" not in client.get()
    action = assigned(client)
    assert set(client.get()["_links"]) == {"deploymentBase"}
    Fleet.cancel(action)
    assert set(client.get()["_links"]) == {"cancelAction"}
    client.tell("cancelAction/1", "rejected")
    client.tell("deploymentBase/1", "closed", "success")
    assert set(client.get()["_links"]) == {"installedBase", "configData"}
    assert client.get(f"{UNIT}/installedBase/1")["id"] == "1"


def test_a_mark_saves_the_body_until_something_changes(client: Client) -> None:
    """ETag and If-None-Match: 304, without a body."""
    _, headers, _ = client.ask("GET", UNIT)
    status, _, body = client.ask("GET", UNIT, If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")
    assigned(client)
    assert client.ask("GET", UNIT, If_None_Match=headers["ETag"])[0] == 200


def test_the_link_changes_with_what_is_wanted(client: Client) -> None:
    """From soft to forced, and when a window opens."""
    action = assigned(client, kind="soft")
    links = [client.get()["_links"]["deploymentBase"]["href"]]
    action.kind = "forced"
    links.append(client.get()["_links"]["deploymentBase"]["href"])
    action.window = "unavailable"
    links.append(client.get()["_links"]["deploymentBase"]["href"])
    assert len(set(links)) == 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, ("forced", "forced", None)),
        ({"kind": "soft"}, ("attempt", "attempt", None)),
        ({"kind": "downloadonly"}, ("forced", "skip", None)),
        ({"window": "unavailable"}, ("forced", "skip", "unavailable")),
        ({"window": "available"}, ("forced", "forced", "available")),
    ],
)
def test_a_deployment_says_how_it_is_handled(
    client: Client, more: dict[str, object], told: tuple[str, str, str | None]
) -> None:
    """Download and update, and the window where there is one."""
    assigned(client, **more)
    wanted = client.get(f"{UNIT}/deploymentBase/1")["deployment"]
    assert (wanted["download"], wanted["update"], wanted.get("maintenanceWindow")) == told
    chunk = wanted["chunks"][0]
    assert (chunk["part"], chunk["version"], chunk["name"]) == ("bApp", "1.0.62", "gatepost")
    file = chunk["artifacts"][0]
    assert (file["filename"], file["size"]) == ("binary.tgz", 100)
    assert set(file["hashes"]) == {"sha1", "md5", "sha256"}


@pytest.mark.parametrize(
    ("execution", "finished", "status", "is_active"),
    [
        ("proceeding", "none", "RUNNING", True),
        ("scheduled", "none", "RUNNING", True),
        ("resumed", "none", "RUNNING", True),
        ("download", "none", "DOWNLOAD", True),
        ("downloaded", "none", "DOWNLOADED", True),
        ("rejected", "none", "WARNING", True),
        ("canceled", "none", "CANCELED", False),
        ("closed", "success", "FINISHED", False),
        ("closed", "none", "FINISHED", False),
        ("closed", "failure", "ERROR", False),
    ],
)
def test_feedback_is_mapped_as_the_table_says(
    client: Client, execution: str, finished: str, status: str, is_active: bool
) -> None:
    """And what is closed answers 410 from then on."""
    action = assigned(client)
    assert client.tell("deploymentBase/1", execution, finished) == 200
    assert (action.told[-1], action.is_active) == (status, is_active)
    assert client.tell("deploymentBase/1", "proceeding") == (200 if is_active else 410)


def test_a_download_ends_what_is_download_only(client: Client) -> None:
    """And no other action."""
    action = assigned(client, kind="downloadonly")
    assert client.tell("deploymentBase/1", "downloaded") == 200
    assert not action.is_active


@pytest.mark.parametrize(
    ("execution", "finished", "status", "is_active"),
    [
        ("closed", "success", "CANCELED", False),
        ("closed", "failure", "ERROR", False),
        ("rejected", "none", "CANCEL_REJECTED", True),
        ("canceled", "none", "WARNING", True),
        ("proceeding", "none", "RUNNING", True),
    ],
)
def test_only_closed_ends_a_cancellation(
    client: Client, execution: str, finished: str, status: str, is_active: bool
) -> None:
    """`rejected` lets the update go on; while it is cancelled its deployment is not to be had."""
    action = assigned(client)
    Fleet.cancel(action)
    assert client.get(f"{UNIT}/cancelAction/1") == {"id": "1", "cancelAction": {"stopId": "1"}}
    assert client.ask("GET", f"{UNIT}/deploymentBase/1")[0] == 404
    assert client.tell("cancelAction/1", execution, finished) == 200
    assert (action.told[-1], action.is_active) == (status, is_active)
    is_had = client.ask("GET", f"{UNIT}/deploymentBase/1")[0] == 200
    assert is_had == (not action.is_canceling)


def test_what_waits_for_consent_is_not_deployed(client: Client) -> None:
    """Another link, and 404 for the rest."""
    assigned(client, needs_consent=True)
    assert "confirmationBase" in client.get()["_links"]
    assert client.ask("GET", f"{UNIT}/deploymentBase/1")[0] == 404
    assert client.tell("deploymentBase/1", "proceeding") == 404


FILE = f"{UNIT}/softwaremodules/1/artifacts/binary.tgz"


def test_a_file_comes_whole_or_from_a_byte_on(client: Client) -> None:
    """200, 206 and 416, with its SHA-1 as a mark; and its sum, as md5sum writes it."""
    assigned(client)
    status, headers, body = client.ask("GET", FILE)
    assert (status, body, headers["Accept-Ranges"]) == (200, CONTENT, "bytes")
    assert len(headers["ETag"]) == 40
    status, headers, body = client.ask("GET", FILE, Range="bytes=40-")
    assert (status, body, headers["Content-Range"]) == (206, CONTENT[40:], "bytes 40-99/100")
    status, headers, _ = client.ask("GET", FILE, Range="bytes=100-")
    assert (status, headers["Content-Range"]) == (416, "bytes */100")
    assert client.ask("GET", f"{FILE}.MD5SUM")[2].endswith(b"  binary.tgz")


REFUSED = {
    "no such action": ("GET", f"{UNIT}/deploymentBase/9", None, 404),
    "no such module": ("GET", f"{UNIT}/softwaremodules/9/artifacts/x", None, 404),
    "no such file": ("GET", f"{UNIT}/softwaremodules/1/artifacts/x", None, 404),
    "nothing to cancel": ("GET", f"{UNIT}/cancelAction/1", None, 404),
    "not installed": ("GET", f"{UNIT}/installedBase/1", None, 404),
    "another method": ("PUT", UNIT, {}, 405),
    "feedback that is asked for": ("GET", f"{UNIT}/deploymentBase/1/feedback", None, 405),
    "no object": ("POST", f"{UNIT}/deploymentBase/1/feedback", [], 400),
    "no status": ("POST", f"{UNIT}/deploymentBase/1/feedback", {"id": 1}, 400),
    "an unknown execution": (
        "POST",
        f"{UNIT}/deploymentBase/1/feedback",
        {"status": {"execution": "546456456", "result": {"finished": "none"}}},
        400,
    ),
    "a cancellation that nobody wants": (
        "POST",
        f"{UNIT}/cancelAction/1/feedback",
        {"status": {"execution": "closed", "result": {"finished": "success"}}},
        405,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(client: Client, case: str) -> None:
    """With the documented status."""
    method, path, table, status = REFUSED[case]
    assigned(client)
    assert client.ask(method, path, table)[0] == status


def test_feedback_must_be_json(client: Client) -> None:
    """415."""
    assigned(client)
    path = f"{UNIT}/deploymentBase/1/feedback"
    assert client.ask("POST", path, {}, Content_Type="application/atom+xml")[0] == 415


def test_too_many_reports_are_refused(client: Client) -> None:
    """429: a quota for each action."""
    assigned(client)
    client.server.most_reports = 3
    told = [client.tell("deploymentBase/1", "proceeding") for _ in range(4)]
    assert told == [200, 200, 200, 429]


def test_a_stranger_is_not_let_in(client: Client) -> None:
    """401: a wrong token, none, or an unknown target; with the gateway's a new one begins."""
    for shown in ({"Authorization": "TargetToken x"}, {}):
        client.headers = shown
        assert client.ask("GET", UNIT)[0] == 401
    client.headers = {"Authorization": f"TargetToken {TOKEN}"}
    assert client.ask("GET", "unknown")[0] == 401
    client.headers = {"Authorization": "GatewayToken gateway-token"}
    assert client.ask("GET", "unknown/deploymentBase/1")[0] == 404
    assert client.ask("GET", "unknown")[0] == 200
    assert set(client.server.fleet.targets) == {UNIT, "unknown"}


def test_a_later_assignment_cancels_the_one_before(client: Client) -> None:
    """As is the default; the device is to say so first."""
    first, second = assigned(client), assigned(client)
    assert first.is_canceling
    assert client.get()["_links"]["cancelAction"]["href"].endswith("/cancelAction/1")
    client.tell("cancelAction/1", "closed", "success")
    assert "/deploymentBase/2?c=" in client.get()["_links"]["deploymentBase"]["href"]
    assert second.is_active
