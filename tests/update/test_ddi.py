"""hawkBit's answers and our reports, as its REST documentation of the DDI API has them.

The answers are the documented examples, shortened; names, ids and sizes are theirs.
"""

from __future__ import annotations

import json

import pytest

from appliance.errors import SourceError
from appliance.update.ddi import (
    MOST_DETAIL,
    Base,
    Cancel,
    DeploymentBase,
    attributes,
    feedback,
    understood,
)

AT = "https://management-api.host.com/TENANT_ID/controller/v1/CONTROLLER_ID"
BASE = {
    "config": {"polling": {"sleep": "12:00:00"}},
    "_links": {
        "deploymentBase": {"href": f"{AT}/deploymentBase/5?c=-2127183556"},
        "installedBase": {"href": f"{AT}/installedBase/4"},
        "configData": {"href": f"{AT}/configData"},
    },
}
ARTIFACT = {
    "filename": "binary.tgz",
    "hashes": {
        "sha1": "8b71be49ba4aeb1ed8bb93c1ad6d4a0bbd7d62b8",
        "md5": "0d1b08c34858921bc7c662b228acb7ba",
        "sha256": "b13ea41bb2e0cc3e4cde2f5d0ee2f2e0d6fb5e1fd0e5ae2a13e6cba6a4f12f45",
    },
    "size": 3,
    "_links": {
        "download": {"href": f"{AT}/softwaremodules/23/artifacts/binary.tgz"},
        "download-http": {"href": f"{AT}/softwaremodules/23/artifacts/binary.tgz"},
        "md5sum": {"href": f"{AT}/softwaremodules/23/artifacts/binary.tgz.MD5SUM"},
        "md5sum-http": {"href": f"{AT}/softwaremodules/23/artifacts/binary.tgz.MD5SUM"},
    },
}
DEPLOYMENT = {
    "id": "8",
    "deployment": {
        "download": "forced",
        "update": "forced",
        "maintenanceWindow": "available",
        "chunks": [
            {
                "part": "jvm",
                "version": "1.0.62",
                "name": "oneapp runtime",
                "artifacts": [ARTIFACT],
                "metadata": [{"key": "aMetadataKey", "value": "as it is"}],
            },
            {"part": "bApp", "version": "1.0.96", "name": "oneapplication", "artifacts": []},
        ],
    },
    "actionHistory": {"status": "RUNNING", "messages": ["Reboot", "Write firmware"]},
}


def test_a_poll_is_read() -> None:
    """Links by their relation, and how long to wait."""
    base = understood(Base, json.dumps(BASE).encode(), "poll")
    assert base.sleep_s == 12 * 3600
    assert base.links.deployment is not None
    assert base.links.deployment.href.endswith("/deploymentBase/5?c=-2127183556")
    assert (base.links.cancel, base.links.confirmation) == (None, None)
    assert base.links.attributes is not None


def test_a_poll_without_links_wants_nothing() -> None:
    """HAL leaves `_links` out then; what a later server adds is passed over."""
    told = b'{"config": {"polling": {"sleep": "00:05:00"}, "more": 1}, "new": []}'
    base = understood(Base, told, "poll")
    assert (base.sleep_s, base.links.deployment) == (300, None)


@pytest.mark.parametrize(
    ("sleep", "seconds"), [("00:00:00", 10), ("00:00:30", 30), ("99:00:00", 24 * 3600)]
)
def test_no_server_makes_a_unit_ask_without_end_or_never_again(sleep: str, seconds: int) -> None:
    """From 10 seconds to a day."""
    told = json.dumps({"config": {"polling": {"sleep": sleep}}}).encode()
    assert understood(Base, told, "poll").sleep_s == seconds


def test_a_deployment_is_read() -> None:
    """Files of all chunks, and the handling of both steps."""
    wanted = understood(DeploymentBase, json.dumps(DEPLOYMENT).encode(), "deploymentBase")
    deployment = wanted.deployment
    assert (wanted.id, deployment.download, deployment.update) == ("8", "forced", "forced")
    assert deployment.window == "available"
    file = deployment.chunks[0].artifacts[0]
    assert (file.filename, file.size) == ("binary.tgz", 3)
    assert file.links.secure is not None
    assert deployment.chunks[1].version == "1.0.96"


def test_a_cancellation_is_read() -> None:
    """Whose id is that of the action."""
    told = b'{"id": "11", "cancelAction": {"stopId": "11"}}'
    assert understood(Cancel, told, "cancelAction").action.stop == "11"


@pytest.mark.parametrize(
    "told",
    [
        b"<html>Log in to the hotel's network</html>",
        b"[]",
        b"{}",
        b'{"config": {"polling": {"sleep": "often"}}}',
        b'{"config": {"polling": {"sleep": "00:05:00"}}, "_links": {"configData": {"href": ""}}}',
    ],
)
def test_what_is_no_answer_of_this_api_is_told(told: bytes) -> None:
    """As a source that is away: the next turn asks again."""
    with pytest.raises(SourceError, match="poll: not hawkBit's DDI: "):
        understood(Base, told, "poll")


@pytest.mark.parametrize("named", ["../7", "", "\N{ARABIC-INDIC DIGIT SEVEN}", "9" * 20])
def test_an_id_is_a_number(named: str) -> None:
    """It becomes part of a path, which is ASCII."""
    told = json.dumps(DEPLOYMENT | {"id": named}).encode()
    with pytest.raises(SourceError, match="not hawkBit's DDI: id"):
        understood(DeploymentBase, told, "deploymentBase")


def test_a_report_is_as_documented() -> None:
    """Execution, result and details; none longer than is kept."""
    told = json.loads(feedback("5", "closed", "failure", "x" * 600, "y"))
    assert told == {
        "id": "5",
        "status": {
            "execution": "closed",
            "result": {"finished": "failure"},
            "details": ["x" * MOST_DETAIL, "y"],
        },
    }


def test_attributes_are_merged() -> None:
    """What others have put there stays."""
    assert json.loads(attributes({"version": "1"})) == {"mode": "merge", "data": {"version": "1"}}
