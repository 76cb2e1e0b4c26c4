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
        if self.url is not None and self.root_file is None:
            raise ValueError("update.root_file is missing: without it no update is taken")
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
