"""A passage in the forms that consumers of other systems read.  Pure.

The rule to know: what we do not know is left out or stands there as not known (confidence 0), never
made up; only consumers that would stumble over a missing field get one.

Sources: Rekor Scout, "JSON Group Results" (docs.rekor.ai); Plate Recognizer Stream, "Webhooks and
Outputs" (guides.platerecognizer.com); and the types that their consumers' code declares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from appliance.domain import Message
from appliance.hook import Webhook
from appliance.transmit.messages import complete

Body = dict[str, Any]
"""A passage as `messages.passage_body` makes it, parsed."""

JSON = "application/json"
FIELDS = "application/x-www-form-urlencoded"
AWAY, TOWARDS = 0, 180
"""Degrees in the picture, clockwise from straight up.  Neither document says where 0 is."""
NOT_KNOWN = ({"name": "", "confidence": 0.0},)
VEHICLE = ("color", "make", "make_model", "body_type", "year", "orientation")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one POST carries.

    Attributes:
        uuid: of the passage: by it a consumer knows a repeat.
        content_type: of `body`.
        body: as it goes over the wire.
    """

    uuid: str
    content_type: str
    body: bytes


def parcel(webhook: Webhook, message: Message, age_s: int | None) -> Parcel:
    """A passage in the form that the consumer reads.

    Args:
        webhook: names the form.
        message: the passage.
        age_s: seconds since the vehicle was seen where that is late; None while it is fresh.
    """
    own = complete(message, age_s)
    if webhook.form == "gatepost":
        return Parcel(message.uuid, JSON, own.encode())
    if webhook.form == "alpr_group":
        group = alpr_group(json.loads(own), webhook.camera_id)
        return Parcel(message.uuid, JSON, _json(group).encode())
    # Stream posts a form with the field `json`, and a file only where there is a picture
    fields = urlencode({"json": _json(results(json.loads(own)))}, quote_via=quote)
    return Parcel(message.uuid, FIELDS, fields.encode())


def alpr_group(body: Body, camera_id: int) -> Body:
    """The passage as Rekor's group: confidences of 0 to 100, times in milliseconds.

    Consumers declare whole numbers for corners, `camera_id`, `matches_template` of a plate and
    `region_confidence`, and fail on anything else; one takes the first of the vehicle's makes
    without asking whether there is any.
    """
    region, candidates = body["region"] or "", [_rekor_candidate(c) for c in body["candidates"]]
    width, height = body["image_size"]
    direction = _degrees(body["direction"])
    return {
        "data_type": "alpr_group",
        "version": 2,
        "epoch_start": body["epoch_ms"] + body["first_seen_ms"],
        "epoch_end": body["epoch_ms"],
        "agent_uid": body["device"],
        "agent_type": "gatepost",
        "camera_id": camera_id,
        "web_server_config": {"camera_label": body["camera"], "agent_label": body["site"]},
        "country": region.split("-")[0],
        "uuids": [body["uuid"]],
        "plate_indexes": [0],
        "candidates": candidates,
        "best_uuid": body["uuid"],
        "best_plate_number": body["plate"],
        "best_confidence": _percent(body["confidence"]),
        "best_region": region,
        "best_region_confidence": _percent(body["region_confidence"]),
        "best_plate": _rekor_plate(body, candidates),
        "matches_template": body["format_ok"],
        "best_image_width": width,
        "best_image_height": height,
        "is_parked": False,
        "is_preview": False,
        "vehicle": dict.fromkeys(VEHICLE, NOT_KNOWN),
        "gatepost": _apart(body),
    } | ({} if direction is None else {"travel_direction": float(direction)})


def results(body: Body) -> Body:
    """The passage as one result of Plate Recognizer Stream: plates in lower case, scores 0 to 1."""
    x1, y1, x2, y2 = body["box"]
    direction = _degrees(body["direction"])
    result = {
        "plate": body["plate"].lower(),
        "score": body["confidence"],
        "dscore": body["confidence"],
        "box": {"xmin": x1, "ymin": y1, "xmax": x2, "ymax": y2},
        "region": {"code": body["region"] or "", "score": body["region_confidence"]},
        "candidates": [_score(candidate) for candidate in body["candidates"]],
        "direction": "" if direction is None else direction,
    }
    return {
        "hook": {"target": "", "id": body["camera"], "event": "recognition", "filename": ""},
        "data": {
            "camera_id": body["camera"],
            "filename": "",
            "timestamp": body["time"].replace("+00:00", "Z"),
            "timestamp_local": body["time"].replace("T", " "),
            "results": [result],
        },
        "gatepost": _apart(body),
    }


def _rekor_plate(body: Body, candidates: list[Body]) -> Body:
    return {
        "plate": body["plate"],
        "confidence": _percent(body["confidence"]),
        "matches_template": int(body["format_ok"]),
        "plate_index": 0,
        "region": body["region"] or "",
        "region_confidence": round(_percent(body["region_confidence"])),
        "processing_time_ms": 0.0,
        "requested_topn": len(candidates),
        "coordinates": _corners(*body["box"]),
        "plate_crop_jpeg": "",
        "candidates": candidates,
    }


def _corners(x1: int, y1: int, x2: int, y2: int) -> list[dict[str, int]]:
    """From the top left clockwise: the box's, for a passage has no others."""
    return [{"x": x, "y": y} for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2))]


def _rekor_candidate(candidate: Body) -> Body:
    confidence = _percent(candidate["confidence"])
    return {"plate": candidate["plate"], "confidence": confidence, "matches_template": 0}


def _score(candidate: Body) -> Body:
    return {"plate": candidate["plate"].lower(), "score": candidate["confidence"]}


def _apart(body: Body) -> Body:
    """What neither form has a field for: without it a consumer takes a late passage for a car."""
    names = ("uuid", "seq", "late", "age_s", "clock", "device")
    return {name: body[name] for name in names if name in body}


def _degrees(direction: str) -> int | None:
    return {"receding": AWAY, "approaching": TOWARDS}.get(direction)


def _percent(share: float) -> float:
    """One more digit than the share has, lest 0.967 become 96.7000001."""
    return round(share * 100, 1)


def _json(body: Body) -> str:
    return json.dumps(body, separators=(",", ":"))
