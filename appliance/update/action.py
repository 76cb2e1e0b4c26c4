"""What is remembered of hawkBit's action that is being carried out, and how it ends.  Pure.

The rule to know: what becomes of a release is read from the state of updates, which the launcher
writes.  This only remembers for which action that is, and what was told of it already, so that a
power cut makes us tell something twice and never forget it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from appliance.update.manifest import Place
from appliance.update.trial import object_of

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one action at a time: hawkBit gives the next when one is over.

    Attributes:
        action: its id; empty: none is open.
        version: of its release, once its manifest was trusted; empty: not yet.
        installed: that release was put on trial for it.
        told: what hawkBit has heard of it; each is told once, for it keeps a thousand at most.
        waits_at: the link under which nothing is to be done; another one means a change.
        put_off: until the owner's hours, which come without a change of the link.
        described: the attributes that hawkBit has, by their checksum.
    """

    action: str = ""
    version: str = ""
    installed: bool = False
    told: tuple[str, ...] = ()
    waits_at: str = ""
    put_off: bool = False
    described: str = ""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be done until the server says something else."""
        return not self.action or (bool(self.waits_at) and not self.put_off)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended.

    Attributes:
        is_good: the release is good.
        words: why, or why not.
    """

    is_good: bool
    words: str


def begun(memory: Memory, action: str) -> Memory:
    """Carry out this action; one that was open is the server's no more."""
    return memory if memory.action == action else Memory(action, described=memory.described)


def over(memory: Memory) -> Memory:
    """Forget an action; what the server knows of the unit stays known."""
    return Memory(described=memory.described)


def waits(memory: Memory, link: str, *, put_off: bool = False) -> Memory:
    """Nothing is to be done under this link; `put_off`: until the owner's hours."""
    return replace(memory, waits_at=link, put_off=put_off)


def heard(memory: Memory, word: str) -> Memory:
    """The server has heard this."""
    return replace(memory, told=(*memory.told, word))


def outcome(memory: Memory, place: Place, last: str) -> Outcome | None:
    """How an action ended whose release was put on trial; None: it has not.

    Args:
        memory: of it.
        place: the unit as it is now.
        last: what happened last, in words.
    """
    version = memory.version
    if not memory.installed or place.trial == version:
        return None
    if version in place.failed:
        return Outcome(is_good=False, words=f"{version} failed: {place.failed[version]}")
    if place.version == version:
        return Outcome(is_good=True, words=f"{version} runs and is good")
    return Outcome(is_good=False, words=f"{version} was left: {last}")


def written(memory: Memory) -> bytes:
    """As it lies on the card: JSON."""
    return json.dumps(asdict(memory) | {"format": FORMAT}, indent=1).encode()


def read(content: bytes) -> Memory:
    """What was `written`; what another release added is left out.

    Raises:
        ValueError: it is nothing of the kind.
    """
    table = object_of(content, FORMAT)
    try:
        return Memory(
            str(table["action"]),
            str(table["version"]),
            bool(table["installed"]),
            tuple(map(str, table["told"])),
            str(table["waits_at"]),
            bool(table["put_off"]),
            str(table["described"]),
        )
    except (KeyError, TypeError) as fault:
        raise ValueError(f"not what this format holds: {fault}") from fault
