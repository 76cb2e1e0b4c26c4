"""What stands with the broker of the newest passage: itself, and the picture of its plate.  Pure.

The rule to know: emptying a retained message clears the broker only; who listens has kept what it
heard until something else is said.
"""

from __future__ import annotations

import json

from appliance.domain import Message
from appliance.transmit.messages import Publication, Topics, complete

NO_PICTURE = bytes.fromhex("ffd8ffd9")
"""The shortest JPEG: Home Assistant shows it instead of the picture that it has kept."""
NOBODY = {"plate": None, "time": None}


def passage(topics: Topics, message: Message, age_s: int | None, expiry_s: int) -> Publication:
    """The retained copy, which the broker forgets after `expiry_s`."""
    return Publication(topics.last, complete(message, age_s), retained=True, expiry_s=expiry_s)


def image(topics: Topics, jpeg: bytes, expiry_s: int) -> Publication:
    """The retained crop of the plate, which the broker forgets after `expiry_s`."""
    return Publication(topics.image, "", retained=True, expiry_s=expiry_s, picture=jpeg)


def nothing(topics: Topics) -> tuple[Publication, ...]:
    """Empties `last` and its image in the broker: a passage may stand there from before."""
    return tuple(Publication(each, "", retained=True) for each in (topics.last, topics.image))


def no_image(topics: Topics) -> tuple[Publication, ...]:
    """Takes back the image alone, from the broker and from who listens."""
    return Publication(topics.image, "", retained=True), _no_picture(topics)


def forgotten(topics: Topics) -> tuple[Publication, ...]:
    """Takes back passage and image: from the broker, and, which that is not, from who listens."""
    nobody = Publication(topics.last, json.dumps(NOBODY))
    return *nothing(topics), nobody, _no_picture(topics)


def _no_picture(topics: Topics) -> Publication:
    """Live, for an empty image is an error to Home Assistant."""
    return Publication(topics.image, "", picture=NO_PICTURE)
