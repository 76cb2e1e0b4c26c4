"""The table `[webhook]`: who is told each passage by an HTTP POST, and how.

The rule to know: a secret stands in a file of its own, never here, and no message of a fault shows
the address's query, in which consumers want their keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from appliance.address import address_fault, is_here
from appliance.section import FilePath, Section

Form = Literal["gatepost", "alpr_group", "results"]


class Webhook(Section):
    """The consumer.  Without `url` nothing is posted."""

    url: str | None = Field(None, min_length=1, max_length=2000)
    # our own, Rekor's (OpenALPR), Plate Recognizer's
    form: Form = "gatepost"
    # an HMAC-SHA256 of each POST is made with it; None: they are not signed
    secret_file: Annotated[FilePath | None, Field(strict=False)] = None
    # one line such as "Authorization: Token ...": how a consumer knows who may post
    header_file: Annotated[FilePath | None, Field(strict=False)] = None
    # None: the authorities that the system trusts
    ca_file: Annotated[FilePath | None, Field(strict=False)] = None
    # lets plates cross a network unencrypted, for a consumer that only speaks http; checked even
    # where it is not named
    plain: bool = Field(False, validate_default=True)
    # Rekor's consumers know a camera by a number
    camera_id: int = Field(1, ge=0, le=2**31 - 1)

    @property
    def address(self) -> SplitResult:
        """The parts of `url`, which must be there."""
        return urlsplit(self.url or "")

    @property
    def shown(self) -> str:
        """Who is meant, in words that may stand in a log: without path and query."""
        return _shown(self.address)

    @field_validator("url")
    @classmethod
    def _url_is_one(cls, url: str | None) -> str | None:
        fault = url and _fault(url)
        if fault:
            raise ValueError(f"webhook.url: {fault}")
        return url

    @field_validator("ca_file")
    @classmethod
    def _authority_needs_https(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        if path and urlsplit(before.data.get("url") or "").scheme == "http":
            raise ValueError("webhook.ca_file with http: expected https in webhook.url")
        return path

    @field_validator("plain")
    @classmethod
    def _plates_are_not_for_all(cls, plain: bool, before: ValidationInfo) -> bool:
        """Checked with the field, for a check of the whole table waits until all else is right."""
        address = urlsplit(before.data.get("url") or "")
        if address.scheme == "http" and not (plain or is_here(address.hostname or "")):
            raise ValueError(
                f"webhook.url = {_shown(address)}: plates would cross the network for all to read;"
                " expected https, or webhook.plain = true"
            )
        return plain

    @model_validator(mode="after")
    def _url_is_named(self, known: ValidationInfo) -> Webhook:
        """Only a file, which has a folder, names an empty table."""
        if self.url is None and (self.model_fields_set or known.context):
            raise ValueError("webhook.url is missing: without it the other keys do nothing")
        return self


def _shown(address: SplitResult) -> str:
    return f"{address.scheme}://{address.netloc}"


def _fault(url: str) -> str:
    """What is wrong with an address, without showing it; empty where nothing is."""
    fault = address_fault(url)
    if fault:
        return fault
    parts = urlsplit(url)
    if "@" in parts.netloc:
        return "a user or password does not stand in this file"
    return "" if not parts.fragment else "expected no part behind #"
