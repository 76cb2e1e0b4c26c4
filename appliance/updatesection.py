"""The table [update] of the configuration: where updates come from, and whose they are.  Pure.

The rule to know: without `root_file` no update is taken, wherever it comes from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from appliance.address import address_fault, is_here
from appliance.section import FilePath, Section
from appliance.weekly import parse_span


class Hawkbit(Section):
    """An Eclipse hawkBit server: it says when a release is installed, the signature which may be.

    The unit's id is its controller id there.  One of the three shows who it is.
    """

    url: str = Field(min_length=1, max_length=2000, description="https://host of the server")
    tenant: str = Field(
        "DEFAULT",  # that of a server with one
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="1 to 64 of a-z, A-Z, 0-9, _, . and -",
    )
    # the security token of this target
    token_file: Annotated[FilePath | None, Field(strict=False)] = None
    # one token for all units of a tenant: whoever has it can be any of them
    gateway_token_file: Annotated[FilePath | None, Field(strict=False)] = None
    # the unit's own, for a proxy before hawkBit that asks for one
    cert_file: Annotated[FilePath | None, Field(strict=False)] = None
    key_file: Annotated[FilePath | None, Field(strict=False)] = None

    @field_validator("url")
    @classmethod
    def _url_is_one(cls, url: str) -> str:
        fault = _fault(url)
        if fault:
            raise ValueError(f"update.hawkbit.url: {fault}")
        return url

    @model_validator(mode="after")
    def _one_shows_who_it_is(self) -> Hawkbit:
        shown = [self.token_file, self.gateway_token_file, self.cert_file or self.key_file]
        if len([each for each in shown if each]) != 1:
            told = "expected token_file, gateway_token_file, or cert_file and key_file"
            raise ValueError(f"update.hawkbit: {told}, one of the three")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("update.hawkbit: expected cert_file and key_file, or neither")
        return self


class Update(Section):
    """Signed releases.  Without `url` they come from a folder only, such as a USB stick."""

    url: str | None = Field(None, min_length=1, max_length=2000)
    # public keys of Ed25519 in PEM: who says which keys may sign releases
    root_file: Annotated[FilePath | None, Field(strict=False)] = None
    # None: the authorities that the system trusts
    ca_file: Annotated[FilePath | None, Field(strict=False)] = None
    # where releases are kept: 1 GB on a card for two of them and a third that comes
    folder: Annotated[FilePath, Field(strict=False)] = Path("/var/lib/gatepost/updates")
    # whose manifests are taken: who builds releases of his own names them otherwise
    product: str = Field(
        "gatepost",
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$",
        description="1 to 64 of a-z, 0-9, _, . and -, begun with a letter or a digit",
    )
    # in the place of `url`
    hawkbit: Hawkbit | None = None

    # between two looks at whether something newer is offered; each is a process that ends
    check_hours: float = Field(24.0, ge=1, le=30 * 24)
    # true: what is offered is installed in `window` without anybody's order
    automatic: bool = False
    # local time; a fleet's units begin in its first half, each at its own minute
    window: str = "03:00-04:00"

    @field_validator("url")
    @classmethod
    def _url_is_one(cls, url: str | None) -> str | None:
        fault = url and _fault(url)
        if fault:
            raise ValueError(f"update.url: {fault}")
        return url

    @field_validator("window")
    @classmethod
    def _window_is_a_span(cls, text: str) -> str:
        try:
            parse_span(text)
        except ValueError as fault:
            raise ValueError(f"update.window = {fault}") from fault
        return text

    @model_validator(mode="after")
    def _something_is_offered(self) -> Update:
        if self.automatic and self.url is None:
            raise ValueError("update.automatic without update.url: nothing would be offered")
        return self

    @model_validator(mode="after")
    def _root_is_named(self) -> Update:
        if (self.url or self.hawkbit) and self.root_file is None:
            raise ValueError("update.root_file is missing: without it no update is taken")
        if self.url and self.hawkbit:
            raise ValueError("update.hawkbit beside update.url: expected one of them")
        if self.ca_file and urlsplit(self.hawkbit.url if self.hawkbit else "").scheme == "http":
            raise ValueError("update.ca_file with http: expected https in update.hawkbit.url")
        return self

    @field_validator("ca_file")
    @classmethod
    def _authority_needs_https(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        if path and urlsplit(before.data.get("url") or "").scheme == "http":
            raise ValueError("update.ca_file with http: expected https in update.url")
        return path


def _fault(url: str) -> str:
    """What is wrong with an address; empty where nothing is."""
    fault = address_fault(url)
    if fault:
        return fault
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "expected no user, and nothing behind ? or #"
    if parts.scheme == "http" and not is_here(parts.hostname or ""):
        return "expected https: who listens would know what this unit lacks"
    return ""
