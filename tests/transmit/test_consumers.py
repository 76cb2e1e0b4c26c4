"""The forms that other systems' consumers read, against examples written from their documents."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from appliance.domain import Message, Passage
from appliance.hook import Webhook
from appliance.transmit.consumers import alpr_group, parcel, results
from appliance.transmit.messages import passage_body
from tests.conftest import PASSAGE, SETTLED, UNIT

URL = "https://c.example"
UNKNOWN = [{"name": "", "confidence": 0.0}]
GROUP = {
    "data_type": "alpr_group",
    "version": 2,
    "epoch_start": 1795224028283,
    "epoch_end": 1795224030123,
    "agent_uid": "unit",
    "agent_type": "gatepost",
    "camera_id": 1234,
    "web_server_config": {"camera_label": "gate", "agent_label": "home"},
    "country": "gb",
    "uuids": ["01JD3K7W6Y8ZB2Q4XN5T0V9M3C"],
    "plate_indexes": [0],
    "candidates": [
        {"plate": "AB12CDE", "confidence": 96.7, "matches_template": 0},
        {"plate": "AB12CDF", "confidence": 2.1, "matches_template": 0},
    ],
    "best_uuid": "01JD3K7W6Y8ZB2Q4XN5T0V9M3C",
    "best_plate_number": "AB12CDE",
    "best_confidence": 96.7,
    "best_region": "gb",
    "best_region_confidence": 99.0,
    "best_plate": {
        "plate": "AB12CDE",
        "confidence": 96.7,
        "matches_template": 1,
        "plate_index": 0,
        "region": "gb",
        "region_confidence": 99,
        "processing_time_ms": 0.0,
        "requested_topn": 2,
        "coordinates": [
            {"x": 812, "y": 440},
            {"x": 1010, "y": 440},
            {"x": 1010, "y": 492},
            {"x": 812, "y": 492},
        ],
        "plate_crop_jpeg": "",
        "candidates": [
            {"plate": "AB12CDE", "confidence": 96.7, "matches_template": 0},
            {"plate": "AB12CDF", "confidence": 2.1, "matches_template": 0},
        ],
    },
    "matches_template": True,
    "best_image_width": 1456,
    "best_image_height": 1088,
    "travel_direction": 180.0,
    "is_parked": False,
    "is_preview": False,
    "vehicle": {
        "color": UNKNOWN,
        "make": UNKNOWN,
        "make_model": UNKNOWN,
        "body_type": UNKNOWN,
        "year": UNKNOWN,
        "orientation": UNKNOWN,
    },
    "gatepost": {
        "uuid": "01JD3K7W6Y8ZB2Q4XN5T0V9M3C",
        "seq": 7,
        "late": True,
        "age_s": 60,
        "clock": "ntp",
        "device": "unit",
    },
}
RESULTS = {
    "hook": {"target": "", "id": "gate", "event": "recognition", "filename": ""},
    "data": {
        "camera_id": "gate",
        "filename": "",
        "timestamp": "2026-11-21T01:20:30.123Z",
        "timestamp_local": "2026-11-21 01:20:30.123+00:00",
        "results": [
            {
                "plate": "ab12cde",
                "score": 0.967,
                "dscore": 0.967,
                "box": {"xmin": 812, "ymin": 440, "xmax": 1010, "ymax": 492},
                "region": {"code": "gb", "score": 0.99},
                "candidates": [
                    {"plate": "ab12cde", "score": 0.967},
                    {"plate": "ab12cdf", "score": 0.021},
                ],
                "direction": 180,
            }
        ],
    },
    "gatepost": {
        "uuid": "01JD3K7W6Y8ZB2Q4XN5T0V9M3C",
        "seq": 7,
        "late": False,
        "clock": "ntp",
        "device": "unit",
    },
}


def message(passage: Passage = PASSAGE) -> Message:
    """The seventh of a unit."""
    body = passage_body(passage, UNIT, "det-3/ocr-7")
    return Message(7, passage.uuid, body, passage.epoch_ms, None)


def body(passage: Passage = PASSAGE) -> dict[str, Any]:
    """What it says, parsed."""
    parsed = json.loads(message(passage).body)
    assert isinstance(parsed, dict)
    return parsed


def test_our_own_form_is_the_passage_as_on_log() -> None:
    """A consumer of ours gets the same fields by HTTP and by MQTT, lateness among them."""
    sent = parcel(Webhook(url=URL), message(), 60)
    assert sent.content_type == "application/json"
    assert json.loads(sent.body) == body() | {"seq": 7, "late": True, "age_s": 60}


def test_the_group_is_as_rekor_documents_it() -> None:
    """Confidences of 0 to 100, times in ms, four corners, a camera's number: exactly this."""
    webhook = Webhook(url=URL, form="alpr_group", camera_id=1234)
    sent = parcel(webhook, message(), 60)
    assert (sent.content_type, sent.uuid) == ("application/json", PASSAGE.uuid)
    assert json.loads(sent.body) == GROUP


def test_the_results_are_as_plate_recognizer_documents_them() -> None:
    """A form with the one field `json`: plates in lower case, scores 0 to 1, times with zone."""
    sent = parcel(Webhook(url=URL, form="results"), message(), None)
    assert sent.content_type == "application/x-www-form-urlencoded"
    fields = parse_qs(sent.body.decode(), strict_parsing=True)
    assert list(fields) == ["json"]
    assert json.loads(fields["json"][0]) == RESULTS
    assert b"+" not in sent.body  # receivers disagree about what it stands for


def test_numbers_that_consumers_declare_whole_are_whole() -> None:
    """A consumer in C# fails on 99.0 where it declares an integer."""
    sent = parcel(Webhook(url=URL, form="alpr_group"), message(), None).body.decode()
    for name in ("region_confidence", "camera_id", "epoch_start", "best_image_width"):
        assert isinstance(json.loads(sent).get(name, 0), int)
    plate = json.loads(sent)["best_plate"]
    assert type(plate["region_confidence"]) is int
    assert type(plate["matches_template"]) is int
    assert type(json.loads(sent)["matches_template"]) is bool


@pytest.mark.parametrize("direction", ["receding", "unknown"])
def test_a_direction_is_an_angle_or_nothing(direction: Any) -> None:  # noqa: ANN401  # a Direction
    """Away is up in the picture; what is not known is not called 0, which would be away."""
    told = body(replace(PASSAGE, settled=replace(SETTLED, direction=direction)))
    expected = {"receding": (0.0, 0), "unknown": (None, "")}[direction]
    assert alpr_group(told, 1).get("travel_direction") == expected[0]
    assert results(told)["data"]["results"][0]["direction"] == expected[1]


def test_a_region_that_is_not_known_is_empty() -> None:
    """Consumers read a text there, never null."""
    read = replace(SETTLED.read, region=None, region_confidence=0.0, format_ok=False)
    told = body(replace(PASSAGE, settled=replace(SETTLED, read=read)))
    group, result = alpr_group(told, 1), results(told)["data"]["results"][0]
    assert (group["best_region"], group["country"], group["best_plate"]["region"]) == ("", "", "")
    assert result["region"] == {"code": "", "score": 0.0}
