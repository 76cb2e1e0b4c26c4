"""One look at what is offered, in a process of its own: `python -m appliance.update.seek`.

It reads a `Question` on stdin and says an `Answer` on stdout, a line of JSON each.

The rule to know: what it takes of memory, of openssl's time and of a server's patience ends with
it.  The unit, which asks, kills it where it is slow, and believes what it says: it verified the
manifest as an installation does, which verifies it once more.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime, timezone

from appliance.errors import GatepostError, StoreError
from appliance.update.disk import Disk
from appliance.update.install import look, place_for, unit_of
from appliance.update.manifest import choose, withdrawn
from appliance.update.origin import source_of
from appliance.update.question import Answer, Question
from appliance.update.shelf import Shelf, sole_user
from appliance.update.signature import verify
from appliance.update.trust import root_keys


def main() -> int:
    """Answer one question; a fault is an answer, too."""
    question = Question.model_validate_json(sys.stdin.buffer.read())
    try:
        answer = sought(question)
    except GatepostError as fault:
        answer = Answer(fault=str(fault))
    print(json.dumps(asdict(answer)))  # noqa: T201  # its output is the answer
    return 0


def sought(question: Question) -> Answer:
    """What is offered to the unit now.

    Raises:
        GatepostError: nobody answers, or what does is not to be trusted.
    """
    update = question.update
    unit = unit_of(question.unit, update, root_keys(update), question.reads)
    memory, now = Shelf(question.memory, Disk()), datetime.now(timezone.utc)
    with sole_user(question.memory):
        try:
            offer = look(memory, unit, source_of(update), verify, now)
        except OSError as fault:
            raise StoreError(
                f"{fault.filename or question.memory}: {fault.strerror or fault}"
            ) from fault
    place = place_for(unit, Shelf(question.shelf, Disk()).standing())
    choice, back = choose(offer.manifest, place), withdrawn(offer.manifest, place.version)
    sequence = offer.manifest.sequence
    if choice.release is None:
        return Answer(why=choice.words, sequence=sequence, withdrawn=back)
    return Answer(choice.release.version, choice.release.summary, "", sequence, back)


if __name__ == "__main__":
    sys.exit(main())
