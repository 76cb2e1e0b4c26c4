"""What lies on the boot partition for the unit to take over, read and parsed, not yet believed."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.errors import ConfigurationError
from appliance.provision.boot import AUTHORITY, CERTIFICATE, LOGIN, ROOT, Boot
from appliance.provision.document import TOML, Document, read_document

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Brought:
    """What lies on the boot partition.

    Attributes:
        document: its settings; None where it has none.
        files: what the unit takes over, by name.
        faults: of what cannot even be read.
    """

    document: Document | None
    files: Files
    faults: tuple[str, ...]


def look(boot: Boot) -> Brought:
    """Read it; OSError where the partition cannot be read."""
    document, files, faults = None, Files(), []
    try:
        content = boot.settings()
        document = None if content is None else read_document(content)
    except ConfigurationError as fault:
        faults.append(str(fault))
    for name in (CERTIFICATE, AUTHORITY, ROOT, LOGIN):
        try:
            content = boot.read(name)
        except ConfigurationError as fault:
            faults.append(str(fault))
        else:
            files |= {} if content is None else {name: content}
    if document is not None:
        files |= document.secrets | ({TOML: document.text.encode()} if document.text else {})
        faults += [] if document.text else document.faults  # the others join those of the settings
    return Brought(document, files, tuple(faults))
