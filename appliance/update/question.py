"""What the unit asks a look for updates (`seek`), and what that answers.

The rule to know: the unit itself imports this, and no more of what a look is made of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from appliance.update.progress import VERSION
from appliance.updatesection import Update

TEXTS = ("version", "summary", "why", "withdrawn", "fault")


class Question(BaseModel):
    """What one must know to look.

    Attributes:
        unit: its id.
        update: the table of the configuration.
        reads: the highest schema of the database that this release understands.
        memory: a folder of the unit's, where what was seen is remembered.
        shelf: the folder that says what runs, is on trial and has failed; only read, unless it is
            the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str
    update: Update
    reads: int
    memory: Path
    shelf: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is.

    Attributes:
        version: to install; empty: none.
        summary: of it, in words.
        why: why there is none; empty where there is one.
        sequence: of the manifest; 0 where none could be trusted.
        withdrawn: why what runs was taken back; empty: it was not.
        fault: what kept it from looking; empty: nothing.
    """

    version: str = ""
    summary: str = ""
    why: str = ""
    sequence: int = 0
    withdrawn: str = ""
    fault: str = ""


def answer_of(said: bytes) -> Answer | None:
    """What a look said; None where it is nothing of the kind.

    What a later release added is left out.
    """
    try:
        table = json.loads(said)
    except (ValueError, RecursionError):
        return None
    if not isinstance(table, dict):
        return None
    texts = [table.get(key, "") for key in TEXTS]
    sequence = table.get("sequence", 0)
    if not all(isinstance(each, str) for each in texts) or not isinstance(sequence, int):
        return None
    if texts[0] and not VERSION.fullmatch(texts[0]):
        return None
    return Answer(**dict(zip(TEXTS, texts, strict=True)), sequence=sequence)
