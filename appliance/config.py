"""The configuration: one TOML file as frozen, validated values.

Every fault is reported at once, each with its key, its value and what was expected.  The defaults
stand here and nowhere else; whoever needs no broker and no camera needs no file.
"""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from appliance.errors import ConfigurationError, without_secrets

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SYSTEM_FILE = Path("/etc/gatepost/gatepost.toml")
INSTALLED = Path(__file__).resolve().parent / "models"
MODELS = INSTALLED if INSTALLED.exists() else INSTALLED.parents[1] / "models"
"""The models that come with the package; in a checkout they lie beside it."""


def _beside_file(path: Path, known: ValidationInfo) -> Path:
    """A relative path means: beside the configuration file, wherever the unit was started."""
    folder = (known.context or {}).get("folder", Path.cwd())
    try:
        return Path(folder) / path.expanduser()
    except RuntimeError as fault:  # "~name" of nobody
        raise ValueError(f"{path}: there is no such home folder") from fault


def _source_beside_file(source: str, known: ValidationInfo) -> str:
    """The same for a source that is a path; an address or a device's number stays as it is."""
    if "://" in source or source.isdecimal():
        return source
    return str(_beside_file(Path(source), known))


FilePath = Annotated[Path, AfterValidator(_beside_file)]
Source = Annotated[str, AfterValidator(_source_beside_file)]


class Section(BaseModel):
    """A table of the file: frozen, no unknown key, no guessing of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Unit(Section):
    """Who this unit is, in topics and payloads."""

    # a level of the topics and Home Assistant's device id: a dot would make it ignore the unit
    id: str = Field("gatepost", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    camera: str = Field("camera", min_length=1, max_length=64)
    site: str = Field("", max_length=64)


class Camera(Section):
    """Where the frames come from."""

    kind: Literal["video"] = "video"
    # device, rtsp:// address, file, or folder of pictures
    source: Source = Field("/dev/video0", min_length=1)
    # seconds without a frame before the process ends and is started again
    silent_s: float = Field(10.0, ge=1, le=120)


class Recognition(Section):
    """How plates are found and read."""

    models: Annotated[FilePath, Field(strict=False)] = MODELS
    # confidence below which no plate is seen
    least_detection: float = Field(0.43, ge=0.05, le=0.99)
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
    # a password never stands in the configuration itself
    password_file: Annotated[FilePath | None, Field(strict=False)] = None
    tls: bool = False
    # None: the authorities that the system trusts
    ca_file: Annotated[FilePath | None, Field(strict=False)] = None
    # the retained copy for dashboards; false where privacy asks for it
    last: bool = True

    @field_validator("host")
    @classmethod
    def _host_is_a_name(cls, host: str | None) -> str | None:
        try:
            (host or "").encode("idna")
        except UnicodeError as fault:
            raise ValueError(f"mqtt.host = {host!r}: expected a host name or an address") from fault
        return host

    @model_validator(mode="after")
    def _host_is_named(self) -> Mqtt:
        if self.host is None and self.model_fields_set:
            raise ValueError("mqtt.host is missing: without it the other keys of [mqtt] do nothing")
        return self

    @field_validator("password_file")
    @classmethod
    def _password_needs_name(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        """Checked with the field, for a check of the whole table waits until all else is right."""
        if path and not before.data.get("username", "faulty"):
            raise ValueError("mqtt.password_file without mqtt.username: name the user too")
        return path


class Config(Section):
    """The whole file."""

    unit: Unit = Unit()
    camera: Camera = Camera()
    recognition: Recognition = Recognition()
    lane: Lane = Lane()
    store: Store = Store()
    mqtt: Mqtt = Mqtt()


def load_config(path: Path | None) -> Config:
    """The configuration from `path`, or from SYSTEM_FILE where that exists, or the defaults.

    Raises:
        ConfigurationError: every fault of the file, one a line.
    """
    if path is None:
        if not SYSTEM_FILE.exists():
            return Config()
        path = SYSTEM_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise ConfigurationError(f"{path}: cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise ConfigurationError(f"{path}: not UTF-8 text at byte {fault.start}") from fault
    except tomllib.TOMLDecodeError as fault:
        raise ConfigurationError(f"{path}: not TOML: {fault}") from fault
    return parse_config(table, path)


def parse_config(table: dict[str, Any], path: Path) -> Config:
    """`table` as a Config; `path` names the file in messages and anchors relative paths."""
    try:
        return Config.model_validate(table, context={"folder": path.resolve().parent})
    except ValidationError as fault:
        lines = [_sentence(error) for error in fault.errors()]
        raise ConfigurationError("\n".join(f"{path}: {line}" for line in lines)) from fault


def _sentence(error: Any) -> str:  # noqa: ANN401  # pydantic's ErrorDetails, whose "ctx" is untyped
    """One fault in words: the key, the value, what was expected."""
    place = [str(part) for part in error["loc"]]
    key, value = ".".join(place), _shown(place[-1], error["input"])
    if error["type"] == "extra_forbidden":
        return f"{key} = {value}: unknown key{_nearest(place)}"
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return f"{key} = {value}: {_expected(place, error['msg'])}"


def _shown(key: str, value: object) -> str:
    """The value as it may stand in a log."""
    if re.search("pass|secret|token|key", key) and not key.endswith("_file"):
        return "'***'"
    return without_secrets(repr(value))


def _expected(place: list[str], message: str) -> str:
    """What pydantic says, with the whole range where the field has one."""
    field = _section(place).model_fields.get(place[-1])
    bounds = {type(m).__name__: m for m in field.metadata} if field else {}
    said = re.sub(r"Input is not a valid path for .*", "expected a path", message)
    if "Ge" in bounds and "Le" in bounds:
        kind = "a whole number, " if "integer" in message else ""
        return f"expected {kind}{bounds['Ge'].ge} to {bounds['Le'].le}"
    return said.replace("Input should be", "expected").replace("String should", "must")


def _nearest(place: list[str]) -> str:
    """The known key nearest to an unknown one, as a question, or all that are known."""
    known = list(_section(place).model_fields)
    close = difflib.get_close_matches(place[-1], known, 1, 0.5)
    prefix = "".join(f"{part}." for part in place[:-1])
    if close:
        return f"; did you mean {prefix}{close[0]}?"
    return f"; known here: {', '.join(known)}"


def _section(place: list[str]) -> type[BaseModel]:
    """The table that holds the key at `place`."""
    section: type[BaseModel] = Config
    for part in place[:-1]:
        field = section.model_fields.get(part)
        if field is None or not isinstance(field.annotation, type):
            break
        if issubclass(field.annotation, BaseModel):
            section = field.annotation
    return section
