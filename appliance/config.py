"""The configuration: one TOML file as frozen, validated values.

Every fault is reported at once, each with its key, its value and what was expected.  The defaults
stand here and nowhere else; whoever needs no broker and no camera needs no file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from appliance.access import DEFAULT_POLICY, Gate, Lists, Rule
from appliance.camerasection import Camera
from appliance.daylightsection import Daylight
from appliance.discovery import HomeAssistant
from appliance.errors import ConfigurationError, without_secrets
from appliance.faults import sentence, speaks_of, without
from appliance.healthsection import HealthLimits
from appliance.hook import Webhook
from appliance.lightsection import Light, require_fit
from appliance.places import Ends, Zone
from appliance.section import FilePath, SecretPath, Section
from appliance.tables import SYSTEM_FILE, read_table
from appliance.updatesection import Update
from appliance.yardsection import Parking, Speed

INSTALLED = Path(__file__).resolve().parent / "models"
CHECKOUT = INSTALLED.parents[1] / "models"
DEPLOYED = Path(__file__).parents[2] / "models"
"""Beside the package's image; not resolved, for a deployment holds images by links."""
MODELS = next((path for path in (INSTALLED, CHECKOUT, DEPLOYED) if path.exists()), INSTALLED)
"""The models that come with the package, lie beside it, or were installed with it."""


class Unit(Section):
    """Who this unit is, in topics and payloads."""

    # a level of the topics and Home Assistant's device id: a dot would make it ignore the unit
    id: str = Field(
        "gatepost",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="1 to 64 of A-Z, a-z, 0-9, _ and -",
    )
    camera: str = Field("camera", min_length=1, max_length=64)
    site: str = Field("", max_length=64)


class Recognition(Section):
    """How plates are found and read."""

    models: Annotated[FilePath, Field(strict=False)] = MODELS
    # confidence below which no plate is seen
    least_detection: float = Field(0.38, ge=0.05, le=0.99)
    # where most vehicles come from ("hr", "us-ny"); empty: anywhere
    regions: tuple[str, ...] = Field((), strict=False)
    # of inference
    threads: int = Field(2, ge=1, le=16)


class Lane(Section):
    """When the sightings of a vehicle become a passage."""

    # seconds out of sight before a vehicle counts as gone; a passage is live for 10 s from then
    # on backwards (pipeline.FRESH_S), so more would switch live passages off
    gone_s: float = Field(1.5, ge=0.2, le=8)
    # sightings that must say the voted text
    least_reads: int = Field(3, ge=1, le=100)
    # of the voted text
    least_confidence: float = Field(0.6, ge=0, le=1)
    # two points, shares of the picture; who goes from its left to its right comes in; empty: none
    counting_line: Ends = ()


class Store(Section):
    """Where passages are kept, and for how long."""

    folder: Annotated[FilePath, Field(strict=False)] = Path("/var/lib/gatepost")
    # then deleted; 90 days is the longest of the usual rules, 72 h a short default
    retention_hours: float = Field(72.0, ge=0, le=90 * 24)
    # waiting for the broker, in 1e6 bytes; beyond it the oldest go
    outbox_mb: float = Field(64.0, ge=1, le=10_000)


class Mqtt(Section):
    """The broker.  Without `host` nothing is sent, and passages stay on the unit."""

    host: str | None = Field(None, min_length=1)
    port: int = Field(1883, ge=1, le=65535)
    username: str | None = None
    username_file: Annotated[SecretPath | None, Field(strict=False)] = None
    # a password never stands in the configuration itself
    password_file: Annotated[SecretPath | None, Field(strict=False)] = None
    # 1.2 or later; the broker's certificate and host name are always checked
    tls: bool = False
    # None: the authorities that the system trusts
    ca_file: Annotated[SecretPath | None, Field(strict=False)] = None
    # the unit's own, for brokers that ask for one
    cert_file: Annotated[SecretPath | None, Field(strict=False)] = None
    key_file: Annotated[SecretPath | None, Field(strict=False)] = None
    # the retained copy for dashboards; false where privacy asks for it
    last: bool = True
    # and beside it the picture of the plate, cut out; nothing where `last` is false
    last_image: bool = True

    @field_validator("host")
    @classmethod
    def _host_is_a_name(cls, host: str | None) -> str | None:
        """Neither an address with its scheme nor a port, which nobody would find in the DNS."""
        try:
            (host or "").encode("idna")
            is_one = not re.search(r"[\s/@]|^[^:]*:\d+$", host or "")  # IPv6 has more colons
        except UnicodeError:
            is_one = False
        if not is_one:
            raise ValueError(
                f"mqtt.host = {without_secrets(repr(host))}: expected a host name or an address by"
                " itself, such as 'broker.example'; the port is mqtt.port"
            )
        return host

    @model_validator(mode="after")
    def _host_is_named(self, known: ValidationInfo) -> Mqtt:
        if self.host is None and (self.model_fields_set or known.context):
            raise ValueError("mqtt.host is missing: without it the other keys of [mqtt] do nothing")
        return self

    @field_validator("username_file")
    @classmethod
    def _one_name(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        if path and before.data.get("username"):
            raise ValueError("mqtt.username_file beside mqtt.username: expected one of them")
        return path

    @field_validator("password_file")
    @classmethod
    def _password_needs_name(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        """Checked with the field, for a check of the whole table waits until all else is right."""
        named = [before.data.get(key, "faulty") for key in ("username", "username_file")]
        if path and not any(named):
            raise ValueError("mqtt.password_file without mqtt.username: name the user too")
        return path

    @field_validator("ca_file", "cert_file", "key_file")
    @classmethod
    def _certificates_need_tls(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        if path and before.data.get("tls") is False:
            raise ValueError(
                f"mqtt.{before.field_name} without mqtt.tls: nothing would be encrypted; expected"
                " tls = true too"
            )
        return path

    @field_validator("key_file")
    @classmethod
    def _key_goes_with_certificate(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        certificate = before.data.get("cert_file", path)  # where that is at fault it says so
        if path and not certificate:
            raise ValueError("mqtt.key_file without mqtt.cert_file: expected both or neither")
        return path

    @model_validator(mode="after")
    def _certificate_has_a_key(self) -> Mqtt:
        if self.cert_file is not None and self.key_file is None:
            raise ValueError("mqtt.cert_file without mqtt.key_file: expected both or neither")
        return self


class Config(Section):
    """The whole file."""

    unit: Unit = Unit()
    camera: Camera = Camera()
    recognition: Recognition = Recognition()
    lane: Lane = Lane()
    zone: Annotated[tuple[Zone, ...], Field(strict=False)] = ()
    store: Store = Store()
    mqtt: Mqtt = Mqtt()
    webhook: Webhook = Webhook()
    homeassistant: HomeAssistant = HomeAssistant()
    lists: Lists = Lists()
    gate: Gate = Gate()
    light: Light = Light()
    daylight: Daylight = Daylight()
    parking: Parking = Parking()
    health: HealthLimits = HealthLimits()
    speed: Speed = Speed()
    update: Update = Update()
    # the first rule that holds is followed; where none does, the passage is ignored
    policy: Annotated[tuple[Rule, ...], Field(strict=False)] = DEFAULT_POLICY

    @field_validator("gate")
    @classmethod
    def _gate_sees_now(cls, gate: Gate, before: ValidationInfo) -> Gate:
        """FFmpeg keeps frames of a network camera, nobody knows how long: the car may have left."""
        camera = before.data.get("camera")
        if camera is not None and "://" in camera.source and gate.line and not gate.dry_run:
            raise ValueError(
                "gate.line with a network camera in camera.source: its frames may be old, and must"
                " not open; expected another camera, or gate.dry_run = true"
            )
        return gate

    @field_validator("light")
    @classmethod
    def _light_fits(cls, light: Light, before: ValidationInfo) -> Light:
        require_fit(light, before.data.get("gate"), before.data.get("camera"))
        return light

    @field_validator("parking")
    @classmethod
    def _line_is_drawn(cls, parking: Parking, before: ValidationInfo) -> Parking:
        lane = before.data.get("lane")
        if lane is not None and parking.entering == "line" and not lane.counting_line:
            raise ValueError(
                "parking.entering = 'line' without lane.counting_line: nobody would be counted"
            )
        return parking

    @field_validator("policy")
    @classmethod
    def _factor_can_be_confirmed(
        cls, rules: tuple[Rule, ...], before: ValidationInfo
    ) -> tuple[Rule, ...]:
        gate = before.data.get("gate")
        asking = (number for number, rule in enumerate(rules, 1) if rule.second_factor)
        number = next(asking, None)
        if gate is not None and number is not None and gate.confirm_line is None:
            raise ValueError(
                f"policy[#{number}].second_factor = 'confirm_line' without gate.confirm_line:"
                " nothing confirms it"
            )
        return rules


def load_config(path: Path | None) -> Config:
    """The configuration from `path`, or from SYSTEM_FILE where that exists, or the defaults.

    Raises:
        ConfigurationError: every fault of the file, one a line.
    """
    config, faults = examine_config(path)
    if faults:
        raise ConfigurationError("\n".join(faults))
    return config


def examine_config(path: Path | None) -> tuple[Config, list[str]]:
    """What is sound in the same file, the defaults for the rest; and every fault, a line each."""
    path = chosen_file(path)
    if path is None:
        return Config(), []
    try:
        config, told = _sound(read_table(path), path.resolve().parent)
        return config, [f"{path}: {fault}" for fault in told]
    except ConfigurationError as fault:
        return Config(), [str(fault)]
    except RecursionError:  # of the parser, or of whoever looks at what it gave
        return Config(), [f"{path}: nested too deeply, expected tables of keys and values"]


def chosen_file(path: Path | None) -> Path | None:
    """`path`, or SYSTEM_FILE where that exists; one that nobody lets us look for does."""
    try:
        return path or (SYSTEM_FILE if SYSTEM_FILE.exists() else None)
    except OSError:
        return SYSTEM_FILE


def _sound(
    table: dict[str, Any], folder: Path, gone: tuple[str, ...] = ()
) -> tuple[Config, list[str]]:
    """A table without the keys at fault, and what is wrong with these.

    What shows only once others are out of the way is told too, unless it speaks of one of those:
    then it may be of our own making.

    Args:
        table: as parsed; it is changed.
        folder: where relative paths begin.
        gone: the keys that were taken out before, and those that they may have been meant for.
    """
    try:
        return Config.model_validate(table, context={"folder": folder}), []
    except ValidationError as fault:
        errors = fault.errors()
    said = [sentence(Config, error) for error in errors]
    told = [each for each in said if not any(speaks_of(each, key) for key in gone)]
    out = [without(table, error["loc"]) for error in errors]
    out += [meant for each in said for meant in re.findall(r"did you mean ([\w.]+)\?$", each)]
    config, later = _sound(table, folder, (*gone, *out))
    return config, told + later
