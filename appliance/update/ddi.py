"""Eclipse hawkBit's Direct Device Integration API, version 1: what it says and is told.  Pure.

Sources: hawkBit's REST documentation of the DDI API and the classes that it is made from (package
org.eclipse.hawkbit.ddi.json.model), as of hawkBit 0.9.

The rule to know: nothing of it is trusted.  It says which signed release is installed when; what
may be installed says the signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError

from appliance.errors import SourceError
from appliance.update.keys import Part

Handling = Literal["skip", "attempt", "forced"]
"""Not yet or not at all; it asks, and who is at the device may put it off; it demands."""
Window = Literal["available", "unavailable"]
Execution = Literal[
    "closed", "proceeding", "canceled", "scheduled", "rejected", "resumed", "downloaded", "download"
]
Finished = Literal["success", "failure", "none"]
Id = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]  # Java's Long, as text
Text = Annotated[str, Field(max_length=512)]

MOST_DETAIL = 512  # characters of a message that hawkBit keeps
LEAST_SLEEP_S, MOST_SLEEP_S = 10, 24 * 3600
"""Bounds of ours: nobody makes a unit ask without end, or never again."""


class Link(Part):
    """A link of HAL, application/hal+json."""

    href: str = Field(min_length=1, max_length=2000)


class Links(Part):
    """What the poll leads to; only what is open is there."""

    deployment: Link | None = Field(None, alias="deploymentBase")
    cancel: Link | None = Field(None, alias="cancelAction")
    attributes: Link | None = Field(None, alias="configData")
    confirmation: Link | None = Field(None, alias="confirmationBase")
    installed: Link | None = Field(None, alias="installedBase")


class Polling(Part):
    """How often the server wants to be asked."""

    sleep: str = Field(pattern=r"^[0-9]{1,2}:[0-5][0-9]:[0-5][0-9]$")


class Config(Part):
    """Holds `polling`."""

    polling: Polling


class Base(Part):
    """What a poll gives."""

    config: Config
    links: Links = Field(Links(), alias="_links")

    @property
    def sleep_s(self) -> int:
        """Seconds until the next poll, within our bounds."""
        hours, minutes, seconds = map(int, self.config.polling.sleep.split(":"))
        asked = (hours * 60 + minutes) * 60 + seconds
        return min(max(asked, LEAST_SLEEP_S), MOST_SLEEP_S)


class Downloads(Part):
    """Where a file is had; `plain` over http."""

    secure: Link | None = Field(None, alias="download")
    plain: Link | None = Field(None, alias="download-http")


class File(Part):
    """An artefact; its checksums are passed over: the manifest has one that is signed."""

    filename: str = Field(min_length=1, max_length=256)
    size: int = Field(ge=0)
    links: Downloads = Field(Downloads(), alias="_links")


class Chunk(Part):
    """A software module."""

    part: Text
    name: Text
    version: Text
    artifacts: Annotated[tuple[File, ...], Field(max_length=256)] = ()


class Deployment(Part):
    """What is to be done."""

    download: Handling
    update: Handling
    chunks: Annotated[tuple[Chunk, ...], Field(max_length=64)]
    window: Window | None = Field(None, alias="maintenanceWindow")


class DeploymentBase(Part):
    """An action: something that hawkBit wants of this unit."""

    id: Id
    deployment: Deployment


class CancelAction(Part):
    """Names the action that is to stop."""

    stop: Id = Field(alias="stopId")


class Cancel(Part):
    """Something that hawkBit does not want any more."""

    id: Id
    action: CancelAction = Field(alias="cancelAction")


Content = TypeVar("Content", bound=Part)


def understood(kind: type[Content], content: bytes, name: str) -> Content:
    """An answer; SourceError where it is none of this API."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise SourceError(
            f"{name}: not hawkBit's DDI: {where or 'content'}: {first['msg']}"
        ) from fault


def feedback(
    action: str, execution: Execution, finished: Finished = "none", *details: str
) -> bytes:
    """What is told of an action, or of its cancellation.

    Without a time, so that the server's counts: the unit's may be wrong.  The id is for servers
    before 0.3, which ask for it.
    """
    status = {
        "execution": execution,
        "result": {"finished": finished},
        "details": [each[:MOST_DETAIL] for each in details],
    }
    return json.dumps({"id": action, "status": status}).encode()


def attributes(told: Mapping[str, str]) -> bytes:
    """What the server keeps of the unit; what others have put there stays."""
    return json.dumps({"mode": "merge", "data": dict(told)}).encode()
