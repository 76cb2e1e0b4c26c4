"""Between this unit and hawkBit: the open action, what of it was told, and telling it.

The rule to know: what happened is told first and remembered then, so that a power cut between the
two makes us tell it twice; hawkBit answers 410 to the second, which is as good as having heard it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.errors import SourceError
from appliance.update import action
from appliance.update.action import Memory, heard, over, waits
from appliance.update.ddi import Execution, Finished, Link
from appliance.update.hawkbit import HawkbitServer
from appliance.update.shelf import Shelf

NAME = "hawkbit.json"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Account:
    """One unit's dealings with one server.

    Attributes:
        server: who is told.
        shelf: in whose folder it is remembered.
        memory: what is.
    """

    server: HawkbitServer
    shelf: Shelf
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        """Remember; a damaged file is a card that fails, and hawkBit says again what it wants."""
        path = self.shelf.folder / NAME
        try:
            self.memory = action.read(path.read_bytes())
        except FileNotFoundError:
            self.memory = Memory()
        except (OSError, ValueError) as fault:
            log.warning("%s: cannot be read, hawkBit is asked anew: %s", path, fault)
            self.memory = Memory()

    def keep(self, memory: Memory) -> None:
        """Remember this from now on."""
        if memory != self.memory:
            self.shelf.disk.make_folder(self.shelf.folder)
            self.shelf.disk.replace(self.shelf.folder / NAME, action.written(memory))
            self.memory = memory

    def note(self, *, version: str, installed: bool = False) -> None:
        """Remember which release the action is about, and whether it was put on trial."""
        self.keep(replace(self.memory, version=version, installed=installed))

    def tell(self, word: str, execution: Execution, *details: str) -> bool:
        """Tell how it goes, each word once; a server that is away hears the next one.

        Returns:
            Whether the action is open there still, as far as is known.
        """
        if word in self.memory.told:
            return True
        try:
            is_open = self.server.report(self.memory.action, execution, "none", *details)
        except SourceError as fault:
            log.info("hawkbit: not told: %s", fault)
            return True
        self.keep(heard(self.memory, word))
        return is_open

    def wait(self, link: Link, word: Execution, told: str, *, put_off: bool = False) -> None:
        """Tell that, and do nothing until the link is another, or the owner's hours come."""
        self.tell(word, word, told)
        if word in self.memory.told:
            self.keep(waits(self.memory, link.href, put_off=put_off))

    def close(self, words: str, *, is_good: bool) -> None:
        """Tell how it ended, and forget it; SourceError where the server is away."""
        finished: Finished = "success" if is_good else "failure"
        self.server.report(self.memory.action, "closed", finished, words)
        log.info("hawkbit: action %s: %s: %s", self.memory.action, finished, words)
        self.forget()

    def forget(self) -> None:
        """The open action is none of ours any more."""
        self.keep(over(self.memory))

    def describe(self, told: Mapping[str, str], *, asked: bool) -> None:
        """Tell what the unit is, where it is asked for or is not what it was."""
        written = json.dumps(dict(told), sort_keys=True).encode()
        checksum = hashlib.sha256(written).hexdigest()
        if asked or checksum != self.memory.described:
            self.server.describe(told)
            self.keep(replace(self.memory, described=checksum))
