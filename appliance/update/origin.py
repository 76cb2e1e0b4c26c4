"""Where updates come from, as the configuration and the command line say.

The rule to know: whatever it is, nothing that comes from there is trusted (`source`).
"""

from __future__ import annotations

from pathlib import Path

from appliance.errors import ConfigurationError
from appliance.update.source import FolderSource, Source
from appliance.update.web import WebSource
from appliance.updatesection import Update


def source_of(update: Update, folder: Path | None = None) -> Source:
    """The folder where one is named, else `update.url`.

    Raises:
        ConfigurationError: neither is named, or `update.ca_file` cannot be used.
        SourceError: there is no such folder.
    """
    if folder is not None:
        return FolderSource(folder)
    if update.hawkbit is not None:
        told = "hawkBit assigns what is installed: gatepost update hawkbit, or a folder with --from"
        raise ConfigurationError(f"update.hawkbit: {told}")
    if update.url is None:
        raise ConfigurationError("update.url is missing: name it, or a folder with --from")
    return WebSource(update.url, update.ca_file)
